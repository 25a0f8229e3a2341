package dev.betterbase.sync.launcher.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.ServerProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A command of the packaged jar that has ended.
 *
 * @param code its exit code
 * @param output what it has printed, on both of its outputs
 */
record JarCommand(int code, String output) {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  static JarCommand run(Path folder, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ServerProcess.shortLivedJvm());
    command.addAll(List.of("-Xmx128m", "-jar", ServerProcess.JAR.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("LISTEN_ADDR", "127.0.0.1:" + Ports.free());
    Process process = builder.start();
    process.getOutputStream().close();
    byte[] output = process.getInputStream().readAllBytes();
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return new JarCommand(process.exitValue(), new String(output, StandardCharsets.UTF_8));
  }
}
