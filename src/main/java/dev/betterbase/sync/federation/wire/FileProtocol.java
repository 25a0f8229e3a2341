package dev.betterbase.sync.federation.wire;

import java.util.List;

/** What both sides of the routes for files between servers agree on (federation.md, Files). */
public final class FileProtocol {
  /** In each answer of the routes: whether it is one to what was asked, or to who has asked. */
  public static final String HEADER = "X-Federation-Files";

  /** The peer was let in: what it is told is for its member. */
  public static final String ANSWERED = "answered";

  /** The peer was not let in. */
  public static final String REFUSED = "refused";

  /** The fields of a request that are signed where it has them. */
  public static final List<String> SIGNED_FIELDS =
      List.of("x-ucan", "x-record-id", "x-wrapped-dek");

  private FileProtocol() {}
}
