/**
 * Who is here, and what a client tells the others about itself. It is encrypted like a record: a
 * wrapped DEK, then an envelope (methods.md, Presence and events).
 *
 * @module
 */
import { concat, text, utf8 } from './bytes.js';
import { decrypt, encrypt, newDek } from './envelope.js';

const WRAPPED_BYTES = 44;
const NAME = 'presence';
/** The server forgets presence that was not renewed for 45 s. */
const RENEWAL_MS = 20_000;

/** This client and the others in one space. */
export class Presence {
  /** Others who are here now, by pseudonym. @type {Map<string, any>} */
  peers = new Map();
  #space;
  #isLive;
  #tell;
  /** @type {any} */
  #own;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #renewal;

  /**
   * @param {import('./space.js').Space} space
   * @param {() => boolean} isLive whether the client is subscribed
   * @param {(name: string, detail: any) => void} tell
   */
  constructor(space, isLive, tell) {
    this.#space = space;
    this.#isLive = isLive;
    this.#tell = tell;
  }

  /** Renews what {@link set} has set, until {@link stop}. */
  start() {
    this.#renewal = setInterval(() => void this.send(), RENEWAL_MS);
  }

  stop() {
    clearInterval(this.#renewal);
  }

  /** @param {any} value undefined takes it back */
  set(value) {
    this.#own = value;
    if (value === undefined && this.#isLive()) {
      this.#space.connection.notify('presence.clear', { space: this.#space.id });
    }
    void this.send();
  }

  async send() {
    if (!this.#isLive() || this.#own === undefined || this.#space.keys.epoch < 0) {
      return;
    }
    const data = await sealPresence(this.#space, this.#own);
    if (this.#isLive()) {
      this.#space.connection.notify('presence.set', { space: this.#space.id, data });
    }
  }

  /** @param {string} peer @param {Uint8Array} data */
  async arrived(peer, data) {
    // Somebody may be here whose words this client cannot read: another epoch, or another app.
    const value = await openPresence(this.#space, data).catch(() => null);
    this.peers.set(peer, value);
    this.#tell('presence', { peer, value });
  }

  /** @param {string} peer */
  left(peer) {
    if (this.peers.delete(peer)) {
      this.#tell('presence', { peer, value: undefined });
    }
  }

  /** This client cannot see the others any more. */
  clear() {
    [...this.peers.keys()].forEach((peer) => this.left(peer));
  }
}

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
