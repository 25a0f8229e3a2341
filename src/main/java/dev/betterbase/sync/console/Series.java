package dev.betterbase.sync.console;

import java.util.Locale;

/** The series that are plotted over time. */
enum Series {
  /** Open connections of clients and peers. */
  CONNECTIONS,
  SUBSCRIPTIONS,
  /** Pushes a second. */
  PUSHES,
  /** Pulls a second. */
  PULLS,
  /** Requests a second that ended with an error. */
  ERRORS,
  /** Half of the pushes were faster, in seconds. */
  PUSH_MEDIAN,
  /** 99 of 100 pushes were faster, in seconds. */
  PUSH_P99,
  PULL_MEDIAN,
  PULL_P99,
  /** Bytes a second that came in. */
  RECEIVED,
  /** Bytes a second that went out. */
  SENT,
  /** Connections a second that were closed because they read too slowly. */
  SLOW,
  /** Bytes that wait to be sent. */
  QUEUED,
  /** Connections to the database in use. */
  POOL,
  /** The longest wait of 99 of 100 for a connection to the database, in seconds. */
  POOL_WAIT_P99,
  /** Bytes of the heap in use. */
  HEAP,
  /** From 0 to 1: all processors. */
  CPU;

  /** The name in JSON. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
