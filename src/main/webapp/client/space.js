/**
 * A space as an app sees it: records that can be read and edited at any time, online or not. They
 * are encrypted here, and synced whenever there is a connection.
 *
 * @module
 */
import { decode } from './cbor.js';
import { decrypt, newSpaceKey } from './envelope.js';
import { beginEpoch } from './epoch.js';
import { RpcError } from './errors.js';
import { Presence } from './presence.js';
import { pull } from './pull.js';
import { PASSING, changeOf, pushEdits } from './push.js';
import { Records } from './records.js';
import { Tasks } from './tasks.js';

/**
 * @typedef {import('./records.js').SpaceRecord} SpaceRecord
 *
 * @typedef {object} SpaceFile
 * @property {string} id
 * @property {string} record the id of the record to which it belongs
 * @property {number} size bytes of ciphertext
 */

/**
 * One space on one connection.
 *
 * Events, each with a `detail`: `change` `{id, remote}`; `pushed` `{ids, cursor, bytes, latency}`;
 * `pulled` `{records, cursor}`; `conflict` `{id}`; `file` `{file}`; `presence` `{peer, value}`
 * (value undefined when the peer has left); `access` `{open, reason?}`; `error` `{error}`.
 */
export class Space extends EventTarget {
  /** @type {Map<string, SpaceFile>} */
  files = new Map();
  /** Everything up to this cursor is here. */
  cursor = 0;
  /** The epoch of the server. */
  epoch = 0;
  /** Whether the server lets this client in; undefined until it has answered once. */
  access;

  #live = false;
  #records = new Records(
    (id, blob, dek) => this.#open(id, blob, dek),
    (name, detail) => this.#tell(name, detail),
  );
  #presence = new Presence(
    this,
    () => this.#live,
    (name, detail) => this.#tell(name, detail),
  );
  #tasks;
  #listeners = new AbortController();

  /**
   * @param {object} options
   * @param {import('./connection.js').Connection} options.connection
   * @param {string} options.id hyphenated, in lower case
   * @param {import('./envelope.js').SpaceKeys} options.keys
   * @param {string} [options.ucan] none in a personal space
   * @param {number} [options.retryMs] after an error of the server that may be over the next time
   */
  constructor({ connection, id, keys, ucan, retryMs = 5_000 }) {
    super();
    this.connection = connection;
    this.id = id;
    this.keys = keys;
    this.ucan = ucan;
    this.#tasks = new Tasks({
      retryMs,
      again: () => this.#subscribe(),
      failed: (error) => this.#tell('error', { error }),
    });
  }

  /** @returns {Map<string, SpaceRecord>} the records by their ids, deleted ones among them */
  get records() {
    return this.#records.all;
  }

  /** @returns {Map<string, any>} what others tell who are here now, by their pseudonyms */
  get peers() {
    return this.#presence.peers;
  }

  /** Subscribes now if the connection is open, and each time that it opens. */
  start() {
    const { signal } = this.#listeners;
    this.connection.addEventListener('state', (event) => this.#connectionIs(event), { signal });
    this.connection.addEventListener('notification', (event) => this.#notified(event), { signal });
    this.#presence.start();
    if (this.connection.state === 'open') {
      this.#tasks.run(() => this.#subscribe());
    }
  }

  /** Ends the subscription. The records stay. */
  stop() {
    this.#tasks.stop();
    this.#listeners.abort();
    this.#presence.stop();
    if (this.#live && this.connection.state === 'open') {
      this.connection.notify('unsubscribe', { spaces: [this.id] });
    }
    this.#live = false;
  }

  /** Waits until everything that was begun so far is done. */
  async settled() {
    await this.#tasks.settled();
  }

  /**
   * What a record is for this client, with its edit that was not pushed yet.
   *
   * @param {string} id
   * @returns {any} undefined if there is none
   */
  get(id) {
    return this.#records.get(id);
  }

  /**
   * Writes a record here, and on the server as soon as there is a connection.
   *
   * @param {string} id a UUID, made by the app
   * @param {any} value anything that CBOR can carry; undefined deletes the record
   */
  put(id, value) {
    this.#records.edit(id, value);
    this.#tasks.run(() => this.#flush());
  }

  /** @param {string} id */
  delete(id) {
    this.put(id, undefined);
  }

  /**
   * Settles a conflict: what is given replaces what others wrote.
   *
   * @param {string} id
   * @param {any} value
   */
  resolve(id, value) {
    this.#records.settle(id);
    this.put(id, value);
  }

  /**
   * Gives up the local edit of a record.
   *
   * @param {string} id
   */
  discard(id) {
    this.#records.discard(id);
  }

  /**
   * Takes the key of another epoch, and reads what it opens.
   *
   * @param {number} epoch
   * @param {Uint8Array} raw
   */
  async addKey(epoch, raw) {
    await this.keys.add(epoch, raw);
    this.#tasks.run(async () => {
      if (this.#live && this.#records.hasLocked()) {
        await this.#pull(0);
      }
      this.#records.reconsider();
      await this.#flush();
    });
  }

  /**
   * Comes back with another UCAN, after the last one was revoked or has expired. Edits that were
   * not pushed stay.
   *
   * @param {string} ucan
   */
  renew(ucan) {
    this.ucan = ucan;
    if (this.connection.state === 'open') {
      this.#tasks.run(() => this.#subscribe());
    }
  }

  /**
   * Begins a new epoch: a new key, under which the server accepts all further records, and under
   * which the keys of all earlier ones are wrapped anew. Give the key to the members that remain.
   *
   * @returns {Promise<{epoch: number, key: Uint8Array, rewrapped: number}>}
   * @throws {Error} if another member was first
   */
  rotate() {
    return new Promise((resolve, reject) => {
      this.#tasks.run(() => this.#rotate().then(resolve, reject));
    });
  }

  /**
   * Tells the others something about this client for as long as it is here.
   *
   * @param {any} value at most about 900 bytes in JSON; undefined takes it back
   */
  setPresence(value) {
    this.#presence.set(value);
  }

  /** @param {Event} event */
  #connectionIs(event) {
    const { state } = /** @type {CustomEvent} */ (event).detail;
    if (state === 'open') {
      this.#tasks.run(() => this.#subscribe());
    } else {
      this.#live = false;
      this.#presence.clear();
    }
  }

  /** @param {Event} event */
  #notified(event) {
    const { method, params } = /** @type {CustomEvent} */ (event).detail;
    if (params?.space === this.id) {
      this.#tasks.run(() => this.#apply(method, params));
    }
  }

  /** @param {string} method @param {any} params */
  async #apply(method, params) {
    switch (method) {
      case 'sync':
        // Its key_generation is always 0 (methods.md, Notifications from the server).
        return this.#next(params.records.length > 0 ? params.prev : NaN, params.cursor, () =>
          this.#records.apply(params.records, true),
        );
      case 'file':
        return this.#next(params.cursor - 1, params.cursor, async () =>
          params.files.forEach((/** @type {any} */ file) => this.#applyFile(file)),
        );
      case 'membership':
        return this.#next(params.cursor - 1, params.cursor, async () => {});
      case 'presence':
        return this.#presence.arrived(params.peer, params.data);
      case 'presence.leave':
        return this.#presence.left(params.peer);
      case 'revoked':
        return this.#subscribe(params.reason);
      default:
    }
  }

  /**
   * Applies what follows on what is here. If there is a gap, it pulls instead.
   *
   * @param {number} prev
   * @param {number} cursor
   * @param {() => Promise<void>} apply
   */
  async #next(prev, cursor, apply) {
    if (cursor <= this.cursor || !this.#live) {
      return;
    }
    if (prev === this.cursor) {
      await apply();
      this.cursor = cursor;
    } else {
      await this.#pull();
    }
  }

  /** @param {string} [reason] why the subscription is renewed, if the server ended it */
  async #subscribe(reason) {
    this.#live = false;
    const { spaces, errors } = await this.connection.request('subscribe', {
      spaces: [{ id: this.id, since: this.cursor, ucan: this.ucan, presence: true }],
    });
    if (spaces.length === 0) {
      const code = errors?.[0]?.error ?? 'forbidden';
      if (PASSING.has(code)) {
        throw new RpcError({ code, message: `The server could not open the space: ${code}` });
      }
      this.#accessIs(false, reason ?? code);
      return;
    }
    this.#live = true;
    this.#records.reconsider();
    this.#accessIs(true);
    this.epoch = spaces[0].key_generation;
    for (const { peer, data } of spaces[0].peers ?? []) {
      await this.#presence.arrived(peer, data);
    }
    if (spaces[0].cursor > this.cursor) {
      await this.#pull();
    }
    await this.#presence.send();
    await this.#flush();
  }

  /** @param {boolean} open @param {string} [reason] */
  #accessIs(open, reason) {
    if (this.access !== open) {
      this.access = open;
      this.#tell('access', { open, reason });
    }
    if (!open) {
      this.#presence.clear();
    }
  }

  async #pull(since = this.cursor) {
    const known = since > 0 || this.cursor > 0;
    const { records, cursor } = await pull(this.connection, { id: this.id, since, ucan: this.ucan }, {
      onBegin: (epoch) => {
        this.epoch = epoch;
      },
      onRecord: (record) => this.#records.apply([record], known),
      onFile: (file) => this.#applyFile(file),
    });
    if (cursor >= 0) {
      this.cursor = Math.max(this.cursor, cursor);
      this.#tell('pulled', { records, cursor });
    }
  }

  /** @param {any} file */
  #applyFile({ id, record_id: record, size = 0, deleted }) {
    if (deleted) {
      this.files.delete(id);
    } else {
      this.files.set(id, { id, record, size });
    }
    this.#tell('file', { file: { id, record, size }, deleted: Boolean(deleted) });
  }

  /** @param {string} id @param {Uint8Array} blob @param {Uint8Array} wrapped */
  async #open(id, blob, wrapped) {
    return decode(await decrypt(await this.keys.unwrap(wrapped), this.id, id, blob));
  }

  async #flush() {
    const server = {
      isLive: () => this.#live,
      push: (/** @type {SpaceRecord[]} */ records) => this.#push(records),
      pull: () => this.#pullsMore(),
    };
    await pushEdits(this.#records, server, (error) => this.#tell('error', { error }));
  }

  /** @returns {Promise<boolean>} whether a pull brought anything */
  async #pullsMore() {
    const known = this.cursor;
    await this.#pull();
    return this.cursor > known;
  }

  /**
   * Pushes the edits of some records.
   *
   * @param {SpaceRecord[]} records
   * @returns {Promise<string | undefined>} the error code if it was refused
   */
  async #push(records) {
    const edits = records.map(({ edit }) => edit);
    const changes = await Promise.all(records.map((record) => changeOf(this, record)));
    const before = performance.now();
    const params = { space: this.id, ucan: this.ucan, changes };
    const { ok, error, cursor } = await this.connection.request('push', params);
    if (!ok) {
      return error;
    }
    records.forEach((record, i) => this.#records.pushed(record, edits[i], cursor));
    const bytes = changes.reduce((sum, { blob }) => sum + (blob?.length ?? 0), 0);
    const latency = performance.now() - before;
    this.#tell('pushed', { ids: records.map(({ id }) => id), cursor, bytes, latency });
    if (cursor === this.cursor + 1) {
      this.cursor = cursor;
    } else if (cursor > this.cursor) {
      // Others have pushed meanwhile.
      await this.#pull();
    }
    return undefined;
  }

  async #rotate() {
    const key = newSpaceKey();
    const epoch = this.epoch + 1;
    const rewrapped = await beginEpoch(this, epoch, key);
    this.epoch = epoch;
    return { epoch, key, rewrapped };
  }

  /** @param {string} name @param {any} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
