/**
 * A space as an app sees it: records that can be read and edited at any time, online or not. They
 * are encrypted here, and synced whenever there is a connection.
 *
 * @module
 */
import { decode, encode } from './cbor.js';
import { ConnectionLost, RpcError, TimedOut } from './connection.js';
import { decrypt, encrypt, newDek, newSpaceKey } from './envelope.js';
import { beginEpoch } from './epoch.js';
import { openPresence, sealPresence } from './presence.js';

/** The server forgets presence that was not renewed for 45 s. */
const PRESENCE_MS = 20_000;
const MOST_CHANGES = 50;
const RETRY_MS = 5_000;
/** Errors that may be over the next time. */
const PASSING = new Set(['internal', 'rate_limited']);

/**
 * @typedef {object} SpaceRecord
 * @property {string} id
 * @property {number} cursor of the last write that this client knows; 0 before the first
 * @property {any} [value] what the server has, decrypted; undefined if deleted or never pushed
 * @property {boolean} [locked] whether this client cannot read it: it has no key of its epoch, or
 *   the blob is not what a member encrypted for it
 * @property {{value: any, refused?: string}} [edit] a local edit that was not pushed yet; `value`
 *   undefined deletes. `refused` is the error code if the server does not take it
 * @property {boolean} [conflict] whether somebody else has written the record since the edit began
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
  /** @type {Map<string, SpaceRecord>} */
  records = new Map();
  /** @type {Map<string, SpaceFile>} */
  files = new Map();
  /** Others who are here now, by pseudonym. @type {Map<string, any>} */
  peers = new Map();
  /** Everything up to this cursor is here. */
  cursor = 0;
  /** The epoch of the server. */
  epoch = 0;
  /** Whether the server lets this client in; undefined until it has answered once. */
  access;

  #live = false;
  #stopped = false;
  #queue = Promise.resolve();
  /** @type {any} */
  #presence;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #renewal;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  #retryMs;
  #listeners = new AbortController();

  /**
   * @param {object} options
   * @param {import('./connection.js').Connection} options.connection
   * @param {string} options.id hyphenated, in lower case
   * @param {import('./envelope.js').SpaceKeys} options.keys
   * @param {string} [options.ucan] none in a personal space
   * @param {number} [options.retryMs] after an error of the server that may be over the next time
   */
  constructor({ connection, id, keys, ucan, retryMs = RETRY_MS }) {
    super();
    this.connection = connection;
    this.id = id;
    this.keys = keys;
    this.ucan = ucan;
    this.#retryMs = retryMs;
  }

  /** Subscribes now if the connection is open, and each time that it opens. */
  start() {
    const { signal } = this.#listeners;
    this.connection.addEventListener('state', (event) => this.#connectionIs(event), { signal });
    this.connection.addEventListener('notification', (event) => this.#notified(event), { signal });
    this.#renewal = setInterval(() => void this.#sendPresence(), PRESENCE_MS);
    if (this.connection.state === 'open') {
      this.#serially(() => this.#subscribe());
    }
  }

  /** Ends the subscription. The records stay. */
  stop() {
    this.#stopped = true;
    this.#listeners.abort();
    clearInterval(this.#renewal);
    clearTimeout(this.#retry);
    if (this.#live && this.connection.state === 'open') {
      this.connection.notify('unsubscribe', { spaces: [this.id] });
    }
    this.#live = false;
  }

  /** Waits until everything that was begun so far is done. */
  async settled() {
    await this.#queue;
  }

  /**
   * What a record is for this client, with its edit that was not pushed yet.
   *
   * @param {string} id
   * @returns {any} undefined if there is none
   */
  get(id) {
    const record = this.records.get(id);
    return record?.edit ? record.edit.value : record?.value;
  }

  /**
   * Writes a record here, and on the server as soon as there is a connection.
   *
   * @param {string} id a UUID, made by the app
   * @param {any} value anything that CBOR can carry; undefined deletes the record
   */
  put(id, value) {
    const record = this.records.get(id) ?? { id, cursor: 0 };
    record.edit = { value };
    this.records.set(id, record);
    this.#tell('change', { id, remote: false });
    this.#serially(() => this.#flush());
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
    const record = this.records.get(id);
    if (record !== undefined) {
      record.conflict = false;
    }
    this.put(id, value);
  }

  /**
   * Gives up the local edit of a record.
   *
   * @param {string} id
   */
  discard(id) {
    const record = this.records.get(id);
    if (record !== undefined) {
      delete record.edit;
      record.conflict = false;
      this.#tell('change', { id, remote: false });
    }
  }

  /**
   * Takes the key of another epoch, and reads what it opens.
   *
   * @param {number} epoch
   * @param {Uint8Array} raw
   */
  async addKey(epoch, raw) {
    await this.keys.add(epoch, raw);
    this.#serially(async () => {
      if (this.#live && [...this.records.values()].some((record) => record.locked)) {
        await this.#pull(0);
      }
      this.#reconsider();
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
      this.#serially(() => this.#subscribe());
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
      this.#serially(() => this.#rotate().then(resolve, reject));
    });
  }

  /**
   * Tells the others something about this client for as long as it is here.
   *
   * @param {any} value at most about 900 bytes in JSON; undefined takes it back
   */
  setPresence(value) {
    this.#presence = value;
    if (value === undefined && this.#live) {
      this.connection.notify('presence.clear', { space: this.id });
    }
    void this.#sendPresence();
  }

  /** @param {Event} event */
  #connectionIs(event) {
    const { state } = /** @type {CustomEvent} */ (event).detail;
    if (state === 'open') {
      this.#serially(() => this.#subscribe());
    } else {
      this.#live = false;
      [...this.peers.keys()].forEach((peer) => this.#left(peer));
    }
  }

  /** @param {Event} event */
  #notified(event) {
    const { method, params } = /** @type {CustomEvent} */ (event).detail;
    if (params?.space === this.id) {
      this.#serially(() => this.#apply(method, params));
    }
  }

  /** @param {string} method @param {any} params */
  async #apply(method, params) {
    switch (method) {
      case 'sync':
        // Its key_generation is always 0 (methods.md, Notifications from the server).
        return this.#next(params.records.length > 0 ? params.prev : NaN, params.cursor, () =>
          this.#applyAll(params.records, true),
        );
      case 'file':
        return this.#next(params.cursor - 1, params.cursor, async () =>
          params.files.forEach((/** @type {any} */ file) => this.#applyFile(file)),
        );
      case 'membership':
        return this.#next(params.cursor - 1, params.cursor, async () => {});
      case 'presence':
        return this.#arrived(params.peer, params.data);
      case 'presence.leave':
        return this.#left(params.peer);
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
    this.#reconsider();
    this.#accessIs(true);
    this.epoch = spaces[0].key_generation;
    for (const { peer, data } of spaces[0].peers ?? []) {
      await this.#arrived(peer, data);
    }
    if (spaces[0].cursor > this.cursor) {
      await this.#pull();
    }
    await this.#sendPresence();
    await this.#flush();
  }

  /** @param {boolean} open @param {string} [reason] */
  #accessIs(open, reason) {
    if (this.access !== open) {
      this.access = open;
      this.#tell('access', { open, reason });
    }
    if (!open) {
      [...this.peers.keys()].forEach((peer) => this.#left(peer));
    }
  }

  async #pull(since = this.cursor) {
    let records = 0;
    let cursor = -1;
    let applied = Promise.resolve();
    await this.connection.request(
      'pull',
      { spaces: [{ id: this.id, since, ucan: this.ucan }] },
      {
        onChunk: (name, data) => {
          applied = applied.then(async () => {
            if (name === 'pull.begin') {
              this.epoch = data.key_generation;
              cursor = data.cursor;
            } else if (name === 'pull.record') {
              records++;
              await this.#applyAll([data], since > 0 || this.cursor > 0);
            } else if (name === 'pull.file') {
              this.#applyFile(data);
            }
          });
          // It is awaited below. Until then, a failure must not count as unhandled.
          applied.catch(() => {});
        },
      },
    );
    await applied;
    if (cursor >= 0) {
      this.cursor = Math.max(this.cursor, cursor);
      this.#tell('pulled', { records, cursor });
    }
  }

  /** @param {any[]} records @param {boolean} remote */
  async #applyAll(records, remote) {
    for (const { id, blob, cursor, dek, deleted } of records) {
      const record = this.records.get(id) ?? { id, cursor: 0 };
      if (cursor < record.cursor || (cursor === record.cursor && !record.locked)) {
        continue;
      }
      const first = cursor > record.cursor;
      record.cursor = cursor;
      record.locked = false;
      try {
        record.value = deleted || !blob ? undefined : await this.#open(id, blob, dek);
      } catch {
        // The other records must come through whatever one member has written.
        record.locked = true;
      }
      this.records.set(id, record);
      if (first && record.edit) {
        this.#meet(record);
      }
      this.#tell('change', { id, remote });
    }
  }

  /** Somebody else wrote a record that has an edit here. @param {SpaceRecord} record */
  #meet(record) {
    if (same(record.edit?.value, record.value)) {
      delete record.edit;
      record.conflict = false;
    } else {
      record.conflict = true;
      this.#tell('conflict', { id: record.id });
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

  /** What the server has refused may be taken now. */
  #reconsider() {
    this.records.forEach(({ edit }) => delete edit?.refused);
  }

  /** Pushes all edits that are in no conflict and were not refused. */
  async #flush() {
    for (let most = MOST_CHANGES; ; ) {
      const records = [...this.records.values()]
        .filter(({ edit, conflict }) => edit && !edit.refused && !conflict)
        .slice(0, most);
      if (!this.#live || records.length === 0) {
        return;
      }
      const refused = await this.#push(records);
      if (refused === undefined || (refused === 'conflict' && (await this.#pullsMore()))) {
        continue;
      }
      if (PASSING.has(refused)) {
        throw new RpcError({ code: refused, message: `The push failed: ${refused}` });
      }
      if (records.length > 1) {
        // A push is all or nothing, so one change holds up the others. Find out which.
        most = 1;
        continue;
      }
      const [{ id, edit }] = records;
      Object.assign(edit ?? {}, { refused });
      this.#tell('change', { id, remote: false });
      this.#tell('error', {
        error: new RpcError({ code: refused, message: `The server refused a push: ${refused}` }),
      });
    }
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
    const changes = await Promise.all(records.map((record) => this.#changeOf(record)));
    const before = performance.now();
    const params = { space: this.id, ucan: this.ucan, changes };
    const { ok, error, cursor } = await this.connection.request('push', params);
    if (!ok) {
      return error;
    }
    records.forEach((record, i) => this.#pushed(record, edits[i], cursor));
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

  /** @param {SpaceRecord} record */
  async #changeOf({ id, cursor, edit }) {
    if (edit?.value === undefined) {
      return { id, expected_cursor: cursor };
    }
    const dek = await newDek();
    return {
      id,
      blob: await encrypt(dek, this.id, id, encode(edit.value)),
      expected_cursor: cursor,
      dek: await this.keys.wrap(dek, this.keys.has(this.epoch) ? this.epoch : this.keys.epoch),
    };
  }

  /** @param {SpaceRecord} record @param {{value: any} | undefined} edit @param {number} cursor */
  #pushed(record, edit, cursor) {
    record.cursor = cursor;
    record.value = edit?.value;
    // Otherwise the app has edited the record once more meanwhile.
    if (record.edit === edit) {
      delete record.edit;
    }
    this.#tell('change', { id: record.id, remote: false });
  }

  async #rotate() {
    const key = newSpaceKey();
    const epoch = this.epoch + 1;
    const rewrapped = await beginEpoch(this, epoch, key);
    this.epoch = epoch;
    return { epoch, key, rewrapped };
  }

  async #sendPresence() {
    if (!this.#live || this.#presence === undefined || this.keys.epoch < 0) {
      return;
    }
    const data = await sealPresence(this, this.#presence);
    if (this.#live) {
      this.connection.notify('presence.set', { space: this.id, data });
    }
  }

  /** @param {string} peer @param {Uint8Array} data */
  async #arrived(peer, data) {
    // Somebody may be here whose words this client cannot read: another epoch, or another app.
    const value = await openPresence(this, data).catch(() => null);
    this.peers.set(peer, value);
    this.#tell('presence', { peer, value });
  }

  /** @param {string} peer */
  #left(peer) {
    if (this.peers.delete(peer)) {
      this.#tell('presence', { peer, value: undefined });
    }
  }

  /**
   * Runs one thing after another, so that what arrives is applied in order. A lost connection is no
   * error here: what was not done is done when it is back.
   *
   * @param {() => Promise<void> | void} task
   */
  #serially(task) {
    this.#queue = this.#queue.then(async () => {
      try {
        if (!this.#stopped) {
          await task();
        }
      } catch (error) {
        if (!(error instanceof ConnectionLost)) {
          this.#tell('error', { error });
          this.#retryAfter(error);
        }
      }
    });
  }

  /** @param {unknown} error */
  #retryAfter(error) {
    if (error instanceof TimedOut || (error instanceof RpcError && PASSING.has(error.code))) {
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#serially(() => this.#subscribe()), this.#retryMs);
    }
  }

  /** @param {string} name @param {any} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** @param {any} one @param {any} other @returns {boolean} whether both are written alike */
function same(one, other) {
  if (one === undefined || other === undefined) {
    return one === other;
  }
  const [left, right] = [encode(one), encode(other)];
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
