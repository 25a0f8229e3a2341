package dev.betterbase.sync.rpc.transport.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How the memory for incoming messages is shared out between senders. */
class ReceiveBudgetTest {
  private static final long MIB = 1 << 20;

  private final ReceiveBudget budget = new ReceiveBudget(64 * MIB);
  private final List<String> granted = new ArrayList<>();

  private ReceiveBudget.Reservation reserve(String sender, long bytes) {
    return budget.reserve(sender, bytes, () -> granted.add(sender));
  }

  @Test
  void aSenderThatHoldsNothingMayTakeAllButTheKeptPart() {
    assertThat(budget.longest()).isEqualTo(60 * MIB);
    var all = reserve("a", 60 * MIB);
    assertThat(all.isHeld()).isTrue();
    all.close();
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void aModerateMessagePassesALongOneThatFillsTheMemory() {
    var all = reserve("a", 60 * MIB);
    var moderate = reserve("b", MIB);
    assertThat(moderate.isHeld()).isTrue();
    assertThat(reserve("a", 100 * 1024).isHeld()).as("the kept part is for others").isFalse();
    assertThat(reserve("c", MIB).isHeld()).as("a quarter of what is left of it").isFalse();
    assertThat(reserve("d", MIB / 2).isHeld()).isTrue();
    moderate.close();
    all.close();
    assertThat(granted).contains("a", "c");
  }

  @Test
  void manyMessagesOfOneSenderLeaveAsMuchFreeAsTheyTake() {
    int taken = 0;
    while (reserve("a", 2 * MIB).isHeld()) {
      taken++;
    }
    assertThat(taken).isEqualTo(15);
    assertThat(budget.reserved()).isEqualTo(30 * MIB);
  }

  @Test
  void theSenderThatHoldsLeastIsServedFirst() {
    var first = reserve("a", 40 * MIB);
    var second = reserve("a", 10 * MIB);
    assertThat(second.isHeld()).isFalse();
    var third = reserve("b", 30 * MIB);
    var fourth = reserve("c", 30 * MIB);
    first.close();
    assertThat(granted).containsExactly("b", "c");
    third.close();
    assertThat(granted).containsExactly("b", "c", "a");
    fourth.close();
    second.close();
    assertThat(granted).as("each once").containsExactly("b", "c", "a");
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void aSenderWithSeveralMessagesComesBehindOneWithNone() {
    var first = reserve("a", 20 * MIB);
    var second = reserve("b", 40 * MIB);
    reserve("a", 30 * MIB);
    reserve("c", 30 * MIB);
    second.close();
    assertThat(granted).containsExactly("c");
    first.close();
    assertThat(granted).containsExactly("c", "a");
  }

  @Test
  void sendersTakeTurns() {
    var first = reserve("a", 60 * MIB);
    var second = reserve("a", 60 * MIB);
    var third = reserve("b", 60 * MIB);
    first.close();
    assertThat(granted).containsExactly("b");
    third.close();
    assertThat(second.isHeld()).isTrue();
  }

  @Test
  void aLongMessageIsNotOvertakenForEver() {
    var first = reserve("a", 10 * MIB);
    var longest = reserve("b", 60 * MIB);
    assertThat(reserve("c", 5 * MIB).isHeld()).as("would fit, but came later").isFalse();
    first.close();
    assertThat(longest.isHeld()).isTrue();
    longest.close();
    assertThat(granted).containsExactly("b", "c");
  }
}
