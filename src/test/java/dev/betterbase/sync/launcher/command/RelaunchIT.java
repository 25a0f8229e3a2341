package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.condition.OS;

/** The flags with which the launcher replaces its own process, as the system shows them. */
@IntegrationTest
@EnabledOnOs(OS.LINUX)
@EnabledForJreRange(min = JRE.JAVA_22)
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RelaunchIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String SERIAL = "-XX:+UseSerialGC";

  /** Added with the AOT cache, which fits one kind of headers only. */
  private static final String COMPACT = "-XX:+UseCompactObjectHeaders";

  @Test
  void theSameProcessContinuesWithFlagsForItsMachine() {
    assumeTrue(Runtime.getRuntime().availableProcessors() <= 2, "for small machines");
    try (ServerProcess server =
        ServerProcess.dev()
            .name("relaunch")
            .jvmAsShipped()
            .defaultHeap()
            .jvm("-Da.property=with spaces")
            .launch()) {
      await().atMost(LIMIT).until(() -> commandLine(server.pid()).contains(SERIAL));
      assertThat(commandLine(server.pid()).subList(1, 3))
          .containsExactly("-Da.property=with spaces", SERIAL);
      assertThat(commandLine(server.pid()).get(3)).startsWith("-Xms");
      assertThat(environment(server.pid())).contains("MALLOC_ARENA_MAX=2");
      assertThat(commandLine(server.pid()))
          .contains("-Ddev.betterbase.sync.jar=" + ServerProcess.JAR)
          .endsWith("serve", "--dev");
    }
  }

  @Test
  void noFlagIsAddedIfTheUserPassesOne() {
    List<String> passed = new ArrayList<>(List.of("-Xmx512m"));
    passed.addAll(ServerProcess.shortLivedJvm());
    assertThat(commandLine(TestServer.shared().process().pid()))
        .filteredOn(each -> each.startsWith("-X"))
        .filteredOn(each -> !each.startsWith("-XX:AOTCache=") && !each.equals(COMPACT))
        .containsExactlyElementsOf(passed);
  }

  private static List<String> commandLine(long pid) {
    return words(pid, "cmdline");
  }

  private static List<String> environment(long pid) {
    return words(pid, "environ");
  }

  private static List<String> words(long pid, String file) {
    try {
      return List.of(Files.readString(Path.of("/proc/" + pid, file)).split("\0"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
