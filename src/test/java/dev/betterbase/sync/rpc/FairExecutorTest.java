package dev.betterbase.sync.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The pool is a list whose tasks the test runs. */
class FairExecutorTest {
  private final List<Runnable> pool = new ArrayList<>();
  private final List<String> done = new ArrayList<>();
  private final FairExecutor executor = new FairExecutor(pool::add, 2, () -> 10);

  private void submit(String party, String task) {
    executor.turnsOf(() -> party).execute(() -> done.add(task));
  }

  private void runOne() {
    pool.removeFirst().run();
  }

  @Test
  void aPartyHasItsShareAndOthersComeInBetween() {
    submit("alice", "a1");
    submit("alice", "a2");
    submit("alice", "a3");
    submit("alice", "a4");
    submit("bob", "b1");
    assertThat(pool).as("two of alice and one of bob").hasSize(3);
    while (!pool.isEmpty()) {
      runOne();
    }
    assertThat(done).containsExactly("a1", "a2", "b1", "a3", "a4");
  }

  @Test
  void aPartyThatWasDoneBeginsAnew() {
    submit("alice", "a1");
    runOne();
    submit("alice", "a2");
    submit("alice", "a3");
    submit("alice", "a4");
    assertThat(pool).hasSize(2);
  }

  @Test
  void aTurnOnTheCallersThreadCounts() {
    FairExecutor.Turns alice = executor.turnsOf(() -> "alice");
    submit("alice", "a1");
    boolean here =
        alice.runHere(
            () -> {
              assertThat(alice.runHere(() -> done.add("a third"))).isFalse();
              submit("alice", "a2");
              assertThat(executor.turnsOf(() -> "bob").runHere(() -> done.add("b1"))).isTrue();
              assertThat(pool).as("its share is taken").hasSize(1);
            });
    assertThat(here).isTrue();
    assertThat(pool).as("and given back").hasSize(2);
    runOne();
    runOne();
    assertThat(alice.runHere(() -> done.add("a3"))).isTrue();
    assertThat(done).containsExactly("b1", "a1", "a2", "a3");
  }

  @Test
  void nobodyPassesThoseWhoWait() {
    FairExecutor.Turns alice = executor.turnsOf(() -> "alice");
    alice.hold(11);
    submit("alice", "a1");
    alice.hold(-1);
    assertThat(alice.runHere(() -> done.add("a2"))).isFalse();
    assertThat(pool).isEmpty();
    alice.eased();
    runOne();
    assertThat(done).containsExactly("a1");
  }

  @Test
  void aPartyThatHoldsTooMuchWaitsUntilItHoldsLess() {
    FairExecutor.Turns alice = executor.turnsOf(() -> "alice");
    FairExecutor.Turns bob = executor.turnsOf(() -> "bob");
    alice.hold(6);
    alice.hold(6);
    submit("alice", "a1");
    submit("alice", "a2");
    submit("alice", "a3");
    bob.hold(10);
    submit("bob", "b1");
    assertThat(pool).as("bob alone").hasSize(1);
    alice.hold(-2);
    alice.eased();
    assertThat(pool).as("and two of alice").hasSize(3);
    while (!pool.isEmpty()) {
      runOne();
    }
    assertThat(done).containsExactly("b1", "a1", "a2", "a3");
  }

  @Test
  void aTaskThatFailsMakesRoom() {
    executor
        .turnsOf(() -> "alice")
        .execute(
            () -> {
              throw new IllegalStateException();
            });
    submit("alice", "a2");
    submit("alice", "a3");
    assertThatThrownBy(this::runOne).isInstanceOf(IllegalStateException.class);
    runOne();
    runOne();
    assertThat(done).containsExactly("a2", "a3");
  }

  @Test
  void whatWaitsWhenThePoolIsStoppedEndsNoThread() {
    var stopped = new AtomicBoolean();
    var stopping =
        new FairExecutor(
            task -> {
              if (stopped.get()) {
                throw new RejectedExecutionException();
              }
              pool.add(task);
            },
            1,
            () -> 10);
    stopping.turnsOf(() -> "alice").execute(() -> done.add("a1"));
    stopping.turnsOf(() -> "alice").execute(() -> done.add("a2"));
    stopped.set(true);
    assertThatCode(this::runOne).doesNotThrowAnyException();
    assertThat(done).containsExactly("a1");
  }

  @Test
  void aTaskThatFailsOnTheCallersThreadMakesRoom() {
    FairExecutor.Turns alice = executor.turnsOf(() -> "alice");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () ->
                  alice.runHere(
                      () -> {
                        throw new IllegalStateException();
                      }))
          .isInstanceOf(IllegalStateException.class);
    }
    assertThat(alice.runHere(() -> done.add("a1"))).isTrue();
  }

  @Test
  void aPoolThatIsStoppedRefuses() {
    var stopped =
        new FairExecutor(
            task -> {
              throw new RejectedExecutionException();
            },
            1,
            () -> 10);
    assertThatThrownBy(() -> stopped.turnsOf(() -> "alice").execute(() -> {}))
        .isInstanceOf(RejectedExecutionException.class);
  }
}
