package dev.betterbase.sync.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The CPU time of processes of this machine. */
final class CpuTime {
  private static final double TICKS_PER_SECOND = 100;

  private CpuTime() {}

  /** Seconds of a process so far; 0 if it is gone. */
  static double of(long pid) {
    return of(pid, false);
  }

  /** Seconds of a process and of those of its children that have ended; 0 if it is gone. */
  static double withChildren(long pid) {
    return of(pid, true);
  }

  // proc(5): utime and stime, then those of the children that were waited for.
  private static double of(long pid, boolean withChildren) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      double own = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
      double children = Long.parseLong(fields[13]) + Long.parseLong(fields[14]);
      return (withChildren ? own + children : own) / TICKS_PER_SECOND;
    } catch (IOException gone) {
      return 0;
    }
  }
}
