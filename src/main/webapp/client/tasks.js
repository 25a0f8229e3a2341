/**
 * Work on one space, one task after another.
 *
 * @module
 */
import { ConnectionLost, RpcError, TimedOut } from './errors.js';
import { PASSING } from './push.js';

/**
 * Runs one task after another, so that what arrives is applied in order. A lost connection is no
 * error here: what was not done is done when it is back.
 */
export class Tasks {
  #queue = Promise.resolve();
  #stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  #retryMs;
  #again;
  #failed;

  /**
   * @param {object} options
   * @param {number} options.retryMs after an error that may be over the next time
   * @param {() => Promise<void>} options.again the task that is run then
   * @param {(error: unknown) => void} options.failed is told of each error
   */
  constructor({ retryMs, again, failed }) {
    this.#retryMs = retryMs;
    this.#again = again;
    this.#failed = failed;
  }

  /** @param {() => Promise<void> | void} task */
  run(task) {
    this.#queue = this.#queue.then(async () => {
      try {
        if (!this.#stopped) {
          await task();
        }
      } catch (error) {
        if (!(error instanceof ConnectionLost)) {
          this.#failed(error);
          this.#retryAfter(error);
        }
      }
    });
  }

  /** Waits until everything that was begun so far is done. */
  async settled() {
    await this.#queue;
  }

  /** Begins no further task. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#retry);
  }

  /** @param {unknown} error */
  #retryAfter(error) {
    if (error instanceof TimedOut || (error instanceof RpcError && PASSING.has(error.code))) {
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.run(this.#again), this.#retryMs);
    }
  }
}
