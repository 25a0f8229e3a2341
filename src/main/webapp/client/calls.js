/**
 * The requests on a connection that wait for their answers.
 *
 * @module
 */
import { RpcError, TimedOut } from './errors.js';

export class Calls {
  #nextId = 1;
  /** @type {Map<string, Call>} */
  #waiting = new Map();

  /**
   * Begins a call.
   *
   * @param {string} method
   * @param {(id: string) => void} send sends the request; throws if it cannot
   * @param {object} options
   * @param {((name: string, data: any) => void) | undefined} options.onChunk
   * @param {number} options.timeout the longest silence in ms
   * @returns {Promise<any>} the result
   */
  begin(method, send, { onChunk, timeout }) {
    return new Promise((resolve, reject) => {
      const id = `rpc-${this.#nextId++}`;
      const call = new Call(method, resolve, reject, onChunk, timeout, () => {
        this.#waiting.delete(id);
        reject(new TimedOut(`No answer to ${method} for ${timeout} ms.`));
      });
      this.#waiting.set(id, call);
      try {
        send(id);
      } catch (failure) {
        this.#waiting.delete(id);
        call.end();
        reject(failure);
      }
    });
  }

  /** @param {string} id @returns {Call | undefined} */
  get(id) {
    return this.#waiting.get(id);
  }

  /** @param {{id: string, result?: any, error?: {code: string, message: string}}} frame */
  finish(frame) {
    const call = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    call?.finish(frame);
  }

  /** @param {() => Error} failure */
  failAll(failure) {
    const calls = [...this.#waiting.values()];
    this.#waiting.clear();
    calls.forEach((call) => call.fail(failure()));
  }
}

/** One request that waits for its answer. */
class Call {
  sentAt = performance.now();
  /** @type {ReturnType<typeof setTimeout>} */
  #timer;

  /**
   * @param {string} method
   * @param {(result: any) => void} resolve
   * @param {(failure: Error) => void} reject
   * @param {((name: string, data: any) => void) | undefined} onChunk
   * @param {number} timeout
   * @param {() => void} timedOut
   */
  constructor(method, resolve, reject, onChunk, timeout, timedOut) {
    this.method = method;
    this.resolve = resolve;
    this.fail = (/** @type {Error} */ failure) => {
      this.end();
      reject(failure);
    };
    this.onChunk = onChunk;
    this.timeout = timeout;
    this.timedOut = timedOut;
    this.#timer = setTimeout(timedOut, timeout);
  }

  /** @param {string} name @param {any} data */
  chunk(name, data) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.timedOut, this.timeout);
    this.onChunk?.(name, data);
  }

  /** @param {{result?: any, error?: {code: string, message: string}}} frame */
  finish({ result, error }) {
    if (error) {
      this.fail(new RpcError(error));
    } else {
      this.end();
      this.resolve(result);
    }
  }

  end() {
    clearTimeout(this.#timer);
  }
}
