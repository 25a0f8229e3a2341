package dev.betterbase.sync.rpc.method;

import dev.betterbase.sync.protocol.SpaceId;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A notification for one connection, encoded, with what the outbound queue must know to make room
 * (protocol.md, 4006).
 */
public sealed interface Notification {

  /** The encoded frame; shared between connections, so never changed. */
  byte[] frame();

  /** The space of the notification; null if it belongs to none. */
  @Nullable SpaceId space();

  /**
   * A {@code sync}. If there is no room, those of a space give way to one marker, on which the
   * client pulls.
   *
   * @param space the space it tells of
   * @param cursor the space's cursor after the push
   * @param frame the encoded frame
   * @param marker makes the encoded marker for a cursor, in the spelling of this subscription
   */
  record Sync(SpaceId space, long cursor, byte[] frame, LongFunction<byte[]> marker)
      implements Notification {}

  /**
   * One that must arrive: {@code membership}, {@code file}, {@code revoked}, {@code invitation}.
   *
   * @param space the space it tells of; null for an invitation
   * @param frame the encoded frame
   */
  record Lasting(@Nullable SpaceId space, byte[] frame) implements Notification {}

  /**
   * One that may be lost: presence, events, keepalives.
   *
   * @param space the space it tells of; null for a keepalive
   * @param frame the encoded frame
   */
  record Ephemeral(@Nullable SpaceId space, byte[] frame) implements Notification {}
}
