package dev.betterbase.sync.settings;

/**
 * The limits that have settings of their own (config.md). Messages name the number in force.
 *
 * @param maxFrameBytes longest message of a client, in bytes
 * @param maxConnectionsPerMailbox connections at a time for one mailbox of one issuer
 * @param maxUnauthenticated connections of a node that may wait for their auth frame
 * @param framesPerSecond frames a second that one connection may send
 * @param invitationsPerHour invitations a person may send in an hour
 * @param membershipAppendsPerHour entries a person without admin may append in an hour
 */
public record Limits(
    int maxFrameBytes,
    int maxConnectionsPerMailbox,
    int maxUnauthenticated,
    int framesPerSecond,
    int invitationsPerHour,
    int membershipAppendsPerHour) {

  /** What a message may always have, for the auth frame has this bound of its own. */
  private static final int LEAST_FRAME_BYTES = 64 * 1024;

  /** A message is held as one array; beyond a gibibyte no JVM of ours would take it. */
  private static final int MOST_FRAME_BYTES = 1 << 30;

  /** The limits in force where nothing is set. */
  public static Limits defaults() {
    return read(new SettingsReader(name -> null));
  }

  static Limits read(SettingsReader reader) {
    return new Limits(
        reader.whole(Setting.MAX_FRAME_BYTES, LEAST_FRAME_BYTES, MOST_FRAME_BYTES),
        reader.whole(Setting.MAX_CONNECTIONS_PER_MAILBOX, 1, Integer.MAX_VALUE),
        reader.whole(Setting.MAX_UNAUTHENTICATED, 1, Integer.MAX_VALUE),
        // The burst is four times the rate and must stay an int.
        reader.whole(Setting.FRAMES_PER_SECOND, 1, 500_000_000),
        reader.whole(Setting.INVITATIONS_PER_HOUR, 1, Integer.MAX_VALUE),
        reader.whole(Setting.MEMBERSHIP_APPENDS_PER_HOUR, 1, Integer.MAX_VALUE));
  }
}
