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
  private final FairExecutor executor = new FairExecutor(pool::add, 2);

  private void submit(String party, String task) {
    executor.execute(party, () -> done.add(task));
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
  void aTaskThatFailsMakesRoom() {
    executor.execute(
        "alice",
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
            1);
    stopping.execute("alice", () -> done.add("a1"));
    stopping.execute("alice", () -> done.add("a2"));
    stopped.set(true);
    assertThatCode(this::runOne).doesNotThrowAnyException();
    assertThat(done).containsExactly("a1");
  }

  @Test
  void aPoolThatIsStoppedRefuses() {
    var stopped =
        new FairExecutor(
            task -> {
              throw new RejectedExecutionException();
            },
            1);
    assertThatThrownBy(() -> stopped.execute("alice", () -> {}))
        .isInstanceOf(RejectedExecutionException.class);
  }
}
