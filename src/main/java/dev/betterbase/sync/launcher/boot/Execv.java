package dev.betterbase.sync.launcher.boot;

import java.util.List;

/**
 * The POSIX function {@code execv}. Java 21 cannot call it; on Java 22 or newer, the jar's {@code
 * META-INF/versions/22} replaces this class with one that can ({@code src/main/java22}).
 */
final class Execv {
  private Execv() {}

  /** Whether this system and this version of Java can call it. */
  static boolean isAvailable() {
    return false;
  }

  /** Sets a variable of the environment that the next program inherits, unless it is set. */
  @SuppressWarnings("DoNotCallSuggester") // the class in its place does not throw
  static void setUnlessSet(String name, String value) {
    throw new IllegalStateException("setenv needs Java 22");
  }

  /**
   * Replaces the running program. The process keeps its id, its parent and its terminal.
   *
   * @param program the path of the new program, in the encoding of the file system
   * @param arguments its arguments, the first of which is its name
   * @throws IllegalStateException if the system refuses; otherwise it never returns
   */
  @SuppressWarnings("DoNotCallSuggester") // the class in its place does not throw
  static void replaceProgram(byte[] program, List<byte[]> arguments) {
    throw new IllegalStateException("execv needs Java 22");
  }
}
