package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.ConnectionState.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class ConnectionStateTest {
  private static final ConnectionSlots.Owner PHONE =
      new ConnectionSlots.Owner.Mailbox("https://issuer", "phone");
  private static final ConnectionSlots.Owner LAPTOP =
      new ConnectionSlots.Owner.Mailbox("https://issuer", "laptop");

  private final Lifetime lifetime = new Lifetime(0, new Random(1));
  private final ConnectionState state = new ConnectionState(Phase.WAITING_FOR_AUTH, lifetime);

  @Test
  void authenticatesOnceAndOnlyWhileItStands() {
    assertThat(state.open(PHONE)).as("before its token was looked at").isFalse();
    assertThat(state.beginAuthentication()).isTrue();
    assertThat(state.beginAuthentication()).isFalse();
    assertThat(state.open(PHONE)).isTrue();
    assertThat(state.phase()).isEqualTo(Phase.OPEN);
    assertThat(state.slot()).isEqualTo(PHONE);
  }

  @Test
  void aTokenThatWasLookedAtTooLongOpensNothing() {
    state.beginAuthentication();
    assertThat(state.beginClosing(Close.AUTH_TIMEOUT, 0)).isTrue();
    assertThat(state.open(PHONE)).isFalse();
    assertThat(state.giveUp().slot()).isNull();
  }

  @Test
  void theFirstReasonToCloseAfterwardsCounts() {
    assertThat(state.closeAfterwards(Close.TOKEN_EXPIRED)).as("nothing is in hand").isFalse();
    assertThat(state.receive()).isTrue();
    state.hold();
    assertThat(state.closeAfterwards(Close.TOKEN_EXPIRED)).isTrue();
    assertThat(state.closeAfterwards(Close.CONNECTION_TIMEOUT)).isTrue();
    assertThat(state.receive()).as("what comes behind it").isFalse();
    assertThat(state.release()).as("the reply still waits").isNull();
    assertThat(state.release()).isEqualTo(Close.TOKEN_EXPIRED);
  }

  @Test
  void givesEachThingBackOnce() {
    state.beginAuthentication();
    state.open(PHONE);
    Runnable ending = () -> {};
    assertThat(state.addEnding(ending)).isTrue();
    assertThat(state.beginClosing(null, 0)).isTrue();
    assertThat(state.addEnding(ending)).as("it has ended").isFalse();
    ConnectionState.Holdings holdings = state.giveUp();
    assertThat(holdings.slot()).isEqualTo(PHONE);
    assertThat(holdings.endings()).containsExactly(ending);
    assertThat(state.giveUp()).isEqualTo(new ConnectionState.Holdings(null, List.of()));
    assertThat(state.end()).isTrue();
    assertThat(state.end()).isFalse();
    assertThat(state.beginClosing(Close.INTERNAL, 0)).isFalse();
  }

  @Test
  void theSlotThatIsLeftIsGivenBackAndTheNewOneWhereItEndedMeanwhile() {
    state.beginAuthentication();
    state.open(PHONE);
    assertThat(state.move(LAPTOP)).isEqualTo(PHONE);
    assertThat(state.slot()).isEqualTo(LAPTOP);
    state.giveUp();
    assertThat(state.move(PHONE)).as("nobody would give it back").isEqualTo(PHONE);
    assertThat(state.slot()).isNull();
  }

  /**
   * A thread that sees the closing must also see when it began; otherwise the close frame would
   * count as late.
   */
  @Test
  void closingHasBegunWhenItIsSeen() {
    long now = TimeUnit.HOURS.toNanos(3);
    assertThat(lifetime.closeIsLate(now)).isTrue();
    state.beginClosing(Close.INTERNAL, now);
    assertThat(state.phase()).isEqualTo(Phase.CLOSING);
    assertThat(lifetime.closeIsLate(now)).isFalse();
  }

  @RepeatedTest(20)
  void ofManyThatEndItAtOnceOneDoesAndNoEndingIsLost() throws Exception {
    int threads = 4;
    var closings = new AtomicInteger();
    var endings = new AtomicInteger();
    var start = new CyclicBarrier(threads);
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Callable<Void>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(
            () -> {
              start.await(60, TimeUnit.SECONDS);
              for (int k = 0; k < 100; k++) {
                if (!state.addEnding(endings::incrementAndGet)) {
                  endings.incrementAndGet();
                }
              }
              if (state.beginClosing(Close.INTERNAL, 0)) {
                closings.incrementAndGet();
                state.giveUp().endings().forEach(Runnable::run);
              }
              return null;
            });
      }
      for (Future<Void> each : executor.invokeAll(all, 60, TimeUnit.SECONDS)) {
        each.get();
      }
    }
    assertThat(closings).hasValue(1);
    assertThat(endings).hasValue(threads * 100);
  }
}
