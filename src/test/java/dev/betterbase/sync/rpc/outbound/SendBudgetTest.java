package dev.betterbase.sync.rpc.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SendBudgetTest {
  private static final int MOST = 4 << 20;

  @Test
  void withLittleWaitingTheBoundIsTheProtocols() {
    var budget = new SendBudget(1 << 30);
    assertThat(budget.allowance(MOST)).isEqualTo(MOST);
    budget.add(512 << 20);
    assertThat(budget.allowance(MOST)).isEqualTo(MOST);
  }

  @Test
  void theMoreWaitsTheLessEachMayHave() {
    var budget = new SendBudget(64 << 20);
    assertThat(budget.allowance(MOST)).isEqualTo(1 << 20);
    budget.add(32 << 20);
    assertThat(budget.allowance(MOST)).isEqualTo(512 << 10);
    budget.add(100 << 20);
    assertThat(budget.allowance(MOST)).isEqualTo(SendBudget.LEAST_BYTES);
    budget.add(-(132 << 20));
    assertThat(budget.allowance(MOST)).isEqualTo(1 << 20);
    assertThat(budget.held()).isZero();
  }

  @Test
  void aThousandThatStallHoldWhatThereIsAndTheLeastOfEach() {
    var budget = new SendBudget(64 << 20);
    List<OutboundQueue> stalled = new ArrayList<>();
    List<Runnable> writes = new ArrayList<>();
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < 4_000; i++) {
      frames.add(new byte[16 << 10]);
    }
    for (int i = 0; i < 1_000; i++) {
      var queue =
          new OutboundQueue(
              (batch, done) -> writes.add(done),
              budget,
              () -> {
                throw new IllegalStateException("a reply is waited for");
              });
      assertThat(queue.offerReplies(frames, 0)).as("each goes on").isGreaterThan(2);
      stalled.add(queue);
    }
    // The least of each waits, and as much is being written.
    assertThat(budget.held()).isLessThan((64L << 20) + 2_000L * SendBudget.LEAST_BYTES);
    stalled.forEach(OutboundQueue::discard);
    writes.forEach(Runnable::run);
    assertThat(budget.held()).isZero();
  }

  @Test
  void onePartyMayHoldASixthOfWhatItLeavesFree() {
    var budget = new SendBudget(60 << 20);
    int batch = 1 << 20;
    assertThat(budget.allowanceOfParty(batch)).isEqualTo(10 << 20);
    budget.add(54 << 20);
    assertThat(budget.allowanceOfParty(batch)).isEqualTo(batch);
    budget.add(54 << 20);
    assertThat(budget.allowanceOfParty(batch)).isEqualTo(batch);
  }

  @Test
  void whatOneConnectionAddsCountsForAll() {
    var budget = new SendBudget(64 << 20);
    List<Long> counted = new ArrayList<>();
    SendBudget ofConnection = budget.counting(counted::add);
    ofConnection.add(3);
    ofConnection.add(0);
    budget.add(4);
    assertThat(counted).containsExactly(3L);
    assertThat(ofConnection.held()).isEqualTo(7).isEqualTo(budget.held());
  }

  @Test
  void noneIsNone() {
    assertThatThrownBy(() -> new SendBudget(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
