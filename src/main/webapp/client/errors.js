/**
 * What a request can fail with.
 *
 * @module
 */

/** The server answered a request with an error frame. */
export class RpcError extends Error {
  /** @param {{code: string, message: string}} error */
  constructor({ code, message }) {
    super(message);
    /** One of the error codes of protocol.md. */
    this.code = code;
  }
}

/** The connection was lost, or is not open. Whether a request that was sent was done is unknown. */
export class ConnectionLost extends Error {}

/** The server did not answer in time. */
export class TimedOut extends Error {}
