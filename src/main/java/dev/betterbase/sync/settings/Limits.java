package dev.betterbase.sync.settings;

/**
 * The limits that an operator can set (config.md). Error messages name the limit in force.
 *
 * @param maxFrameBytes the longest message that a client may send, in bytes
 * @param maxConnectionsPerMailbox connections that one mailbox of one issuer may have at a time
 * @param maxUnauthenticated connections to one node that may wait for their auth frame
 * @param framesPerSecond frames per second that one connection may send
 * @param invitationsPerHour invitations that one person may send in an hour
 * @param membershipAppendsPerHour membership entries that one person may append in an hour without
 *     admin permission
 */
public record Limits(
    int maxFrameBytes,
    int maxConnectionsPerMailbox,
    int maxUnauthenticated,
    int framesPerSecond,
    int invitationsPerHour,
    int membershipAppendsPerHour) {

  /** The auth frame has a limit of its own of 64 KiB, so other frames may not have less. */
  private static final int LEAST_FRAME_BYTES = 64 * 1024;

  /** A message is held in one array, whose length is an int. */
  private static final int MOST_FRAME_BYTES = 1 << 30;

  /** The default limits. */
  public static Limits defaults() {
    return read(new SettingsReader(name -> null));
  }

  static Limits read(SettingsReader reader) {
    return new Limits(
        reader.whole(Setting.MAX_FRAME_BYTES, LEAST_FRAME_BYTES, MOST_FRAME_BYTES),
        reader.whole(Setting.MAX_CONNECTIONS_PER_MAILBOX, 1, Integer.MAX_VALUE),
        reader.whole(Setting.MAX_UNAUTHENTICATED, 1, Integer.MAX_VALUE),
        // The burst is four times the rate, and must fit in an int.
        reader.whole(Setting.FRAMES_PER_SECOND, 1, 500_000_000),
        reader.whole(Setting.INVITATIONS_PER_HOUR, 1, Integer.MAX_VALUE),
        reader.whole(Setting.MEMBERSHIP_APPENDS_PER_HOUR, 1, Integer.MAX_VALUE));
  }
}
