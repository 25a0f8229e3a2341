/**
 * CBOR as betterbase-rpc-v1 uses it (protocol.md, Frames). This is the only module that knows the
 * CBOR library.
 *
 * @module
 */
import { decode as read, encode as write } from './cborg.js';

const WRITE = { mapSorter: () => 0, ignoreUndefinedProperties: true };
const READ = { rejectDuplicateMapKeys: true };

/**
 * Encodes a value: maps in the order of their keys, integers in their shortest form, Uint8Array as
 * a byte string. Properties that are undefined are left out.
 *
 * @param {unknown} value
 * @returns {Uint8Array}
 */
export function encode(value) {
  return write(value, WRITE);
}

/**
 * Decodes one message. Integers beyond 2^53 - 1 become a bigint.
 *
 * @param {Uint8Array} bytes
 * @returns {any}
 * @throws {Error} if the bytes are not exactly one well-formed CBOR item
 */
export function decode(bytes) {
  return read(bytes, READ);
}
