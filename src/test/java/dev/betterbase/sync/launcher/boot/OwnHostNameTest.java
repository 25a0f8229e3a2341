package dev.betterbase.sync.launcher.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A JVM whose host name nobody knows. Giving it that name needs root. */
@EnabledIfSystemProperty(named = "user.name", matches = "root")
class OwnHostNameTest {
  private static final String NAME = "unlisted-host";

  /** Prints the address of each name, or that it has none. */
  static final class Lookup {
    private Lookup() {}

    public static void main(String[] names) throws UnknownHostException {
      System.out.println(InetAddress.getLocalHost());
      for (String name : names) {
        try {
          System.out.println(InetAddress.getByName(name));
        } catch (UnknownHostException e) {
          System.out.println("unknown: " + name);
        }
      }
    }
  }

  @Test
  @Timeout(120)
  void unlistedNameOfTheMachineIsTheLoopbackAddress() throws Exception {
    assertThat(lookup("another-unlisted-host", "127.0.0.9"))
        .containsExactly(NAME + "/127.0.0.1", "unknown: another-unlisted-host", "/127.0.0.9");
  }

  /** The tests have a resolver of their own, so the order counts. */
  private static String folder(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation().getPath();
  }

  private static String[] lookup(String... names) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
                "unshare",
                "--uts",
                "sh",
                "-c",
                "echo " + NAME + " > /proc/sys/kernel/hostname && exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-classpath",
                folder(OwnHostName.class) + File.pathSeparator + folder(Lookup.class),
                Lookup.class.getName())
            .redirectErrorStream(true);
    builder.command().addAll(List.of(names));
    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(output).isZero();
      return output.lines().toArray(String[]::new);
    } finally {
      process.destroyForcibly();
    }
  }
}
