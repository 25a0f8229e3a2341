package dev.betterbase.sync.fault;

import java.time.Instant;

/**
 * An error of this node. It contains no text of a client, and no message of an exception, because
 * such a message may quote one.
 *
 * @param what a name from a fixed set, such as a method, a job, or the domain of a trusted server
 * @param error the class of an exception, an SQLSTATE, or a status of HTTP
 * @param times the number of times that it has happened since it was first kept
 * @param last the time of the last one
 */
public record Fault(Kind kind, String what, String error, long times, Instant last) {

  /** The kind of work that failed. */
  public enum Kind {
    /** A request on a WebSocket that was answered {@code internal}. */
    REQUEST,

    /** An HTTP request that was answered with a status of 500 or more. */
    HTTP,

    /** A round of a periodic job. */
    JOB,

    /** A call to another server. */
    CALL,

    /** A fetch of the key set of an issuer. */
    KEY_SET,

    /** Work on the database. */
    DATABASE
  }
}
