package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.cluster.DirectBus;
import dev.betterbase.sync.cluster.NodeEvent;
import dev.betterbase.sync.rpc.ConnectionSlots.Owner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The connections of an owner on all nodes together. */
class ConnectionsElsewhereTest {
  private static final Owner PHONE = new Owner.Mailbox("https://issuer", "phone");
  private static final Owner LAPTOP = new Owner.Person("https://issuer", "laptop", "client");

  private final AtomicLong nanos = new AtomicLong();
  private final List<Node> nodes = new ArrayList<>();
  private final Node first = new Node();
  private final Node second = new Node();

  private final class Node extends DirectBus {
    final ConnectionsElsewhere elsewhere = new ConnectionsElsewhere(this, nanos::get);
    final ConnectionSlots slots = new ConnectionSlots(3, elsewhere);

    Node() {
      super(nodes);
      nodes.add(this);
    }

    @Override
    protected void receive(BusMessage message) {
      if (message instanceof BusMessage.Connections told) {
        elsewhere.told(told);
      }
    }

    boolean takes(Owner owner) {
      return slots.take(owner);
    }

    void tick() {
      elsewhere.tick(slots.taken());
    }
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void theConnectionsOnAllNodesCountTogether() {
    assertThat(first.takes(PHONE)).isTrue();
    assertThat(second.takes(PHONE)).isTrue();
    assertThat(first.takes(PHONE)).isTrue();
    assertThat(first.takes(PHONE)).isFalse();
    assertThat(second.takes(PHONE)).isFalse();
    assertThat(second.takes(LAPTOP)).as("someone else").isTrue();
    first.slots.giveBack(PHONE);
    assertThat(second.takes(PHONE)).as("one was given back elsewhere").isTrue();
    assertThat(first.takes(PHONE)).isFalse();
  }

  @Test
  void whatANodeThatIsGoneHasToldDoesNotCount() {
    for (int i = 0; i < 3; i++) {
      assertThat(first.takes(PHONE)).isTrue();
    }
    assertThat(second.takes(PHONE)).isFalse();
    second.elsewhere.changed(new NodeEvent.Left(first.self()));
    assertThat(second.takes(PHONE)).isTrue();
  }

  @Test
  void nobodyIsRefusedForWhatMayBeOutOfDate() {
    for (int i = 0; i < 3; i++) {
      assertThat(first.takes(PHONE)).isTrue();
    }
    first.loses(true);
    first.slots.giveBack(PHONE);
    assertThat(second.takes(PHONE)).as("not noticed yet").isFalse();
    second.elsewhere.changed(new NodeEvent.Missed(first.self()));
    assertThat(second.takes(PHONE)).isTrue();
    first.loses(false);
    pass(Duration.ofSeconds(60));
    first.tick();
    assertThat(second.takes(PHONE)).as("two there and one here").isFalse();
  }

  @Test
  void whatIsNotRepeatedIsForgotten() {
    assertThat(first.takes(PHONE)).isTrue();
    assertThat(first.takes(PHONE)).isTrue();
    for (int minute = 0; minute < 5; minute++) {
      pass(Duration.ofSeconds(61));
      first.tick();
      second.tick();
    }
    assertThat(second.elsewhere.count(PHONE)).isEqualTo(2);
    first.loses(true);
    for (int minute = 0; minute < 3; minute++) {
      pass(Duration.ofSeconds(61));
      second.tick();
    }
    assertThat(second.elsewhere.count(PHONE)).isZero();
  }

  @Test
  void aNodeThatJoinsIsToldOfAll() {
    int people = BusMessage.MOST_OWNERS + 10;
    for (int i = 0; i < people; i++) {
      assertThat(first.takes(new Owner.Mailbox("https://issuer", "person " + i))).isTrue();
    }
    var third = new Node();
    assertThat(third.elsewhere.count(new Owner.Mailbox("https://issuer", "person 0"))).isZero();
    first.elsewhere.changed(new NodeEvent.Joined(third.self()));
    first.tick();
    for (int i = 0; i < people; i++) {
      assertThat(third.elsewhere.count(new Owner.Mailbox("https://issuer", "person " + i)))
          .isEqualTo(1);
    }
  }
}
