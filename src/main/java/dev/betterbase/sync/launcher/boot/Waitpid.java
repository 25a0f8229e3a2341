package dev.betterbase.sync.launcher.boot;

/**
 * The POSIX function {@code waitpid}. Java 21 cannot call it; on Java 22 or newer, the jar's {@code
 * META-INF/versions/22} replaces this class with one that can ({@code src/main/java22}).
 */
final class Waitpid {
  private Waitpid() {}

  /** Whether this system and this version of Java can call it. */
  static boolean isAvailable() {
    return false;
  }

  /**
   * Takes the exit status of a child process that has ended, which removes it from the process
   * table. Does nothing if the child still runs.
   *
   * @param process the id of the child
   */
  @SuppressWarnings("DoNotCallSuggester") // its replacement in META-INF/versions/22 does not throw
  static void reap(long process) {
    throw new IllegalStateException("waitpid needs Java 22");
  }
}
