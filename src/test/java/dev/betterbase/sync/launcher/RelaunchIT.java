package dev.betterbase.sync.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.condition.OS;

/** The flags with which the jar starts its process anew, seen from outside. */
@IntegrationTest
@EnabledOnOs(OS.LINUX)
@EnabledForJreRange(min = JRE.JAVA_22)
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RelaunchIT {
  private static final String SERIAL = "-XX:+UseSerialGC";

  @Test
  void theProcessThatWasStartedRunsWithFlagsForItsMachine() throws Exception {
    boolean small = Runtime.getRuntime().availableProcessors() <= 2;
    try (ServerProcess server =
        ServerProcess.dev()
            .name("relaunch")
            .jvmAsShipped()
            .defaultHeap()
            .jvm("-Da.property=with spaces")
            .start()) {
      List<String> words = commandLine(server.pid());
      assertThat(words.subList(1, small ? 3 : 1))
          .isEqualTo(small ? List.of(SERIAL, "-Xms64m") : List.of());
      assertThat(words)
          .contains("-Da.property=with spaces")
          .endsWith("-jar", ServerProcess.JAR.toString(), "serve", "--dev");
      assertThat(server.stop()).isEqualTo(143);
    }
  }

  @Test
  void whoeverGivesAFlagGivesThemAll() throws Exception {
    try (ServerProcess server =
        ServerProcess.dev().name("own-flags").jvmAsShipped().heap("300m").start()) {
      assertThat(commandLine(server.pid())).contains("-Xmx300m").doesNotContain(SERIAL, "-Xms64m");
    }
  }

  private static List<String> commandLine(long pid) throws Exception {
    byte[] bytes = Files.readAllBytes(Path.of("/proc/" + pid + "/cmdline"));
    return List.of(new String(bytes, StandardCharsets.UTF_8).split("\0"));
  }
}
