package dev.betterbase.sync.realtime;

import dev.betterbase.sync.protocol.CborWriter;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import java.util.function.Consumer;

/** The notifications of a space that have no cursor (methods.md, Notifications). */
final class SpaceMessages {

  /** The reason why the access of a subscriber to a space ended. */
  enum Reason {
    UCAN_REVOKED("ucan_revoked"),
    UCAN_EXPIRED("ucan_expired");

    private final String text;

    Reason(String text) {
      this.text = text;
    }
  }

  private SpaceMessages() {}

  static Message revoked(SpaceId space, Reason reason) {
    return new Message(spelling -> revoked(space, spelling, reason));
  }

  static Notification revoked(SpaceId space, String spelling, Reason reason) {
    return new Notification.Lasting(
        space, frame("revoked", spelling, 2, params -> params.field("reason", reason.text)));
  }

  static Message presence(SpaceId space, Presence peer) {
    return ephemeral(
        space,
        "presence",
        3,
        params -> params.field("peer", peer.pseudonym()).field("data", peer.data()));
  }

  static Message leave(SpaceId space, String peer) {
    return ephemeral(space, "presence.leave", 2, params -> params.field("peer", peer));
  }

  static Message event(SpaceId space, String peer, byte[] data) {
    return ephemeral(space, "event", 3, params -> params.field("peer", peer).field("data", data));
  }

  private static Message ephemeral(
      SpaceId space, String method, int fields, Consumer<CborWriter> rest) {
    return new Message(
        spelling -> new Notification.Ephemeral(space, frame(method, spelling, fields, rest)));
  }

  private static byte[] frame(
      String method, String spelling, int fields, Consumer<CborWriter> rest) {
    return FrameWriter.notification(
        method,
        params -> {
          params.beginMap(fields).field("space", spelling);
          rest.accept(params);
          params.endMap();
        });
  }
}
