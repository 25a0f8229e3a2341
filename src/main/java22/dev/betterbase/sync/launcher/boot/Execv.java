package dev.betterbase.sync.launcher.boot;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The POSIX functions {@code execv} and {@code setenv}, called through the foreign function API
 * (JEP 454).
 */
final class Execv {
  private Execv() {}

  /** Whether this system and this version of Java can call it. */
  static boolean isAvailable() {
    return "Linux".equals(System.getProperty("os.name"));
  }

  /**
   * Replaces the running program. The process keeps its id, its parent and its terminal.
   *
   * @param program the path of the new program, in the encoding of the file system
   * @param arguments its arguments, the first of which is its name
   * @throws IllegalStateException if the system refuses; otherwise it never returns
   */
  @SuppressWarnings("restricted") // the manifest enables native access
  static void replaceProgram(byte[] program, List<byte[]> arguments) {
    Linker linker = Linker.nativeLinker();
    MethodHandle execv =
        linker.downcallHandle(
            linker.defaultLookup().find("execv").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    try (Arena memory = Arena.ofConfined()) {
      // One more than there are arguments: the array ends with a null pointer.
      MemorySegment pointers = memory.allocate(ValueLayout.ADDRESS, arguments.size() + 1L);
      for (int i = 0; i < arguments.size(); i++) {
        pointers.setAtIndex(ValueLayout.ADDRESS, i, string(memory, arguments.get(i)));
      }
      int result = (int) execv.invokeExact(string(memory, program), pointers);
      throw new IllegalStateException("execv returned " + result);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sets a variable of the environment that the next program inherits, unless it is set. */
  @SuppressWarnings("restricted")
  static void setUnlessSet(String name, String value) {
    Linker linker = Linker.nativeLinker();
    MethodHandle setenv =
        linker.downcallHandle(
            linker.defaultLookup().find("setenv").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    try (Arena memory = Arena.ofConfined()) {
      int result =
          (int) setenv.invokeExact(memory.allocateFrom(name), memory.allocateFrom(value), 0);
      if (result != 0) {
        throw new IllegalStateException("setenv returned " + result);
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** With the zero byte that ends a string in C. */
  private static MemorySegment string(SegmentAllocator memory, byte[] text) {
    MemorySegment string = memory.allocate(text.length + 1L);
    MemorySegment.copy(text, 0, string, ValueLayout.JAVA_BYTE, 0, text.length);
    return string;
  }
}
