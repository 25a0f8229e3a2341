/**
 * A client of betterbase-sync for browsers and Node.js, as ES modules without a build step.
 *
 * @module
 */
export { Connection } from './connection.js';
export {
  SpaceKeys, UnknownEpoch, decrypt, encrypt, epochOf, newDek, newSpaceKey,
} from './envelope.js';
export { ConnectionLost, RpcError, TimedOut } from './errors.js';
export { Files, HttpError } from './files.js';
export { newSealingKey, newSigningKey, seal, unseal } from './identity.js';
export { sendInvitation, takeInvitations } from './invitation.js';
export { Space } from './space.js';
export { checkUcan, cidOf, issueUcan } from './ucan.js';
export { decode, encode } from './cbor.js';
