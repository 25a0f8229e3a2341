/**
 * The panel of the server. It shows what went over the wire, and nothing that the server does not
 * have: the ids, cursors and ciphertext of pushes that it has accepted, and of files.
 */
import { hex } from '../client/bytes.js';
import { epochOf } from '../client/index.js';
import { byId, inMs, make, many } from '../shared/dom.js';

const MOST_FRAMES = 60;
const TYPES = ['request', 'result', 'notification', 'chunk'];

/** @typedef {{cursor: number, size: number, epoch: string, blob: string}} Stored */

export class ServerPanel {
  /** @type {Map<string, Stored>} */
  #stored = new Map();
  /** Pushes that were not answered yet. @type {Map<string, any>} */
  #pushes = new Map();
  #cursor = 0;

  /** @param {import('./device.js').Device} device */
  watch(device) {
    device.connection.addEventListener('frame', (event) => {
      const seen = /** @type {CustomEvent} */ (event).detail;
      this.#log(device.name, seen);
      this.#understand(device.name, seen);
    });
  }

  /**
   * The clients use two servers.
   *
   * @param {string} home where the space lives
   * @param {string} other that of Ben
   */
  areTwo(home, other) {
    byId('server-title').textContent = 'What the servers see';
    byId('server-note').textContent = `Ada's frames go to ${home}, where the ciphertext is. Ben's go to ${other}, which passes them on and keeps no ciphertext.`;
    byId('server-note').hidden = false;
  }

  /** @param {string} space */
  spaceIs(space) {
    byId('fact-space').textContent = space.slice(0, 8);
    byId('fact-space').title = space;
  }

  /** @param {number} epoch */
  epochIs(epoch) {
    byId('fact-epoch').textContent = String(epoch);
  }

  /** Files go over HTTP. @param {{id: string, size: number}} file @param {number} epoch */
  fileIsStored({ id, size }, epoch) {
    this.#stored.set(id, { cursor: this.#cursor, size, epoch: String(epoch), blob: '(a file)' });
    this.#show();
  }

  /** @param {string} name @param {import('../client/connection.js').Frame} seen */
  #understand(name, { direction, frame }) {
    const key = `${name} ${frame.id}`;
    if (direction === 'sent' && frame.method === 'push') {
      this.#pushes.set(key, frame.params.changes);
    } else if (direction === 'sent' && frame.method?.startsWith('deks.rewrap')) {
      this.#pushes.set(key, frame.params.deks);
    } else if (frame.type === 1 && this.#pushes.has(key)) {
      const changes = this.#pushes.get(key);
      this.#pushes.delete(key);
      if (frame.result?.ok) {
        this.#accepted(changes, frame.result.cursor);
      }
    } else if (frame.method === 'file') {
      this.#cursorIs(frame.params.cursor);
      frame.params.files.forEach((/** @type {any} */ { id }) => {
        const stored = this.#stored.get(id);
        if (stored) {
          stored.cursor = frame.params.cursor;
        }
      });
      this.#show();
    }
  }

  /** @param {any[]} changes @param {number | undefined} cursor undefined for a rewrap */
  #accepted(changes, cursor) {
    for (const { id, blob, dek } of changes) {
      const epoch = dek ? String(epochOf(dek)) : '–';
      const known = this.#stored.get(id);
      if (cursor === undefined) {
        this.#stored.set(id, { .../** @type {Stored} */ (known), epoch });
      } else {
        const size = blob?.length ?? 0;
        this.#stored.set(id, { cursor, size, epoch, blob: blob ? hex(blob.slice(0, 40)) : '' });
      }
    }
    this.#cursorIs(cursor ?? this.#cursor);
    this.#show();
  }

  /** @param {number} cursor */
  #cursorIs(cursor) {
    this.#cursor = Math.max(this.#cursor, cursor);
    byId('fact-cursor').textContent = String(this.#cursor);
  }

  #show() {
    const rows = [...this.#stored].sort(([, a], [, b]) => b.cursor - a.cursor);
    byId('fact-bytes').textContent =
      many(rows.reduce((sum, [, { size }]) => sum + size, 0), 'byte');
    byId('stored').replaceChildren(
      ...rows.map(([id, { cursor, size, epoch, blob }]) =>
        make(
          'tr',
          { class: cursor === this.#cursor ? 'fresh' : '' },
          make('td', { title: id }, id.slice(0, 8)),
          make('td', {}, String(cursor)),
          make('td', {}, epoch),
          make('td', {}, size.toLocaleString('en')),
          make('td', { class: 'blob' }, ...blobOf(blob)),
        ),
      ),
    );
  }

  /** @param {string} name @param {import('../client/connection.js').Frame} seen */
  #log(name, { direction, frame, size, latency, method }) {
    const what = frame.method ?? frame.name ?? method ?? '';
    const kind = frame.error ? 'error' : (TYPES[frame.type] ?? 'frame');
    const sent = direction === 'sent';
    const pre = make('pre', { tabindex: '0', 'aria-label': 'The decoded frame' });
    const details = make(
      'details',
      { ontoggle: () => details.open && (pre.textContent = decoded(frame)) },
      make(
        'summary',
        {},
        make('span', { class: 'who' }, name),
        make('span', { class: 'way', role: 'img', 'aria-label': sent ? 'to the server' : 'from the server' }, sent ? '→' : '←'),
        make('span', { class: 'what' }, make('b', {}, what), ` ${kind}`),
        make('span', { class: 'size' }, latency === undefined ? '' : inMs(latency)),
        make('span', { class: 'size' }, `${size.toLocaleString('en')} B`),
      ),
      pre,
    );
    const wire = byId('wire');
    wire.prepend(make('li', { class: frame.error || frame.result?.ok === false ? 'bad' : '' }, details));
    while (wire.children.length > MOST_FRAMES) {
      wire.lastElementChild.remove();
    }
  }
}

/** The parts of an envelope: version, IV, ciphertext. @param {string} blob @returns {Node[]} */
function blobOf(blob) {
  if (!blob.startsWith('04')) {
    return [document.createTextNode(blob || '(deleted)')];
  }
  return [
    make('span', { class: 'version', title: 'version 4' }, blob.slice(0, 2)),
    make('span', { class: 'iv', title: 'IV, 12 bytes' }, ' ' + blob.slice(2, 26)),
    make('span', { title: 'ciphertext' }, ' ' + blob.slice(26) + '…'),
  ];
}

/** @param {any} frame @returns {string} */
function decoded(frame) {
  const show = (/** @type {string} */ key, /** @type {any} */ value) => {
    if (value instanceof Uint8Array) {
      const shown = hex(value.slice(0, 24)) + (value.length > 24 ? '…' : '');
      return `h'${shown}' (${many(value.length, 'byte')})`;
    }
    if (typeof value === 'bigint') {
      return value.toString();
    }
    if (typeof value === 'string' && value.length > 80) {
      return `${value.slice(0, 40)}… (${many(value.length, 'character')})`;
    }
    return value;
  };
  return JSON.stringify(frame, show, 2);
}
