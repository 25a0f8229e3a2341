package dev.betterbase.sync.launcher.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.lang.ref.WeakReference;
import java.net.URL;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SharingClassLoaderTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** A class that only the first loader has. */
  public static final class Common {}

  /** A class that each loader has. */
  public static final class Own {}

  @Test
  void anotherLoaderHasClassesOfItsOwnAndTheCommonOnes() throws Exception {
    try (SharingClassLoader first = launcher();
        SharingClassLoader second = again(first)) {
      assertThat(first.loadClass(Own.class.getName()).getClassLoader()).isSameAs(first);
      assertThat(second.loadClass(Own.class.getName()).getClassLoader()).isSameAs(second);
      assertThat(second.loadClass(Common.class.getName()).getClassLoader()).isSameAs(first);
      // What the first shares, the second shares as well.
      assertThat(second.loadClass(Test.class.getName())).isSameAs(Test.class);
    }
  }

  @Test
  void theJvmForgetsItsClasses() throws Exception {
    try (SharingClassLoader first = launcher()) {
      WeakReference<Class<?>> forgotten = usedOnce(first);
      await()
          .atMost(LIMIT)
          .until(
              () -> {
                System.gc();
                return forgotten.refersTo(null);
              });
    }
  }

  private static WeakReference<Class<?>> usedOnce(SharingClassLoader first) throws Exception {
    try (SharingClassLoader once = again(first)) {
      Class<?> own = once.loadClass(Own.class.getName());
      assertThat(own.getConstructor().newInstance()).isNotInstanceOf(Own.class);
      return new WeakReference<>(own);
    }
  }

  private static SharingClassLoader again(SharingClassLoader first) {
    return first.again("once", Set.of(Common.class.getName()));
  }

  private static SharingClassLoader launcher() {
    URL classes = SharingClassLoaderTest.class.getProtectionDomain().getCodeSource().getLocation();
    ClassLoader tests = SharingClassLoaderTest.class.getClassLoader();
    return new SharingClassLoader("first", new URL[] {classes}, Map.of("org.junit.", tests));
  }
}
