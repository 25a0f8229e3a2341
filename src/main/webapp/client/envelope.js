/**
 * What the server stores and cannot read: blobs in envelope v4, and the keys of records and files
 * (DEKs), wrapped by the key of the space (docs/protocol/README.md, Glossary).
 *
 * @module
 */
import { concat, uint32, utf8 } from './bytes.js';

const VERSION = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const WRAPPED_BYTES = 44;

/**
 * The keys of one space, one for each epoch that this client knows.
 */
export class SpaceKeys {
  /** @type {Map<number, CryptoKey>} */
  #keys = new Map();

  /** The latest epoch that this client has a key of; -1 if it has none. */
  get epoch() {
    return Math.max(-1, ...this.#keys.keys());
  }

  /**
   * Adds the key of an epoch.
   *
   * @param {number} epoch
   * @param {Uint8Array} raw 32 random bytes
   */
  async add(epoch, raw) {
    const usages = /** @type {KeyUsage[]} */ (['wrapKey', 'unwrapKey']);
    this.#keys.set(epoch, await crypto.subtle.importKey('raw', raw, 'AES-KW', false, usages));
  }

  /** @param {number} epoch @returns {boolean} whether this client has the key of an epoch */
  has(epoch) {
    return this.#keys.has(epoch);
  }

  /**
   * Wraps the key of a record or file.
   *
   * @param {CryptoKey} dek
   * @param {number} epoch
   * @returns {Promise<Uint8Array>} 44 bytes: the epoch, then AES-KW
   */
  async wrap(dek, epoch) {
    const wrapped = await crypto.subtle.wrapKey('raw', dek, this.#key(epoch), 'AES-KW');
    return concat(uint32(epoch), new Uint8Array(wrapped));
  }

  /**
   * Unwraps the key of a record or file.
   *
   * @param {Uint8Array} wrapped
   * @returns {Promise<CryptoKey>}
   * @throws {UnknownEpoch} if this client does not have the key of its epoch
   */
  async unwrap(wrapped) {
    const key = this.#key(epochOf(wrapped));
    const algorithm = { name: 'AES-GCM', length: 256 };
    const usages = /** @type {KeyUsage[]} */ (['encrypt', 'decrypt']);
    return crypto.subtle.unwrapKey(
      'raw', wrapped.slice(4), key, 'AES-KW', algorithm, true, usages);
  }

  /** @param {number} epoch */
  #key(epoch) {
    const key = this.#keys.get(epoch);
    if (key === undefined) {
      throw new UnknownEpoch(epoch);
    }
    return key;
  }
}

/** A DEK belongs to an epoch of which this client has no key. */
export class UnknownEpoch extends Error {
  /** @param {number} epoch */
  constructor(epoch) {
    super(`There is no key of epoch ${epoch} here.`);
    this.epoch = epoch;
  }
}

/**
 * @param {Uint8Array} wrapped a wrapped DEK
 * @returns {number} its epoch
 * @throws {RangeError} if it is not 44 bytes
 */
export function epochOf(wrapped) {
  if (wrapped.length !== WRAPPED_BYTES) {
    throw new RangeError('a wrapped DEK has 44 bytes');
  }
  return new DataView(wrapped.buffer, wrapped.byteOffset).getUint32(0);
}

/** @returns {Uint8Array} 32 random bytes, for a new epoch of a space */
export const newSpaceKey = () => crypto.getRandomValues(new Uint8Array(32));

/** @returns {Promise<CryptoKey>} a new key for one record or file */
export function newDek() {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
}

/**
 * Encrypts a blob. The ids are authenticated with it, so the server cannot pass off one record as
 * another.
 *
 * @param {CryptoKey} dek
 * @param {string} space
 * @param {string} id the record's or file's
 * @param {Uint8Array} plaintext
 * @returns {Promise<Uint8Array>} `0x04`, the IV, ciphertext and tag: 29 bytes more than the plaintext
 */
export async function encrypt(dek, space, id, plaintext) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const cipher = { name: 'AES-GCM', iv, additionalData: context(space, id) };
  const sealed = await crypto.subtle.encrypt(cipher, dek, plaintext);
  return concat(new Uint8Array([VERSION]), iv, new Uint8Array(sealed));
}

/**
 * Decrypts what {@link encrypt} made.
 *
 * @param {CryptoKey} dek
 * @param {string} space
 * @param {string} id
 * @param {Uint8Array} blob
 * @returns {Promise<Uint8Array>}
 * @throws {RangeError} if it is no envelope of version 4
 * @throws {DOMException} if key, ids or bytes are not those that were encrypted
 */
export async function decrypt(dek, space, id, blob) {
  if (blob[0] !== VERSION || blob.length < 1 + IV_BYTES + TAG_BYTES) {
    throw new RangeError('not an envelope of version 4');
  }
  const iv = blob.slice(1, 1 + IV_BYTES);
  const cipher = { name: 'AES-GCM', iv, additionalData: context(space, id) };
  return new Uint8Array(await crypto.subtle.decrypt(cipher, dek, blob.slice(1 + IV_BYTES)));
}

/** @param {string} space @param {string} id */
const context = (space, id) => concat(uint32(utf8(space).length), utf8(space), utf8(id));
