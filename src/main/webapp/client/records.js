/**
 * The records of a space on this device: what the server has, decrypted, and the edits that it does
 * not have yet.
 *
 * @module
 */
import { encode } from './cbor.js';

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
 */

export class Records {
  /** @type {Map<string, SpaceRecord>} */
  all = new Map();
  #open;
  #tell;

  /**
   * @param {(id: string, blob: Uint8Array, dek: Uint8Array) => Promise<any>} open decrypts a record
   * @param {(name: string, detail: any) => void} tell
   */
  constructor(open, tell) {
    this.#open = open;
    this.#tell = tell;
  }

  /** @param {string} id @returns {any} with the edit that was not pushed yet */
  get(id) {
    const record = this.all.get(id);
    return record?.edit ? record.edit.value : record?.value;
  }

  /** @param {string} id @param {any} value undefined deletes the record */
  edit(id, value) {
    const record = this.all.get(id) ?? { id, cursor: 0 };
    record.edit = { value };
    this.all.set(id, record);
    this.#tell('change', { id, remote: false });
  }

  /** The next edit of a record replaces what others wrote. @param {string} id */
  settle(id) {
    const record = this.all.get(id);
    if (record !== undefined) {
      record.conflict = false;
    }
  }

  /** Gives up the edit of a record. @param {string} id */
  discard(id) {
    const record = this.all.get(id);
    if (record !== undefined) {
      delete record.edit;
      record.conflict = false;
      this.#tell('change', { id, remote: false });
    }
  }

  /** @returns {boolean} whether there are records that this client could not read */
  hasLocked() {
    return [...this.all.values()].some((record) => record.locked);
  }

  /** @param {number} most @returns {SpaceRecord[]} with edits that can be pushed */
  pending(most) {
    return [...this.all.values()]
      .filter(({ edit, conflict }) => edit && !edit.refused && !conflict)
      .slice(0, most);
  }

  /**
   * The server has taken an edit.
   *
   * @param {SpaceRecord} record
   * @param {{value: any} | undefined} edit
   * @param {number} cursor
   */
  pushed(record, edit, cursor) {
    record.cursor = cursor;
    record.value = edit?.value;
    // Otherwise the app has edited the record once more meanwhile.
    if (record.edit === edit) {
      delete record.edit;
    }
    this.#tell('change', { id: record.id, remote: false });
  }

  /** The server does not take an edit. @param {SpaceRecord} record @param {string} refused */
  refuse({ id, edit }, refused) {
    Object.assign(edit ?? {}, { refused });
    this.#tell('change', { id, remote: false });
  }

  /** What the server has refused may be taken now. */
  reconsider() {
    this.all.forEach(({ edit }) => delete edit?.refused);
  }

  /**
   * Takes records of the server.
   *
   * @param {any[]} records as the server sends them
   * @param {boolean} remote whether somebody else has just written them
   */
  async apply(records, remote) {
    for (const { id, blob, cursor, dek, deleted } of records) {
      const record = this.all.get(id) ?? { id, cursor: 0 };
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
      this.all.set(id, record);
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
}

/** @param {any} one @param {any} other @returns {boolean} whether both are written alike */
function same(one, other) {
  if (one === undefined || other === undefined) {
    return one === other;
  }
  const [left, right] = [encode(one), encode(other)];
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
