/**
 * One person's client in this page: an identity, a connection, and the space of the notes.
 */
import {
  Connection, Files, Space, SpaceKeys, cidOf, issueUcan, newSealingKey, newSigningKey, newSpaceKey,
  sendInvitation, takeInvitations,
} from '../client/index.js';
import { socketOf } from './servers.js';

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
   * @param {import('./servers.js').Server} server
   */
  constructor(name, signing, sealing, server) {
    super();
    this.name = name;
    this.server = server;
    this.signing = signing;
    this.sealing = sealing;
    this.did = signing.did;
    this.mailbox = '';
    // Each tab has persons of its own, so two tabs do not share connections or mailboxes.
    this.subject = `try-${name.toLowerCase()}-${crypto.randomUUID()}`;
    const token = () => this.#token();
    this.connection = new Connection({ url: socketOf(server), token });
    this.files = new Files({ origin: server.origin, token });
  }

  /**
   * @param {string} name
   * @param {import('./servers.js').Server} server
   * @returns {Promise<Device>} a device with new keys, connected
   */
  static async create(name, server) {
    const device = new Device(name, await newSigningKey(), await newSealingKey(), server);
    device.connection.open();
    await device.connection.opened();
    return device;
  }

  /** What others must know to invite this person. */
  get contact() {
    const { mailbox, did, server } = this;
    const address = this.sealing.address;
    return server.home === undefined ? { mailbox, did, address } : { mailbox, did, address, server: server.domain };
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
  async accept({ space, rootPublicKey, ucan, epoch, key }) {
    this.epoch = epoch;
    this.key = key;
    if (this.space?.id === space) {
      await this.space.addKey(epoch, key);
      this.space.renew(ucan);
    } else {
      if (this.server.home !== undefined) {
        await this.connection.request('space.create', {
          id: space, root_public_key: rootPublicKey, home_server: this.server.home,
        });
      }
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
    const { tokens, query } = this.server;
    const response = await fetch(`${tokens}?` + new URLSearchParams({ sub: this.subject, did: this.did, ...query }), {
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) {
      throw new Error(`${this.server.domain} gives no token (HTTP status ${response.status}).`);
    }
    const { token, mailbox_id: mailbox } = await response.json();
    this.mailbox = mailbox;
    return token;
  }
}
