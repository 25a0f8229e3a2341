/**
 * What a client tells the others about itself, encrypted like a record: a wrapped DEK, then an
 * envelope (methods.md, Presence and events).
 *
 * @module
 */
import { concat, text, utf8 } from './bytes.js';
import { decrypt, encrypt, newDek } from './envelope.js';

const WRAPPED_BYTES = 44;
const NAME = 'presence';

/**
 * @param {import('./space.js').Space} space
 * @param {any} value anything that JSON can carry
 * @returns {Promise<Uint8Array>}
 */
export async function sealPresence({ id, keys }, value) {
  const dek = await newDek();
  const wrapped = await keys.wrap(dek, keys.epoch);
  return concat(wrapped, await encrypt(dek, id, NAME, utf8(JSON.stringify(value))));
}

/**
 * @param {import('./space.js').Space} space
 * @param {Uint8Array} data
 * @returns {Promise<any>}
 * @throws {Error} if no key of this client opens it
 */
export async function openPresence({ id, keys }, data) {
  const dek = await keys.unwrap(data.slice(0, WRAPPED_BYTES));
  return JSON.parse(text(await decrypt(dek, id, NAME, data.slice(WRAPPED_BYTES))));
}
