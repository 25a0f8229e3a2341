package dev.betterbase.sync.launcher.boot;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Lets a bounded number of events of one kind through in each minute, and counts the others. For
 * the log, which this package has to itself: it is set up before the rest of the program is found.
 */
final class RepeatedEvents {
  private static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** The most kinds that are remembered. The one that has been known for longest is forgotten. */
  private static final int KINDS = 200;

  private final LongSupplier nanoTime;
  private final Map<String, Kind> kinds =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Kind> eldest) {
          return size() > KINDS;
        }
      };

  private static final class Kind {
    long windowBegan;
    long inWindow;
    long suppressed;
  }

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  RepeatedEvents(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Counts an event.
   *
   * @param atMost the most events of this kind that are let through in a minute
   * @return the number of events that were not let through since the last one that was; -1 if this
   *     one is not let through
   */
  synchronized long count(String kind, int atMost) {
    long now = nanoTime.getAsLong();
    Kind known = kinds.get(kind);
    if (known == null) {
      known = new Kind();
      known.windowBegan = now;
      kinds.put(kind, known);
    } else if (now - known.windowBegan >= WINDOW_NANOS) {
      known.windowBegan = now;
      known.inWindow = 0;
    }
    if (known.inWindow >= atMost) {
      known.suppressed++;
      return -1;
    }
    known.inWindow++;
    long before = known.suppressed;
    known.suppressed = 0;
    return before;
  }
}
