/**
 * Invitations: how the key of a space and a UCAN get from one member to another (methods.md,
 * Invitations).
 *
 * @module
 */
import { base64url, fromBase64url } from './bytes.js';
import { seal, unseal } from './identity.js';
import { checkUcan } from './ucan.js';

/**
 * @typedef {object} Contact what one must know of somebody to invite them. They give it away
 *   themselves, by a link or a code.
 * @property {string} mailbox 64 hex digits, as in their access token
 * @property {string} did
 * @property {string} address of their sealing key
 * @property {string} [server] the domain of their server, if that is another one (federation.md)
 *
 * @typedef {object} Invitation
 * @property {string} space its id
 * @property {Uint8Array} rootPublicKey 33 bytes
 * @property {string} ucan issued to the one who is invited
 * @property {number} epoch
 * @property {Uint8Array} key of that epoch
 */

/**
 * Sends an invitation. The server sees the mailbox and the size, and nothing else.
 *
 * @param {import('./connection.js').Connection} connection
 * @param {Contact} contact
 * @param {Invitation} invitation
 * @returns {Promise<string>} the id of the invitation
 */
export async function sendInvitation(connection, contact, invitation) {
  const payload = await seal(contact.address, {
    ...invitation,
    rootPublicKey: base64url(invitation.rootPublicKey),
    key: base64url(invitation.key),
  });
  const { id } = await connection.request('invitation.create', {
    mailbox_id: contact.mailbox,
    payload,
    ...(contact.server === undefined ? {} : { server: contact.server }),
  });
  return id;
}

/**
 * Takes all invitations out of this client's mailbox. Those that it cannot open, or whose UCAN does
 * not let it read the space, are deleted and left out.
 *
 * @param {import('./connection.js').Connection} connection
 * @param {{did: string, sealing: import('./identity.js').SealingKey}} me
 * @returns {Promise<Invitation[]>}
 */
export async function takeInvitations(connection, me) {
  const taken = [];
  const { invitations } = await connection.request('invitation.list', {});
  for (const { id, payload } of invitations) {
    const invitation = await open(me, payload);
    if (invitation !== undefined) {
      taken.push(invitation);
    }
    await connection.request('invitation.delete', { id });
  }
  return taken;
}

/**
 * @param {{did: string, sealing: import('./identity.js').SealingKey}} me
 * @param {string} payload
 * @returns {Promise<Invitation | undefined>}
 */
async function open(me, payload) {
  try {
    const sealed = await unseal(me.sealing, payload);
    const invitation = {
      ...sealed,
      rootPublicKey: fromBase64url(sealed.rootPublicKey),
      key: fromBase64url(sealed.key),
    };
    await checkUcan(invitation.ucan, {
      space: invitation.space,
      audience: me.did,
      permission: 'read',
      rootPublicKey: invitation.rootPublicKey,
      now: Math.floor(Date.now() / 1000),
    });
    return invitation;
  } catch {
    // Anybody may put anything into a mailbox.
    return undefined;
  }
}
