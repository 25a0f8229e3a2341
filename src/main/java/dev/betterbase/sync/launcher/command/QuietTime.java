package dev.betterbase.sync.launcher.command;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.DoubleSupplier;

/** Waits until the processors have had little to do for some time. */
final class QuietTime {
  /** The greatest part of the time of all processors that may be in use. */
  private static final double LITTLE = 0.25;

  private static final Duration LONGEST_STEP = Duration.ofSeconds(10);

  private final Duration length;
  private final DoubleSupplier load;
  private final Pause pause;

  interface Pause {
    void of(Duration step) throws InterruptedException;
  }

  /**
   * @param length the time for which they must have had little to do
   */
  QuietTime(Duration length) {
    this(
        length,
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)::getCpuLoad,
        Thread::sleep);
  }

  /**
   * @param load the load of all processors since the last call, from 0 to 1; negative if unknown
   */
  QuietTime(Duration length, DoubleSupplier load, Pause pause) {
    this.length = length;
    this.load = load;
    this.pause = pause;
  }

  /** Returns at the end of the first quiet time. A busy step begins it anew. */
  void await() throws InterruptedException {
    Duration step = length.compareTo(LONGEST_STEP) < 0 ? length : LONGEST_STEP;
    Duration passed = Duration.ZERO;
    // The next call tells the load since this one.
    var unused = load.getAsDouble();
    while (passed.compareTo(length) < 0) {
      pause.of(step);
      passed = load.getAsDouble() > LITTLE ? Duration.ZERO : passed.plus(step);
    }
  }
}
