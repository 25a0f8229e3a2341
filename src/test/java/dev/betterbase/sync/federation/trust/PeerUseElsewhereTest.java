package dev.betterbase.sync.federation.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.cluster.BusMessage;
import dev.betterbase.sync.cluster.DirectBus;
import dev.betterbase.sync.cluster.NodeEvent;
import dev.betterbase.sync.settings.FederationSettings.Quotas;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The quotas of a peer on all nodes together. */
class PeerUseElsewhereTest {
  private static final String PEER = "peer.example";

  private final List<Node> nodes = new ArrayList<>();
  private long nanos = 12_345;
  private final Node first = new Node();
  private final Node second = new Node();

  private final class Node extends DirectBus {
    final PeerUseElsewhere elsewhere = new PeerUseElsewhere(this, PEER::equals, () -> nanos);
    final PeerQuota quota = quota(PEER);

    Node() {
      super(nodes);
      nodes.add(this);
    }

    PeerQuota quota(String peer) {
      return new PeerQuota(peer, new Quotas(3, 10, 100, 1_000, 5), elsewhere, () -> nanos);
    }

    @Override
    protected void receive(BusMessage message) {
      if (message instanceof BusMessage.PeerUse told) {
        elsewhere.told(told);
      }
    }
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void connectionsCountOnAllNodesAtOnce() {
    assertThat(first.quota.takeConnection()).isTrue();
    assertThat(second.quota.takeConnection()).isTrue();
    assertThat(first.quota.takeConnection()).isTrue();
    assertThat(first.quota.takeConnection()).isFalse();
    assertThat(second.quota.takeConnection()).isFalse();
    first.quota.giveBackConnection();
    assertThat(second.quota.takeConnection()).as("one was given back elsewhere").isTrue();
    assertThat(first.quota.takeConnection()).isFalse();
    assertThat(first.quota.usage().connections()).as("here").isEqualTo(1);
  }

  @Test
  void theRestCountsElsewhereOnceItWasTold() {
    assertThat(first.quota.takeSpaces(6)).isTrue();
    assertThat(first.quota.takeRecords(60, 600)).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(first.quota.takeInvitation()).isTrue();
    }
    first.quota.tell(false);
    assertThat(second.quota.takeSpaces(5)).isFalse();
    assertThat(second.quota.takeSpaces(4)).isTrue();
    assertThat(second.quota.takeRecords(41, 0)).isFalse();
    assertThat(second.quota.takeFile(401)).isFalse();
    assertThat(second.quota.takeRecords(40, 400)).isTrue();
    assertThat(second.quota.takeInvitation()).isTrue();
    assertThat(second.quota.takeInvitation()).isTrue();
    assertThat(second.quota.takeInvitation()).isFalse();
  }

  @Test
  void whatNodesTookBeforeTheyKnewOfEachOtherLeavesNothing() {
    assertThat(first.quota.takeRecords(100, 1_000)).isTrue();
    assertThat(second.quota.takeRecords(100, 1_000)).isTrue();
    first.quota.tell(false);
    assertThat(second.quota.takeRecords(1, 0)).isFalse();
    assertThat(second.quota.takeFile(1)).isFalse();
    assertThat(second.quota.takeRecords(0, 0)).as("takes nothing").isTrue();
  }

  @Test
  void theHourOfEachNodeEndsByItself() {
    assertThat(first.quota.takeRecords(50, 0)).isTrue();
    first.quota.tell(false);
    pass(Duration.ofMinutes(30));
    assertThat(second.quota.takeRecords(50, 0)).isTrue();
    second.quota.tell(false);
    assertThat(first.quota.takeRecords(1, 0)).isFalse();
    pass(Duration.ofMinutes(30));
    assertThat(second.quota.takeRecords(51, 0)).as("those of the first are over").isFalse();
    assertThat(second.quota.takeRecords(50, 0)).isTrue();
    second.quota.tell(false);
    assertThat(first.quota.takeRecords(1, 0)).isFalse();
    pass(Duration.ofMinutes(30));
    assertThat(first.quota.takeRecords(100, 0)).isTrue();
  }

  @Test
  void theHourOutlastsItsNodeButConnectionsAndSpacesDoNot() {
    for (int i = 0; i < 3; i++) {
      assertThat(first.quota.takeConnection()).isTrue();
    }
    assertThat(first.quota.takeSpaces(10)).isTrue();
    assertThat(first.quota.takeRecords(100, 0)).isTrue();
    pass(Duration.ofMinutes(59));
    first.quota.tell(true);
    second.elsewhere.changed(new NodeEvent.Left(first.self()));
    assertThat(second.quota.takeConnection()).isTrue();
    assertThat(second.quota.takeSpaces(10)).isTrue();
    assertThat(second.quota.takeRecords(1, 0)).isFalse();
    pass(Duration.ofMinutes(1));
    assertThat(second.quota.takeRecords(100, 0)).isTrue();
  }

  @Test
  void nobodyIsRefusedForConnectionsThatMayBeOutOfDate() {
    for (int i = 0; i < 3; i++) {
      assertThat(first.quota.takeConnection()).isTrue();
    }
    first.loses(true);
    first.quota.giveBackConnection();
    assertThat(second.quota.takeConnection()).as("not noticed yet").isFalse();
    second.elsewhere.changed(new NodeEvent.Missed(first.self()));
    first.loses(false);
    first.quota.tell(true);
    assertThat(second.quota.takeConnection()).isTrue();
    assertThat(second.quota.takeConnection()).as("two there and one here").isFalse();
  }

  @Test
  void onlyWhatHasChangedIsToldUnlessItIsRepeated() {
    first.quota.tell(false);
    first.quota.tell(true);
    assertThat(first.published()).as("nothing was used").isZero();
    assertThat(first.quota.takeRecords(1, 1)).isTrue();
    first.quota.tell(false);
    first.quota.tell(false);
    assertThat(first.published()).isEqualTo(1);
    first.quota.tell(true);
    assertThat(first.published()).isEqualTo(2);
    pass(Duration.ofHours(1));
    first.quota.tell(false);
    first.quota.tell(true);
    assertThat(first.published()).as("the end of the hour").isEqualTo(3);
  }

  @Test
  void aPeerThatIsNotTrustedHereIsNotKept() {
    PeerQuota other = first.quota("other.example");
    assertThat(other.takeConnection()).isTrue();
    assertThat(second.elsewhere.usage("other.example")).isEqualTo(PeerQuota.Usage.NONE);
  }

  @Test
  void hugeCountsDoNotWrapAround() {
    var huge =
        new BusMessage.PeerUse(
            UUID.randomUUID(),
            PEER,
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            1_000);
    first.elsewhere.told(huge);
    assertThat(second.quota.takeRecords(10, 10)).isTrue();
    second.quota.tell(false);
    assertThat(first.quota.takeConnection()).isFalse();
    assertThat(first.quota.takeSpaces(1)).isFalse();
    assertThat(first.quota.takeRecords(1, 0)).isFalse();
    assertThat(first.quota.takeInvitation()).isFalse();
  }
}
