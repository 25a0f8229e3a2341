package dev.betterbase.sync.rpc.outbound;

import static dev.betterbase.sync.rpc.outbound.TestFrames.bytes;
import static dev.betterbase.sync.rpc.outbound.TestFrames.sync;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Notification;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Notifications in the outbound queue: what gives way, what stays, and what is withdrawn. */
class OutboundNotificationsTest {
  private static final SpaceId SPACE = new SpaceId(new UUID(1, 1));
  private static final SpaceId OTHER = new SpaceId(new UUID(2, 2));

  private boolean slow;
  private final SlowSocket socket = new SlowSocket();
  private final OutboundQueue queue =
      new OutboundQueue(socket, new SendBudget(1 << 30), () -> slow = true);

  @Test
  void notificationsHaveRoomOfTheirOwn() {
    hold();
    for (int i = 0; i < 64; i++) {
      reply("r");
    }
    for (int i = 1; i <= 256; i++) {
      queue.offer(sync(SPACE, i));
    }
    assertThat(slow).isFalse();
    socket.takeAll();
    assertThat(socket.sent).hasSize(1 + 64 + 256);
  }

  @Test
  void syncsOfTheSpaceGiveWayToOneMarkerWhoseCursorMovesOn() {
    hold();
    for (int i = 1; i <= 255; i++) {
      queue.offer(sync(SPACE, i));
    }
    queue.offer(sync(OTHER, 7));
    queue.offer(sync(SPACE, 256));
    queue.offer(sync(SPACE, 257));
    queue.offer(new Notification.Lasting(SPACE, bytes("membership 258")));
    queue.offer(sync(SPACE, 259));
    socket.takeAll();
    assertThat(socket.texts())
        .containsExactly("held", "sync " + OTHER + " 7", "membership 258", "marker 259");
    assertThat(slow).isFalse();
  }

  @Test
  void afterTheMarkerLeftSyncsAreSentAsTheyAre() {
    hold();
    for (int i = 1; i <= 257; i++) {
      queue.offer(sync(SPACE, i));
    }
    socket.takeAll();
    queue.offer(sync(SPACE, 258));
    assertThat(socket.texts()).containsExactly("held", "marker 257", "sync " + SPACE + " 258");
  }

  @Test
  void syncsGiveWayByBytesToo() {
    hold();
    for (int i = 1; i <= 3; i++) {
      queue.offer(
          new Notification.Sync(SPACE, i, new byte[3 << 20], cursor -> bytes("marker " + cursor)));
    }
    assertThat(queue.waitingBytes()).isLessThan(100);
    socket.takeAll();
    assertThat(socket.texts()).containsExactly("held", "marker 3");
  }

  @Test
  void presenceAndEventsAreDroppedOldestFirst() {
    hold();
    for (int i = 1; i <= 300; i++) {
      queue.offer(new Notification.Ephemeral(SPACE, bytes("event " + i)));
    }
    assertThat(slow).isFalse();
    queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    socket.takeAll();
    assertThat(socket.texts()).hasSize(257).contains("event 46", "event 300", "membership");
    assertThat(socket.texts()).doesNotContain("event 45");
  }

  @Test
  void aNewEventFindsNoRoomBesideWhatMustStay() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    }
    queue.offer(new Notification.Ephemeral(SPACE, bytes("event")));
    assertThat(slow).isFalse();
    socket.takeAll();
    assertThat(socket.texts()).doesNotContain("event");
  }

  @Test
  void whatMustStayAndFindsNoRoomMakesTheConsumerSlow() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    }
    assertThat(slow).isFalse();
    queue.offer(new Notification.Lasting(SPACE, bytes("one too many")));
    assertThat(slow).isTrue();
  }

  @Test
  void syncsOfManySpacesThatFindNoRoomMakeTheConsumerSlow() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(sync(new SpaceId(new UUID(9, i)), 1));
    }
    assertThat(slow).isFalse();
    queue.offer(sync(SPACE, 1));
    assertThat(slow).isTrue();
  }

  @Test
  void aMembershipEntryMakesTheSyncsOfItsSpaceGiveWay() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(sync(SPACE, i));
    }
    queue.offer(new Notification.Lasting(SPACE, bytes("membership 257")));
    socket.takeAll();
    assertThat(socket.texts()).containsExactly("held", "marker 256", "membership 257");
  }

  @Test
  void whatBelongsToNoSpaceStaysWhereItFindsRoom() {
    hold();
    for (int i = 1; i <= 255; i++) {
      queue.offer(sync(SPACE, i));
    }
    queue.offer(new Notification.Lasting(null, bytes("invitation")));
    assertThat(slow).isFalse();
    queue.withdraw(SPACE);
    socket.takeAll();
    assertThat(socket.texts()).containsExactly("held", "invitation");
  }

  @Test
  void whatBelongsToNoSpaceMakesEventsGiveWay() {
    hold();
    queue.offer(new Notification.Ephemeral(SPACE, bytes("event")));
    for (int i = 1; i <= 255; i++) {
      queue.offer(new Notification.Lasting(OTHER, bytes("membership")));
    }
    queue.offer(new Notification.Lasting(null, bytes("invitation")));
    assertThat(slow).isFalse();
    queue.offer(new Notification.Lasting(null, bytes("one too many")));
    assertThat(slow).isTrue();
    socket.takeAll();
    assertThat(socket.texts()).hasSize(257).contains("invitation").doesNotContain("event");
  }

  @Test
  void withdrawTakesBackAllNotificationsOfASpaceAndNothingElse() {
    hold();
    for (int i = 1; i <= 257; i++) {
      queue.offer(sync(SPACE, i)); // one marker in the end
    }
    queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    queue.offer(new Notification.Ephemeral(SPACE, bytes("event")));
    queue.offer(new Notification.Ephemeral(null, bytes("keepalive")));
    queue.offer(sync(OTHER, 1));
    reply("reply");
    queue.withdraw(SPACE);
    queue.withdraw(new SpaceId(new UUID(3, 3)));
    assertThat(queue.waitingBytes())
        .isEqualTo("keepalivereply".length() + sync(OTHER, 1).frame().length);
    queue.offer(new Notification.Lasting(SPACE, bytes("revoked")));
    socket.takeAll();
    assertThat(socket.texts())
        .containsExactly("held", "keepalive", "sync " + OTHER + " 1", "reply", "revoked");
  }

  @Test
  void withdrawMakesRoom() {
    hold();
    for (int i = 1; i <= 256; i++) {
      queue.offer(new Notification.Lasting(SPACE, bytes("membership")));
    }
    queue.withdraw(SPACE);
    for (int i = 1; i <= 256; i++) {
      queue.offer(new Notification.Lasting(OTHER, bytes("membership")));
    }
    assertThat(slow).isFalse();
  }

  /** Gives the socket a frame that it does not complete yet, so that all others wait. */
  private void hold() {
    reply("held");
  }

  private boolean reply(String text) {
    return queue.offerReplies(List.of(bytes(text)), 0) == 1;
  }
}
