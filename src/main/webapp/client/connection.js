/**
 * One connection to the server: the WebSocket, its frames, and how it comes back (protocol.md).
 *
 * @module
 */
import { fromBase64url, text } from './bytes.js';
import { Calls } from './calls.js';
import { decode, encode } from './cbor.js';
import { ConnectionLost } from './errors.js';

const SUBPROTOCOL = 'betterbase-rpc-v1';
const REQUEST = 0;
const RESPONSE = 1;
const NOTIFICATION = 2;
const CHUNK = 3;

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 20_000;
/** The server sends a keepalive every 30 s. */
const SILENCE_MS = 75_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const REFRESH_AHEAD_MS = 60_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** After these close codes the same token will not do better (protocol.md, Close codes). */
const FINAL = new Set([4000, 4002]);
const TOKEN_EXPIRED = 4001;

/**
 * @typedef {'closed' | 'connecting' | 'open' | 'waiting' | 'failed'} State
 *   `closed`: nobody asked for a connection; `waiting`: it will be tried again in `retryIn` ms;
 *   `failed`: the server refused the token, and only another one helps
 *
 * @typedef {object} Frame what an observer of the wire sees
 * @property {'sent' | 'received'} direction
 * @property {any} frame the decoded message
 * @property {number} size bytes
 * @property {number} [latency] for a result or error: ms since its request was sent
 * @property {string} [method] for a result, error or chunk: the method of its request
 */

/**
 * A connection that stays open: it reconnects with growing delays, refreshes its token before that
 * expires, and notices when the server has fallen silent.
 *
 * Events: `state` (detail `{state, retryIn?, code?, reason?}`), `notification` (detail `{method,
 * params}`) and `frame` (detail {@link Frame}).
 */
export class Connection extends EventTarget {
  /** @type {State} */
  state = 'closed';
  #url;
  #token;
  #WebSocket;
  /** @type {WebSocket | undefined} */
  #socket;
  #wanted = false;
  #failures = 0;
  #expiries = 0;
  #calls = new Calls();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #refresh;

  /**
   * @param {object} options
   * @param {string} options.url such as `wss://sync.example.com/api/v1/ws`
   * @param {() => Promise<string>} options.token returns an access token; asked for each connection
   *   and before the last one expires
   * @param {typeof WebSocket} [options.WebSocket] for platforms that have none of their own
   */
  constructor({ url, token, WebSocket = globalThis.WebSocket }) {
    super();
    this.#url = url;
    this.#token = token;
    this.#WebSocket = WebSocket;
  }

  /** Connects, and from now on reconnects whenever the connection is lost. */
  open() {
    this.#wanted = true;
    if (this.#socket === undefined && this.state !== 'connecting') {
      this.#failures = 0;
      void this.#connect();
    }
  }

  /**
   * Waits until the connection is open.
   *
   * @returns {Promise<void>}
   * @throws {ConnectionLost} if it was closed, or the server refused the token
   */
  opened() {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.state === 'open') {
          resolve();
        } else if (this.state === 'closed' || this.state === 'failed') {
          reject(new ConnectionLost('The connection was not opened.'));
        } else {
          this.addEventListener('state', look, { once: true });
        }
      };
      look();
    });
  }

  /** Closes the connection until {@link open} is called again. */
  close() {
    this.#wanted = false;
    clearTimeout(this.#retry);
    this.#drop(1000, '');
    this.#become('closed');
  }

  /**
   * Calls a method.
   *
   * @param {string} method
   * @param {object} params
   * @param {object} [options]
   * @param {(name: string, data: any) => void} [options.onChunk] gets the chunks of a stream, in
   *   order, before the result
   * @param {number} [options.timeout] the longest silence in ms, from the request or the last chunk
   * @returns {Promise<any>} the result
   * @throws {import('./errors.js').RpcError | ConnectionLost | import('./errors.js').TimedOut}
   */
  request(method, params, { onChunk, timeout = DEFAULT_TIMEOUT_MS } = {}) {
    return this.#calls.begin(
      method, (id) => this.#send({ type: REQUEST, id, method, params }), { onChunk, timeout });
  }

  /**
   * Sends a notification, to which there is never a reply.
   *
   * @param {string} method
   * @param {object} params
   * @throws {ConnectionLost} if the connection is not open
   */
  notify(method, params) {
    this.#send({ type: NOTIFICATION, method, params });
  }

  async #connect() {
    clearTimeout(this.#retry);
    this.#become('connecting');
    let token;
    try {
      token = await this.#token();
    } catch (failure) {
      this.#later(0, failure instanceof Error ? failure.message : String(failure));
      return;
    }
    if (!this.#wanted || this.#socket !== undefined) {
      return;
    }
    const socket = new this.#WebSocket(this.#url, SUBPROTOCOL);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    // A socket that was given up may still have events to deliver.
    const current = (/** @type {(event: any) => void} */ handle) => (/** @type {any} */ event) => {
      if (this.#socket === socket) {
        handle(event);
      }
    };
    socket.onopen = current(() => this.#opened(token));
    socket.onmessage = current(({ data }) => this.#received(new Uint8Array(data)));
    socket.onclose = current(({ code, reason }) => this.#lost(code, reason));
    this.#listen();
  }

  /** @param {string} token */
  #opened(token) {
    this.#send({ type: NOTIFICATION, method: 'auth', params: { token } });
    this.#listen();
    this.#refreshBefore(token);
    this.#become('open');
  }

  /** @param {Uint8Array} bytes */
  #received(bytes) {
    this.#listen();
    // What arrives shows that the token was accepted, so the delays begin anew.
    this.#failures = 0;
    this.#expiries = 0;
    if (bytes.length === 1 && bytes[0] === 0xf6) {
      return;
    }
    let frame;
    try {
      frame = decode(bytes);
    } catch {
      this.#drop(1002, 'not a CBOR frame');
      this.#lost(1002, 'the server sent a message that is no CBOR frame');
      return;
    }
    const call = this.#calls.get(frame.id);
    const latency = frame.type === RESPONSE && call ? performance.now() - call.sentAt : undefined;
    this.#tell({ direction: 'received', frame, size: bytes.length, latency, method: call?.method });
    switch (frame.type) {
      case RESPONSE:
        this.#calls.finish(frame);
        break;
      case CHUNK:
        call?.chunk(frame.name, frame.data);
        break;
      case NOTIFICATION:
        this.dispatchEvent(
          new CustomEvent('notification', { detail: { method: frame.method, params: frame.params } }),
        );
        break;
      default:
      // A later version of the protocol may have more types.
    }
  }

  /** @param {any} frame */
  #send(frame) {
    const socket = this.#socket;
    if (socket === undefined || socket.readyState !== 1) {
      throw new ConnectionLost('There is no connection to the server.');
    }
    const bytes = encode(frame);
    socket.send(bytes);
    this.#tell({ direction: 'sent', frame, size: bytes.length });
  }

  /** @param {Frame} detail */
  #tell(detail) {
    this.dispatchEvent(new CustomEvent('frame', { detail }));
  }

  #listen() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#drop(1000, '');
      this.#lost(1006, 'the server fell silent');
    }, SILENCE_MS);
  }

  /** @param {string} token a JWT; one without an expiry that can be read is not refreshed */
  #refreshBefore(token) {
    clearTimeout(this.#refresh);
    const delay = expiryOf(token) * 1000 - Date.now() - REFRESH_AHEAD_MS;
    if (Number.isFinite(delay)) {
      this.#refresh = setTimeout(
        () => void this.#refreshToken(), Math.min(Math.max(delay, 1000), LONGEST_TIMER_MS));
    }
  }

  async #refreshToken() {
    try {
      const token = await this.#token();
      const { ok } = await this.request('token.refresh', { token });
      if (ok) {
        this.#refreshBefore(token);
      }
    } catch {
      // The server closes the connection when the old token expires, and #connect asks again.
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #lost(code, reason) {
    this.#drop(1000, '');
    if (FINAL.has(code)) {
      this.#wanted = false;
      this.#become('failed', { code, reason });
    } else if (this.#wanted && code === TOKEN_EXPIRED && this.#expiries++ === 0) {
      void this.#connect();
    } else {
      this.#later(code, reason);
    }
  }

  /**
   * Tries again after a delay that doubles each time, and is random so that the clients of a server
   * that restarts do not all come at once.
   *
   * @param {number} code
   * @param {string} reason
   */
  #later(code, reason) {
    if (!this.#wanted) {
      this.#become('closed');
      return;
    }
    const bound = Math.min(FIRST_DELAY_MS * 2 ** this.#failures++, LONGEST_DELAY_MS);
    const retryIn = Math.round(bound * (0.5 + Math.random() / 2));
    this.#retry = setTimeout(() => void this.#connect(), retryIn);
    this.#become('waiting', { retryIn, code, reason });
  }

  /**
   * Gives up the socket and fails the calls that wait for it.
   *
   * @param {number} code
   * @param {string} reason
   */
  #drop(code, reason) {
    clearTimeout(this.#silence);
    clearTimeout(this.#refresh);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined && socket.readyState <= 1) {
      socket.close(code === 1002 ? 4005 : code, reason);
    }
    this.#calls.failAll(() => new ConnectionLost('The connection was lost.'));
  }

  /**
   * @param {State} state
   * @param {object} [more]
   */
  #become(state, more = {}) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: { state, ...more } }));
  }
}

/** @param {string} token @returns {number} seconds since 1970; NaN if the token does not say */
function expiryOf(token) {
  try {
    return Number(JSON.parse(text(fromBase64url(token.split('.')[1]))).exp);
  } catch {
    return NaN;
  }
}
