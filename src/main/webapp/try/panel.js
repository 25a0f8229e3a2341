/**
 * The panel of one client: its connection, its notes, and who else is there.
 */
import { byId, inMs, make, many } from '../shared/dom.js';
import { did, tell } from './story.js';

const SAVE_AFTER_MS = 350;
const LARGEST_FILE = 10 * 1024 * 1024;

/** @typedef {{text: string, files?: {id: string, name: string}[]}} Note */

export class ClientPanel {
  /** @type {Map<string, NoteCard>} */
  #cards = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;

  /**
   * @param {HTMLElement} root
   * @param {import('./device.js').Device} device
   * @param {boolean} apart whether the others use another server
   */
  constructor(root, device, apart) {
    this.device = device;
    this.nobody = apart
      ? 'Who is here is told on one server only, so nobody is shown.'
      : 'Nobody else is here.';
    const name = device.name;
    const id = name.toLowerCase();
    this.state = make('span', { class: 'state', 'data-state': 'connecting' }, 'Connecting');
    this.toggle = make(
      'button',
      { type: 'button', class: 'switch', role: 'switch', 'aria-checked': 'true', onclick: () => this.#toggle() },
      make('span', { class: 'track', 'aria-hidden': 'true' }),
      make('span', { class: 'hidden' }, `${name} `),
      'Online',
    );
    this.lost = make('p', { class: 'lost', role: 'status', hidden: true });
    this.presence = make('p', { class: 'presence' }, this.nobody);
    this.notice = make('div', { class: 'notice', hidden: true });
    this.input = make('input', {
      id: `${id}-new`, type: 'text', autocomplete: 'off', maxlength: 2000, placeholder: 'Milk, bread, a secret',
    });
    this.list = make('ul', { class: 'notes', 'aria-label': `Notes of ${name}` });
    this.extra = make('div', { class: 'extra' });
    root.replaceChildren(
      make(
        'header',
        {},
        make('span', { class: 'avatar', 'aria-hidden': 'true' }, name[0]),
        make('h2', { id: `${id}-title` }, name),
        this.state,
        this.toggle,
      ),
      this.lost,
      this.notice,
      make(
        'form',
        { class: 'new', onsubmit: (/** @type {Event} */ event) => this.#submit(event) },
        make('label', { for: `${id}-new` }, `New note of ${name}`),
        make('div', { class: 'row' }, this.input, make('button', { class: 'primary' }, 'Add')),
      ),
      this.list,
      this.presence,
      this.extra,
    );
    device.connection.addEventListener('state', (event) =>
      this.#connectionIs(/** @type {CustomEvent} */ (event).detail));
    device.addEventListener('space', () => this.#watch());
    this.#connectionIs({ state: device.connection.state });
    if (device.space) {
      this.#watch();
    }
  }

  /** Shows something that the person has to decide. @param {...(Node | string)} content */
  ask(...content) {
    this.notice.replaceChildren(...content);
    this.notice.hidden = content.length === 0;
  }

  #toggle() {
    const { connection, name } = this.device;
    if (this.toggle.getAttribute('aria-checked') === 'true') {
      connection.close();
      tell(
        `${name} is offline. Notes can still be written and changed: they wait on the device.`,
        'protocol.md', '## Connecting');
    } else {
      void this.#comeBack();
    }
  }

  async #comeBack() {
    const { connection, name, space } = this.device;
    const coming = `${name} is coming back.`;
    tell(coming, 'protocol.md', '## Connecting');
    connection.open();
    try {
      await connection.opened();
    } catch {
      return; // The panel says what became of the connection.
    }
    await space?.settled();
    // Otherwise there was more to tell.
    if (byId('story').textContent === coming) {
      tell(`${name} is back, and has missed nothing.`, 'methods.md', '### subscribe');
    }
  }

  /** @param {{state: string, retryIn?: number, reason?: string}} change */
  #connectionIs({ state, retryIn = 0, reason }) {
    const online = state !== 'closed' && state !== 'failed';
    this.toggle.setAttribute('aria-checked', String(online));
    this.state.dataset.state = state;
    this.state.textContent = {
      open: 'Connected', connecting: 'Connecting', waiting: 'Connection lost', closed: 'Offline',
      failed: 'Refused',
    }[state];
    clearInterval(this.#countdown);
    this.lost.hidden = state !== 'waiting' && state !== 'failed';
    if (state === 'waiting') {
      const until = Date.now() + retryIn;
      this.lost.replaceChildren(
        'The connection to the server is lost. It will come back by itself. ',
        make('span', { 'aria-hidden': 'true' }),
      );
      const show = () => {
        const seconds = Math.ceil((until - Date.now()) / 1000);
        this.lost.lastChild.textContent = seconds > 0 ? `Next try in ${seconds} s.` : 'Trying…';
      };
      show();
      this.#countdown = setInterval(show, 500);
    } else if (state === 'failed') {
      this.lost.textContent = `The server refused the connection: ${reason}. Reload the page.`;
    }
    this.#cards.forEach((card) => card.show());
  }

  #watch() {
    const space = /** @type {import('../client/space.js').Space} */ (this.device.space);
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ handle) =>
      space.addEventListener(name, (event) => handle(/** @type {CustomEvent} */ (event).detail));
    on('change', ({ id }) => this.#show(id));
    on('conflict', ({ id }) => this.#show(id));
    on('presence', () => this.#showPresence());
    on('access', ({ open }) => {
      this.list.dataset.closed = String(!open);
      this.#showPresence();
    });
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (text !== '' && this.device.space) {
      this.device.space.put(crypto.randomUUID(), { text });
      this.input.value = '';
    }
    this.input.focus();
  }

  /** @param {string} id */
  #show(id) {
    const value = this.device.space?.get(id);
    const record = this.device.space?.records.get(id);
    let card = this.#cards.get(id);
    if (value === undefined && !record?.conflict && !record?.locked) {
      card?.remove();
      this.#cards.delete(id);
      return;
    }
    if (card === undefined) {
      card = new NoteCard(this.device, id);
      this.#cards.set(id, card);
      this.list.prepend(card.root);
    }
    card.show();
  }

  #showPresence() {
    const peers = [...(this.device.space?.peers.values() ?? [])].filter((peer) => peer?.name);
    const names = peers.map(({ name }) => name).join(' and ');
    this.presence.textContent = peers.length ? `${names} is here now.` : this.nobody;
    this.presence.dataset.here = String(peers.length > 0);
    const edited = new Map(peers.map(({ name, note }) => [note, name]));
    this.#cards.forEach((card, id) => card.editedBy(edited.get(id)));
  }
}

/** One note. It is saved while one types. */
class NoteCard {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saving;

  /**
   * @param {import('./device.js').Device} device
   * @param {string} id
   */
  constructor(device, id) {
    this.device = device;
    this.id = id;
    const owner = device.name;
    this.text = make('textarea', {
      rows: 2, 'aria-label': `Note of ${owner}`, maxlength: 2000,
      oninput: () => this.#typed(),
      onfocus: () => device.space?.setPresence({ name: owner, note: id }),
      onblur: () => {
        this.#save();
        device.space?.setPresence({ name: owner });
      },
    });
    this.status = make('span', { class: 'status' });
    this.files = make('ul', { class: 'files', 'aria-label': 'Files', hidden: true });
    this.conflict = make('div', { class: 'conflict', role: 'group', 'aria-label': 'Conflict', hidden: true });
    this.picker = make('input', {
      type: 'file', class: 'hidden', id: `${owner}-file-${id}`, 'aria-label': `Attach a file to the note of ${owner}`,
      onchange: () => void this.#attach(),
    });
    this.tools = make(
      'div',
      { class: 'tools' },
      this.status,
      this.picker,
      make('label', { for: this.picker.id, class: 'tool' }, 'Attach'),
      make('button', { type: 'button', class: 'tool', 'aria-label': `Delete the note of ${owner}`, onclick: () => this.#delete() }, 'Delete'),
    );
    this.root = make('li', { class: 'card' }, this.text, this.conflict, this.files, this.tools);
  }

  /** @returns {any} */
  get record() {
    return this.device.space?.records.get(this.id);
  }

  remove() {
    clearTimeout(this.#saving);
    this.root.remove();
  }

  show() {
    const record = this.record;
    const value = this.device.space?.get(this.id);
    // What somebody is typing is not overwritten. It becomes an edit, and maybe a conflict.
    if (this.#saving === undefined && value && this.text.value !== value.text) {
      this.text.value = value.text;
    }
    this.text.disabled = Boolean(record?.locked);
    this.#showConflict(record);
    this.#showFiles(value?.files ?? []);
    const online = this.device.connection.state === 'open';
    this.status.textContent = record?.locked
      ? 'The key of this note is not here yet'
      : record?.conflict
        ? 'Changed on both sides'
        : record?.edit
          ? record.edit.refused
            ? `Refused by the server: ${record.edit.refused}`
            : online ? 'Saving' : 'Waits on this device'
          : `Synced · cursor ${record?.cursor}`;
    this.root.dataset.state = record?.conflict ? 'conflict' : record?.edit ? 'waiting' : 'synced';
  }

  /** @param {string | undefined} name */
  editedBy(name) {
    this.root.dataset.edited = name ?? '';
  }

  #typed() {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => this.#save(), SAVE_AFTER_MS);
  }

  #save() {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    const value = this.device.space?.get(this.id);
    if (value && value.text !== this.text.value) {
      this.device.space?.put(this.id, { ...value, text: this.text.value });
    }
  }

  #delete() {
    const next = this.root.nextElementSibling ?? this.root.previousElementSibling;
    const focus = next?.querySelector('textarea') ?? document.getElementById(`${this.device.name.toLowerCase()}-new`);
    this.device.space?.delete(this.id);
    focus?.focus();
  }

  /** @param {any} record */
  #showConflict(record) {
    const open = Boolean(record?.conflict);
    if (!open) {
      this.conflict.hidden = true;
      this.conflict.replaceChildren();
      return;
    }
    const theirs = record.value?.text ?? '(deleted)';
    const mine = record.edit?.value?.text ?? '(deleted)';
    const button = (/** @type {string} */ text, /** @type {() => void} */ settle) =>
      make('button', {
        type: 'button', class: 'tool',
        onclick: async () => {
          settle();
          this.text.focus();
          did('conflict');
          await this.device.space?.settled();
          tell(
            `${this.device.name} settled the conflict. The push now expects the cursor that the server has, so it is taken.`,
            'methods.md', '### push');
        },
      }, text);
    this.conflict.replaceChildren(
      make('p', {}, make('b', {}, 'Theirs: '), theirs),
      make('p', {}, make('b', {}, 'Yours: '), mine),
      make(
        'div',
        { class: 'choices' },
        button('Keep yours', () => this.device.space?.resolve(this.id, record.edit?.value)),
        button('Keep theirs', () => this.device.space?.discard(this.id)),
        button('Keep both', () =>
          this.device.space?.resolve(this.id, { ...record.value, text: `${theirs}\n${mine}` })),
      ),
    );
    this.conflict.hidden = false;
  }

  /** @param {{id: string, name: string}[]} files */
  #showFiles(files) {
    this.files.hidden = files.length === 0;
    this.files.replaceChildren(
      ...files.map((file) =>
        make('li', {}, make('button', { type: 'button', class: 'file', onclick: () => void this.#open(file) }, `Open ${file.name}`)),
      ),
    );
  }

  async #attach() {
    const file = this.picker.files[0];
    this.picker.value = '';
    const { space, name, files } = this.device;
    if (!file || !space) {
      return;
    }
    if (file.size > LARGEST_FILE) {
      tell(`${file.name} is larger than 10 MiB, the most that this page takes.`, 'http.md', '## Files');
      return;
    }
    try {
      await space.settled();
      const started = performance.now();
      const stored = await files.upload(space, this.id, new Uint8Array(await file.arrayBuffer()));
      const value = space.get(this.id);
      space.put(this.id, { ...value, files: [...(value.files ?? []), { id: stored.id, name: file.name }] });
      const latency = inMs(performance.now() - started);
      this.device.dispatchEvent(new CustomEvent('uploaded', { detail: stored }));
      await space.settled();
      did('file');
      tell(
        `${name} encrypted ${file.name} here and uploaded ${many(stored.size, 'byte')} in ${latency}. Its name is in the note, so the server knows neither name nor content.`,
        'http.md', '## Files');
    } catch (failure) {
      tell(`The file was not uploaded: ${/** @type {Error} */ (failure).message}.`, 'http.md', '## Files');
    }
  }

  /** @param {{id: string, name: string}} file */
  async #open({ id, name }) {
    const { space, files } = this.device;
    if (!space) {
      return;
    }
    try {
      const bytes = await files.download(space, id);
      const url = URL.createObjectURL(new Blob([bytes]));
      make('a', { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
      tell(
        `${this.device.name} downloaded ${name} and decrypted it to ${many(bytes.length, 'byte')}.`,
        'http.md', '### GET');
    } catch (failure) {
      tell(`${name} could not be opened: ${/** @type {Error} */ (failure).message}.`, 'http.md', '### GET');
    }
  }
}
