package dev.betterbase.sync.federation.wire;

import java.util.List;

/** Constants of the file routes between servers, for both sides (federation.md, Files). */
public final class FileProtocol {
  /** The header of each answer that says whether the peer was accepted. */
  public static final String HEADER = "X-Federation-Files";

  /** The peer was accepted, so the status is for its member. */
  public static final String ANSWERED = "answered";

  /** The peer was refused. */
  public static final String REFUSED = "refused";

  /** The header fields of a request that are signed if present. */
  public static final List<String> SIGNED_FIELDS =
      List.of("x-ucan", "x-record-id", "x-wrapped-dek");

  private FileProtocol() {}
}
