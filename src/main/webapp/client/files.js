/**
 * Files of a space, over HTTP (http.md, Files). They are encrypted as a whole, so a file must fit
 * into memory.
 *
 * @module
 */
import { base64, fromBase64 } from './bytes.js';
import { decrypt, encrypt, newDek } from './envelope.js';

/** The server answered with an error. */
export class HttpError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The files of a server. */
export class Files {
  #origin;
  #token;

  /**
   * @param {object} options
   * @param {string} options.origin such as `https://sync.example.com`
   * @param {() => Promise<string>} options.token an access token with the scope `files`
   */
  constructor({ origin, token }) {
    this.#origin = origin;
    this.#token = token;
  }

  /**
   * Encrypts and uploads a file. The record must have been pushed before.
   *
   * @param {import('./space.js').Space} space
   * @param {string} record the id of the record to which it belongs
   * @param {Uint8Array} plaintext at most 100 MiB less 29 bytes
   * @returns {Promise<import('./space.js').SpaceFile>}
   * @throws {HttpError}
   */
  async upload(space, record, plaintext) {
    const id = crypto.randomUUID();
    const dek = await newDek();
    const body = await encrypt(dek, space.id, id, plaintext);
    const wrapped = await space.keys.wrap(dek, space.keys.epoch);
    await this.#fetch(space, id, {
      method: 'PUT',
      body,
      headers: { 'X-Record-ID': record, 'X-Wrapped-DEK': base64(wrapped) },
    });
    return { id, record, size: body.length };
  }

  /**
   * Downloads and decrypts a file.
   *
   * @param {import('./space.js').Space} space
   * @param {string} id
   * @returns {Promise<Uint8Array>}
   * @throws {HttpError}
   */
  async download(space, id) {
    const response = await this.#fetch(space, id, {});
    const wrapped = fromBase64(response.headers.get('X-Wrapped-DEK') ?? '');
    const body = new Uint8Array(await response.arrayBuffer());
    return decrypt(await space.keys.unwrap(wrapped), space.id, id, body);
  }

  /**
   * @param {import('./space.js').Space} space
   * @param {string} id
   * @param {RequestInit & {headers?: Record<string, string>}} request
   */
  async #fetch(space, id, request) {
    const headers = { ...request.headers, Authorization: 'Bearer ' + (await this.#token()) };
    if (space.ucan !== undefined) {
      Object.assign(headers, { 'X-UCAN': space.ucan });
    }
    const url = `${this.#origin}/api/v1/spaces/${space.id}/files/${id}`;
    const response = await fetch(url, { ...request, headers, cache: 'no-store' });
    if (!response.ok) {
      const body = await response.json().catch(() => ({}));
      throw new HttpError(response.status, body.error ?? `HTTP status ${response.status}`);
    }
    return response;
  }
}
