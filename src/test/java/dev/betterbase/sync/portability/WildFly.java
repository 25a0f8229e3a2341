package dev.betterbase.sync.portability;

import static org.awaitility.Awaitility.await;

import com.hazelcast.core.Hazelcast;
import dev.betterbase.sync.testing.OperatingPage;
import dev.betterbase.sync.testing.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A WildFly with a copy of its default configuration. */
final class WildFly implements AppServer {
  private final Path home = Folders.unpacked("wildfly");
  private final Path base = Folders.fresh("wildfly-base");
  private final int httpPort = Ports.free();
  private final int httpsPort = Ports.free();
  private final int adminPort = Ports.free();
  private final Map<String, String> environment;
  private Process process;
  private int starts;

  private WildFly(Map<String, String> environment) {
    this.environment = new HashMap<>(environment);
  }

  static WildFly start(Map<String, String> environment) {
    WildFly server = new WildFly(environment);
    server.configure();
    server.up();
    if (Boolean.getBoolean(RunningServer.EXTRAS)) {
      server.administer(OperatingPage.commands("wildfly-telemetry"));
    }
    return server;
  }

  private void configure() {
    Folders.copy(home.resolve("standalone"), base);
    // The script adds the driver as a module of the server. Delete the module of an earlier run.
    Folders.delete(home.resolve("modules").resolve("org"));
    Folders.delete(home.resolve("modules").resolve("com"));
    environment.put("PGJDBC_JAR", Folders.driver());
    environment.put("JAVA_OPTS", "-Djboss.server.base.dir=" + base);
    commandLine("--file=" + Folders.script("wildfly.cli"));
    if (Boolean.getBoolean(RunningServer.EXTRAS)) {
      // The script can be run again.
      commandLine("--file=" + Folders.script("wildfly.cli"));
      addHazelcast();
    }
  }

  private void commandLine(String argument) {
    new Command(base.resolve("cli.log"), environment)
        .run(List.of(home.resolve("bin").resolve("jboss-cli.sh").toString(), argument));
  }

  private void addHazelcast() {
    Path jar = Folders.jarOf(Hazelcast.class);
    String command = OperatingPage.hazelcastForWildFly().replace("\"", "");
    if (!command.contains("=" + jar.getFileName() + " ")) {
      throw new IllegalStateException("scaling.md names another version than " + jar);
    }
    commandLine(command.replace(jar.getFileName().toString(), jar.toString()));
  }

  @Override
  public void startAgain() {
    up();
  }

  private void up() {
    environment.remove("JAVA_OPTS");
    // Without this variable, the script does not pass signals on to the server.
    environment.put("LAUNCH_JBOSS_IN_BACKGROUND", "true");
    Command command = new Command(base.resolve("console-" + ++starts + ".log"), environment);
    process =
        command.start(
            List.of(
                home.resolve("bin").resolve("standalone.sh").toString(),
                "-Djboss.server.base.dir=" + base,
                "-Djboss.http.port=" + httpPort,
                "-Djboss.management.http.port=" + adminPort,
                "-Djboss.https.port=" + httpsPort,
                "-Djboss.ajp.port=" + Ports.free()));
    try {
      await()
          .atMost(Duration.ofMinutes(3))
          .failFast(() -> !process.isAlive())
          // The messages "started" and "started (with errors)".
          .until(
              () -> Stream.of("WFLYSRV0025", "WFLYSRV0026").anyMatch(command.output()::contains));
    } catch (RuntimeException e) {
      close();
      throw new IllegalStateException("WildFly does not start:\n" + command.output(), e);
    }
  }

  @Override
  public int httpPort() {
    return httpPort;
  }

  @Override
  public int httpsPort() {
    return httpsPort;
  }

  @Override
  public int adminPort() {
    return adminPort;
  }

  @Override
  public void deploy(Path war) {
    cli(
        OperatingPage.shellCommand("jboss-cli.sh --connect")
            // The quotes are for a shell.
            .replace("\"", "")
            .replace(war.getFileName().toString(), war.toString()));
  }

  @Override
  public void undeploy(Path war) {
    cli("--command=undeploy " + war.getFileName());
  }

  @Override
  public Optional<Path> log() {
    return Optional.of(base.resolve("log").resolve("server.log"));
  }

  @Override
  public void administer(List<String> commands) {
    cli("--file=" + Folders.write(base.resolve("commands.cli"), commands));
  }

  private void cli(String option) {
    new Command(base.resolve("cli.log"), environment)
        .run(
            List.of(
                home.resolve("bin").resolve("jboss-cli.sh").toString(),
                "--connect",
                "--controller=127.0.0.1:" + adminPort,
                option));
  }

  @Override
  public long pid() {
    return process
        .descendants()
        .filter(each -> each.info().command().orElse("").endsWith("java"))
        .findFirst()
        .orElseThrow()
        .pid();
  }

  /** On the management interface. */
  @Override
  public String health() {
    return "http://127.0.0.1:" + adminPort + "/health";
  }

  @Override
  public void close() {
    List<ProcessHandle> all = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        all.forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.waitFor(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
