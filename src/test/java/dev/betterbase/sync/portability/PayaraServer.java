package dev.betterbase.sync.portability;

import dev.betterbase.sync.testing.OperatingPage;
import dev.betterbase.sync.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A Payara Server with a new domain. */
final class PayaraServer implements AppServer {
  private static final String DOMAIN = "smoke";

  private final Path home = Folders.unpacked("payara");
  private final Path domains = Folders.fresh("payara-domains");
  private final int httpPort = Ports.free();
  private final int httpsPort = Ports.free();
  private final int adminPort = Ports.free();
  private final Command command;

  private PayaraServer(Map<String, String> environment) {
    this.command = new Command(domains.resolve("asadmin.log"), new HashMap<>(environment));
  }

  static PayaraServer start(Map<String, String> environment) {
    PayaraServer server = new PayaraServer(environment);
    server.createDomain();
    server.startAgain();
    try {
      // One run of the program, since each takes seconds.
      List<String> commands = new ArrayList<>(List.of("add-library " + Folders.driver()));
      commands.addAll(Files.readAllLines(Path.of(Folders.script("payara-server.asadmin"))));
      server.asadmin(
          "multimode",
          "--file",
          Folders.write(server.domains.resolve("setup.asadmin"), commands).toString());
      // asadmin continues after a command that fails, and reports it only in its output.
      if (server.command.output().contains(" failed.")) {
        throw new IllegalStateException(server.command.output());
      }
      if (Boolean.getBoolean(RunningServer.EXTRAS)) {
        server.configureAgain();
      }
      server.asadmin("restart-domain", "--domaindir", server.domains.toString(), DOMAIN);
    } catch (IOException | RuntimeException e) {
      server.close();
      throw new IllegalStateException(e);
    }
    return server;
  }

  /** The script can be run again: only the pool and its name exist then, and all stays as it is. */
  private void configureAgain() throws IOException {
    Path configuration = domains.resolve(DOMAIN).resolve("config").resolve("domain.xml");
    String before = Files.readString(configuration);
    int read = command.output().length();
    asadmin("multimode", "--file", Folders.script("payara-server.asadmin"));
    List<String> failed =
        command.output().substring(read).lines().filter(line -> line.endsWith(" failed.")).toList();
    if (!failed.equals(
        List.of(
            "Command create-jdbc-connection-pool failed.",
            "Command create-jdbc-resource failed."))) {
      throw new IllegalStateException("commands of a second run that failed: " + failed);
    }
    if (!Files.readString(configuration).equals(before)) {
      throw new IllegalStateException("a second run of the script changes " + configuration);
    }
  }

  private void createDomain() {
    String otherPorts =
        Stream.of(
                "jms.port",
                "domain.jmxPort",
                "orb.listener.port",
                "orb.ssl.port",
                "orb.mutualauth.port",
                "osgi.shell.telnet.port",
                "java.debugger.port")
            .map(name -> name + "=" + Ports.free())
            .collect(Collectors.joining(":", "http.ssl.port=" + httpsPort + ":", ""));
    asadmin(
        "create-domain",
        "--nopassword",
        "--domaindir",
        domains.toString(),
        "--adminport",
        Integer.toString(adminPort),
        "--instanceport",
        Integer.toString(httpPort),
        "--hazelcastdasport",
        Integer.toString(Ports.free()),
        "--domainproperties",
        otherPorts,
        DOMAIN);
  }

  private void asadmin(String subcommand, String... arguments) {
    List<String> line =
        new ArrayList<>(
            List.of(
                home.resolve("bin").resolve("asadmin").toString(),
                "--interactive=false",
                "--user",
                "admin",
                "--port",
                Integer.toString(adminPort),
                subcommand));
    line.addAll(List.of(arguments));
    command.run(line);
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
    String[] arguments =
        OperatingPage.shellCommand("asadmin deploy")
            .replace(war.getFileName().toString(), war.toString())
            .split(" ");
    asadmin("deploy", arguments);
  }

  @Override
  public void undeploy(Path war) {
    asadmin("undeploy", war.getFileName().toString().replace(".war", ""));
  }

  @Override
  public Optional<Path> log() {
    return Optional.of(domains.resolve(DOMAIN).resolve("logs").resolve("server.log"));
  }

  @Override
  public void administer(List<String> commands) {
    int before = command.output().length();
    asadmin(
        "multimode",
        "--file",
        Folders.write(
                domains.resolve("commands.asadmin"),
                commands.stream().map(each -> each.replaceFirst("^asadmin ", "")).toList())
            .toString());
    String output = command.output().substring(before);
    if (output.contains(" failed.")) {
      throw new IllegalStateException(output);
    }
  }

  @Override
  public long pid() {
    try {
      return Long.parseLong(
          Files.readString(domains.resolve(DOMAIN).resolve("config").resolve("pid")).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void startAgain() {
    asadmin("start-domain", "--domaindir", domains.toString(), DOMAIN);
  }

  @Override
  public void close() {
    asadmin("stop-domain", "--domaindir", domains.toString(), "--kill", DOMAIN);
  }
}
