package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessLimitsTest {
  private static void file(Path root, String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  @Test
  void theLimitOfAUserDoesNotHoldForRoot(@TempDir Path root) throws IOException {
    file(
        root,
        "proc/self/limits",
        """
        Max file size             unlimited            unlimited            bytes
        Max processes             96365                96365                processes
        """);
    assertThat(ProcessLimits.mostTasks(root, false)).hasValue(96_365);
    assertThat(ProcessLimits.mostTasks(root, true)).isEmpty();
  }

  @Test
  void theLowestLimitOfAGroupAndThoseAboveItCounts(@TempDir Path root) throws IOException {
    file(root, "proc/self/cgroup", "0::/system.slice/sync.service\n");
    file(root, "sys/fs/cgroup/system.slice/pids.max", "300\n");
    file(root, "sys/fs/cgroup/system.slice/sync.service/pids.max", "max\n");
    assertThat(ProcessLimits.mostTasks(root, true)).hasValue(300);
  }

  @Test
  void theFirstVersionOfGroupsIsKnown(@TempDir Path root) throws IOException {
    file(root, "proc/self/cgroup", "9:memory:/some\n8:pids:/\n0::/\n");
    file(root, "sys/fs/cgroup/pids/pids.max", "150\n");
    file(root, "sys/fs/cgroup/memory/some/pids.max", "1\n");
    assertThat(ProcessLimits.mostTasks(root, true)).hasValue(150);
  }

  @Test
  void withoutTheFilesOfLinuxThereIsNoLimit(@TempDir Path root) {
    assertThat(ProcessLimits.mostTasks(root, false)).isEmpty();
  }
}
