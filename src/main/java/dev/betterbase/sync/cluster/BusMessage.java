package dev.betterbase.sync.cluster;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** A message from one node to the others. */
public sealed interface BusMessage {
  /** The kinds of messages, as metrics and the wire name them. */
  enum Kind {
    SYNC,
    LISTED,
    MOVED,
    REVOKED,
    PRESENCE,
    LEAVE,
    EVENT,
    INVITATION,
    CONNECTIONS,
    PEER_USE
  }

  /** The longest frame that is sent as it is, in bytes. A longer one becomes {@link Moved}. */
  int LONGEST_FRAME = 256 * 1024;

  /** The most owners in one {@link Connections}. */
  int MOST_OWNERS = 4_096;

  /** The kind of the message. */
  Kind kind();

  /**
   * A push, a membership entry or a file, as the subscribers are told of it.
   *
   * @param cursor the cursor of the event
   * @param isSync whether it is a push
   * @param frame the encoded notification, in which the space has its canonical spelling; must not
   *     be changed
   */
  record Told(SpaceId space, long cursor, boolean isSync, byte[] frame) implements BusMessage {
    public Told {
      Objects.requireNonNull(space);
      if (frame.length > LONGEST_FRAME) {
        throw new IllegalArgumentException("frame too long");
      }
    }

    @Override
    public Kind kind() {
      return isSync ? Kind.SYNC : Kind.LISTED;
    }
  }

  /** A space has moved to a cursor. Subscribers pull. */
  record Moved(SpaceId space, long cursor) implements BusMessage {
    @Override
    public Kind kind() {
      return Kind.MOVED;
    }
  }

  /** A UCAN was revoked in a space of this server. */
  record Revoked(SpaceId space, String cid) implements BusMessage {
    @Override
    public Kind kind() {
      return Kind.REVOKED;
    }
  }

  /**
   * A connection of another node is present in a space, or still is.
   *
   * @param node the node that has the connection
   * @param peer the pseudonym of the connection
   * @param data the data that the connection shows; must not be changed
   */
  record Present(UUID node, SpaceId space, String peer, byte[] data) implements BusMessage {
    @Override
    public Kind kind() {
      return Kind.PRESENCE;
    }
  }

  /** A connection of another node is present in a space no longer. */
  record Absent(SpaceId space, String peer) implements BusMessage {
    @Override
    public Kind kind() {
      return Kind.LEAVE;
    }
  }

  /** An event that a connection of another node sends to a space. */
  record Event(SpaceId space, String peer, byte[] data) implements BusMessage {
    @Override
    public Kind kind() {
      return Kind.EVENT;
    }
  }

  /** A mailbox has a new invitation, of which its connections are to be told now. */
  record Invitation(String mailboxId) implements BusMessage {
    @Override
    public Kind kind() {
      return Kind.INVITATION;
    }
  }

  /**
   * The numbers of connections that some owners have on another node now. Of owners that are not
   * named, the count is as before.
   *
   * @param counts from 0 to 65,535, by a hash of the owner
   */
  record Connections(UUID node, Map<Long, Integer> counts) implements BusMessage {
    public Connections {
      counts = Map.copyOf(counts);
      if (counts.size() > MOST_OWNERS) {
        throw new IllegalArgumentException("too many owners");
      }
    }

    @Override
    public Kind kind() {
      return Kind.CONNECTIONS;
    }
  }

  /**
   * The use that a peer makes of its quotas on another node now. No number is negative.
   *
   * @param peer its domain, without port
   * @param connections at this time
   * @param spaces that it is subscribed to at this time
   * @param records of the hour that the node counts
   * @param bytes of that hour
   * @param invitations of that hour
   * @param hourLeftMillis the rest of that hour, at most an hour; 0 if nothing was counted
   */
  record PeerUse(
      UUID node,
      String peer,
      int connections,
      int spaces,
      long records,
      long bytes,
      long invitations,
      long hourLeftMillis)
      implements BusMessage {
    @Override
    public Kind kind() {
      return Kind.PEER_USE;
    }
  }

  /** The message for a notification with a cursor: the frame, unless it is too long. */
  static BusMessage of(SpaceId space, long cursor, boolean isSync, byte[] frame) {
    return frame.length > LONGEST_FRAME
        ? new Moved(space, cursor)
        : new Told(space, cursor, isSync, frame);
  }
}
