/**
 * The other side of the tests: a WebSocket whose answers a test decides, and as much of a server as
 * they need. The real server is tested with the real client in a browser (TryItIT).
 */
import assert from 'node:assert/strict';

import { decode, encode, encrypt, newDek } from '../../main/webapp/client/index.js';

export const SPACE = '6f5f984b-2440-4c5c-953e-207c8dcd223d';

/** The other end of a WebSocket, which answers as the test says. */
export class Wire {
  sockets = [];
  sent = [];
  answer = () => undefined;

  get WebSocket() {
    const wire = this;
    return class {
      readyState = 0;

      constructor(url, subprotocol) {
        assert.equal(subprotocol, 'betterbase-rpc-v1');
        wire.sockets.push(this);
        setImmediate(() => {
          this.readyState = 1;
          this.onopen();
        });
      }

      send(bytes) {
        const frame = decode(bytes);
        wire.sent.push(frame);
        if (frame.type === 0) {
          setImmediate(() => wire.#reply(this, frame));
        }
      }

      close(code = 1000, reason = '') {
        if (this.readyState < 3) {
          this.readyState = 3;
          setImmediate(() => this.onclose({ code, reason }));
        }
      }
    };
  }

  async #reply(socket, { id, method, params }) {
    const answer = await this.answer(method, params);
    if (answer === undefined || socket.readyState !== 1) {
      return;
    }
    const { chunks = [], ...rest } = answer;
    chunks.forEach(([name, data]) => this.tell({ type: 3, id, name, data }, socket));
    this.tell({ type: 1, id, ...rest }, socket);
  }

  tell(frame, socket = this.sockets.at(-1)) {
    const bytes = encode(frame);
    socket.onmessage({ data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) });
  }

  notify(method, params) {
    this.tell({ type: 2, method, params });
  }

  count(method) {
    return this.sent.filter((frame) => frame.method === method).length;
  }
}

/** A server with one space, as far as these tests need one. */
export class Server extends Wire {
  cursor = 0;
  records = new Map();
  epoch = 1;
  answers = {
    'space.create': () => ({ result: { key_generation: this.epoch } }),
    'epoch.begin': ({ epoch }) => ({ result: { epoch: (this.epoch = epoch) } }),
    'epoch.complete': () => ({ result: {} }),
    'deks.get': () => ({
      chunks: [...this.records.values()].map(({ id, dek, cursor }) => ['deks.record', { id, dek, seq: cursor }]),
      result: {},
    }),
    'deks.rewrap': ({ deks }) => {
      deks.forEach(({ id, dek }) => (this.records.get(id).dek = dek));
      return { result: { ok: true, count: deks.length } };
    },
    'deks.getFiles': () => ({ result: {} }),
    subscribe: () => ({ result: { spaces: [{ id: SPACE, cursor: this.cursor, key_generation: this.epoch }] } }),
    push: ({ changes }) => {
      for (const { id, expected_cursor: expected } of changes) {
        if ((this.records.get(id)?.cursor ?? 0) !== expected) {
          return { result: { ok: false, error: 'conflict' } };
        }
      }
      this.cursor++;
      changes.forEach(({ id, blob, dek }) => this.records.set(id, { id, blob, cursor: this.cursor, dek }));
      return { result: { ok: true, cursor: this.cursor } };
    },
    pull: ({ spaces: [{ since }] }) => {
      const later = [...this.records.values()].filter(({ cursor }) => cursor > since);
      return {
        chunks: [
          ['pull.begin', { space: SPACE, prev: since, cursor: this.cursor, key_generation: this.epoch }],
          ...later.map((record) => ['pull.record', { space: SPACE, ...record }]),
          ['pull.commit', { space: SPACE, prev: since, cursor: this.cursor, count: later.length }],
        ],
        result: { _chunks: later.length + 2 },
      };
    },
  };
  answer = (method, params) => this.answers[method]?.(params);

  /** Somebody else writes a record. */
  async write(keys, id, value) {
    const dek = await newDek();
    this.cursor++;
    const record = {
      id, blob: await encrypt(dek, SPACE, id, encode(value)), cursor: this.cursor, dek: await keys.wrap(dek, 1),
    };
    this.records.set(id, record);
    return record;
  }
}
