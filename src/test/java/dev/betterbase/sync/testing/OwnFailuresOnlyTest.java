package dev.betterbase.sync.testing;

import static org.awaitility.Awaitility.await;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OwnFailuresOnlyTest {
  @Test
  void anExceptionOfAnotherThreadFailsNoWait() {
    var polls = new AtomicInteger();
    await()
        .until(
            () -> {
              if (polls.incrementAndGet() == 1) {
                throwInAnotherThread();
              }
              return polls.get() == 3;
            });
  }

  private static void throwInAnotherThread() throws InterruptedException {
    Thread other =
        Thread.ofPlatform()
            .start(
                () -> {
                  throw new IllegalStateException("thrown on purpose by OwnFailuresOnlyTest");
                });
    other.join();
  }
}
