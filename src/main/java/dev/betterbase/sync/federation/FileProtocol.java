package dev.betterbase.sync.federation;

import java.util.List;

/** What both sides of the routes for files between servers agree on (federation.md, Files). */
final class FileProtocol {
  /** In each answer of the routes: whether it is one to what was asked, or to who has asked. */
  static final String HEADER = "X-Federation-Files";

  /** The peer was let in: what it is told is for its member. */
  static final String ANSWERED = "answered";

  /** The peer was not let in. */
  static final String REFUSED = "refused";

  /** The fields of a request that are signed where it has them. */
  static final List<String> SIGNED_FIELDS = List.of("x-ucan", "x-record-id", "x-wrapped-dek");

  private FileProtocol() {}
}
