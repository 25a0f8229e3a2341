package dev.betterbase.sync.launcher.boot;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The POSIX function {@code waitpid}, called through the foreign function API (JEP 454). */
final class Waitpid {
  /** The value of WNOHANG on Linux. */
  private static final int AT_ONCE = 1;

  private Waitpid() {}

  /** Whether this system and this version of Java can call it. */
  static boolean isAvailable() {
    return "Linux".equals(System.getProperty("os.name"));
  }

  /**
   * Takes the exit status of a child process that has ended, which removes it from the process
   * table. Does nothing if the child still runs.
   *
   * @param process the id of the child
   */
  @SuppressWarnings("restricted") // the manifest enables native access
  static void reap(long process) {
    Linker linker = Linker.nativeLinker();
    MethodHandle waitpid =
        linker.downcallHandle(
            linker.defaultLookup().find("waitpid").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    try {
      int unused = (int) waitpid.invokeExact(Math.toIntExact(process), MemorySegment.NULL, AT_ONCE);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
