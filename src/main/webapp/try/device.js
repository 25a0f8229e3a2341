/**
 * One person's client in this page: an identity, a connection, and the space of the notes.
 */
import {
  Connection, Files, Space, SpaceKeys, cidOf, issueUcan, newSealingKey, newSigningKey, newSpaceKey,
  sendInvitation, takeInvitations,
} from '../client/index.js';

const DAY = 86_400;

export class Device extends EventTarget {
  /** @type {Space | undefined} */
  space;
  /** The last push of this device, and what the page told about it. @type {{cursor: number, at: number, told: number} | undefined} */
  pushed;

  /** The last cursor that a notification brought. @type {{cursor: number, at: number} | undefined} */
  heard;

  /**
   * @param {string} name
   * @param {import('../client/identity.js').SigningKey} signing
   * @param {import('../client/identity.js').SealingKey} sealing
   */
  constructor(name, signing, sealing) {
    super();
    this.name = name;
    this.signing = signing;
    this.sealing = sealing;
    this.did = signing.did;
    this.mailbox = '';
    // Each tab has persons of its own, so two tabs do not share connections or mailboxes.
    this.subject = `try-${name.toLowerCase()}-${crypto.randomUUID()}`;
    const token = () => this.#token();
    const url = new URL('/api/v1/ws', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    this.connection = new Connection({ url: url.href, token });
    this.files = new Files({ origin: location.origin, token });
  }

  /** @param {string} name @returns {Promise<Device>} a device with new keys, connected */
  static async create(name) {
    const device = new Device(name, await newSigningKey(), await newSealingKey());
    device.connection.open();
    await device.connection.opened();
    return device;
  }

  /** What others must know to invite this person. */
  get contact() {
    return { mailbox: this.mailbox, did: this.did, address: this.sealing.address };
  }

  /** Makes a shared space: a root key, and a UCAN of it for this person. */
  async createSpace() {
    const root = await newSigningKey();
    const id = crypto.randomUUID();
    const created = await this.connection.request('space.create', {
      id,
      root_public_key: root.publicKey,
    });
    const expiresAt = Math.floor(Date.now() / 1000) + DAY;
    const grant = { audience: this.did, space: id, permission: 'admin', expiresAt };
    const ucan = await issueUcan({ issuer: root, .../** @type {any} */ (grant) });
    this.expiresAt = expiresAt;
    this.rootPublicKey = root.publicKey;
    this.key = newSpaceKey();
    this.epoch = created.key_generation;
    await this.#enter(id, ucan);
  }

  /**
   * Issues a UCAN to somebody, and sends it with the key of the space to their mailbox.
   *
   * @param {Device} other
   */
  async invite(other) {
    const space = /** @type {Space} */ (this.space);
    const ucan = await issueUcan({
      issuer: this.signing,
      audience: other.did,
      space: space.id,
      permission: 'write',
      expiresAt: this.expiresAt ?? 0,
      proof: space.ucan,
    });
    this.issued = ucan;
    await sendInvitation(this.connection, other.contact, {
      space: space.id,
      rootPublicKey: this.rootPublicKey ?? new Uint8Array(),
      ucan,
      epoch: this.epoch ?? 0,
      key: this.key ?? new Uint8Array(),
    });
  }

  /** @returns {Promise<import('../client/invitation.js').Invitation | undefined>} the latest one */
  async lookIntoMailbox() {
    const found = await takeInvitations(this.connection, { did: this.did, sealing: this.sealing });
    return found.at(-1);
  }

  /** @param {import('../client/invitation.js').Invitation} invitation */
  async accept({ space, ucan, epoch, key }) {
    this.epoch = epoch;
    this.key = key;
    if (this.space?.id === space) {
      await this.space.addKey(epoch, key);
      this.space.renew(ucan);
    } else {
      await this.#enter(space, ucan);
    }
    await this.space?.settled();
  }

  /** Revokes the UCAN that this person issued last. */
  async revoke() {
    const space = /** @type {Space} */ (this.space);
    const ucan_cid = await cidOf(this.issued ?? '');
    await this.connection.request('membership.revoke', {
      space: space.id, ucan: space.ucan, ucan_cid,
    });
  }

  /** Begins a new epoch. */
  async rotate() {
    const { epoch, key, rewrapped } = await /** @type {Space} */ (this.space).rotate();
    this.epoch = epoch;
    this.key = key;
    return { epoch, rewrapped };
  }

  /** @param {string} id @param {string} ucan */
  async #enter(id, ucan) {
    const keys = new SpaceKeys();
    await keys.add(this.epoch ?? 0, this.key ?? new Uint8Array());
    this.space = new Space({ connection: this.connection, id, keys, ucan });
    this.dispatchEvent(new Event('space'));
    this.space.start();
    this.space.setPresence({ name: this.name });
    await this.space.settled();
  }

  async #token() {
    const query = new URLSearchParams({ sub: this.subject, did: this.did });
    const response = await fetch('/dev/token?' + query, {
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) {
      throw new Error(`The server gives no token (HTTP status ${response.status}).`);
    }
    const { token, mailbox_id: mailbox } = await response.json();
    this.mailbox = mailbox;
    return token;
  }
}
