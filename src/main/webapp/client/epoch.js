/**
 * A new epoch of a space: a new key, under which the keys of all records and files are wrapped anew
 * (methods.md, Epochs and DEKs).
 *
 * @module
 */
import { RpcError } from './errors.js';

const ATTEMPTS = 5;

/**
 * Begins and completes an epoch. The ciphertext of records and files stays as it is.
 *
 * @param {import('./space.js').Space} space whose keys get the new one
 * @param {number} epoch the one after that of the server
 * @param {Uint8Array} key 32 random bytes
 * @returns {Promise<number>} how many keys were wrapped anew
 * @throws {RpcError} if another member was first
 */
export async function beginEpoch({ connection, keys, id, ucan }, epoch, key) {
  const caller = { space: id, ucan };
  const begun = await connection.request('epoch.begin', {
    ...caller, epoch, set_min_key_generation: true,
  });
  if (begun.error) {
    throw new RpcError({ code: begun.error, message: 'Another member has begun a new epoch.' });
  }
  await keys.add(epoch, key);

  /** @param {string} get @param {string} put */
  const rewrap = async (get, put) => {
    for (let attempt = 1; ; attempt++) {
      /** @type {{id: string, dek: Uint8Array}[]} */
      const old = [];
      await connection.request(get, caller, { onChunk: (_, data) => old.push(data) });
      if (old.length === 0) {
        return 0;
      }
      const deks = await Promise.all(
        old.map(async ({ id: one, dek }) => ({
          id: one,
          dek: await keys.wrap(await keys.unwrap(dek), epoch),
        })),
      );
      try {
        await connection.request(put, { ...caller, deks });
        return deks.length;
      } catch (failure) {
        // A record was pushed since its key was read. Read the keys again.
        const changed = failure instanceof RpcError && failure.code === 'conflict';
        if (!changed || attempt === ATTEMPTS) {
          throw failure;
        }
      }
    }
  };
  const records = await rewrap('deks.get', 'deks.rewrap');
  const files = await rewrap('deks.getFiles', 'deks.rewrapFiles');
  await connection.request('epoch.complete', { ...caller, epoch });
  return records + files;
}
