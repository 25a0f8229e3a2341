/**
 * How edits become a push (methods.md, push).
 *
 * @module
 */
import { encode } from './cbor.js';
import { encrypt, newDek } from './envelope.js';
import { RpcError } from './errors.js';

const MOST_CHANGES = 50;

/** Errors that may be over the next time. */
export const PASSING = new Set(['internal', 'rate_limited']);

/**
 * Pushes all edits that are in no conflict and were not refused.
 *
 * @param {import('./records.js').Records} records
 * @param {object} server
 * @param {() => boolean} server.isLive whether the server can be asked
 * @param {(records: import('./records.js').SpaceRecord[]) => Promise<string | undefined>} server.push
 *   pushes these edits; returns the error code if they were refused
 * @param {() => Promise<boolean>} server.pull returns whether it brought anything
 * @param {(failure: RpcError) => void} refused is told what the server does not take
 * @throws {RpcError} if the server had an error that may be over the next time
 */
export async function pushEdits(records, { isLive, push, pull }, refused) {
  for (let most = MOST_CHANGES; ; ) {
    const edited = records.pending(most);
    if (!isLive() || edited.length === 0) {
      return;
    }
    const code = await push(edited);
    if (code === undefined || (code === 'conflict' && (await pull()))) {
      continue;
    }
    if (PASSING.has(code)) {
      throw new RpcError({ code, message: `The push failed: ${code}` });
    }
    if (edited.length > 1) {
      // A push is all or nothing, so one change holds up the others. Find out which.
      most = 1;
      continue;
    }
    records.refuse(edited[0], code);
    refused(new RpcError({ code, message: `The server refused a push: ${code}` }));
  }
}

/**
 * Encrypts an edit.
 *
 * @param {import('./space.js').Space} space
 * @param {import('./records.js').SpaceRecord} record
 */
export async function changeOf({ id: space, keys, epoch }, { id, cursor, edit }) {
  if (edit?.value === undefined) {
    return { id, expected_cursor: cursor };
  }
  const dek = await newDek();
  return {
    id,
    blob: await encrypt(dek, space, id, encode(edit.value)),
    expected_cursor: cursor,
    dek: await keys.wrap(dek, keys.has(epoch) ? epoch : keys.epoch),
  };
}
