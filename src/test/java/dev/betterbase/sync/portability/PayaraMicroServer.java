package dev.betterbase.sync.portability;

import dev.betterbase.sync.testing.PayaraMicroJar;
import dev.betterbase.sync.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Payara Micro without this project's launcher. Arquillian starts one for each deployment, with the
 * options that are handed over here as system properties, and with the commands of the script for
 * Payara Server.
 */
final class PayaraMicroServer implements AppServer {
  private final Path folder = Folders.fresh("payara-micro");
  private final int httpPort = Ports.free();
  private final int httpsPort = Ports.free();

  private PayaraMicroServer(Map<String, String> environment) {
    // The settings of listeners and threads count only before the server has started.
    Predicate<String> early = command -> command.startsWith("set configs.");
    Path preBoot = write("pre-boot", environment, early);
    Path postBoot = write("post-boot", environment, early.negate());
    System.setProperty("payara.microJar", PayaraMicroJar.path().toString());
    System.setProperty("payara.randomHttpPort", "false");
    System.setProperty("payara.autoBindHttp", "false");
    System.setProperty("payara.consoleOutput", "false");
    System.setProperty(
        "payara.cmdOptions",
        environment.entrySet().stream()
            .map(each -> "-D" + each.getKey() + "=" + each.getValue().replace(" ", "\\ "))
            .collect(Collectors.joining(" ", "-XX:TieredStopAtLevel=1 ", "")));
    System.setProperty(
        "payara.extraMicroOptions",
        String.join(
            " ",
            List.of(
                "--nohazelcast",
                "--port",
                Integer.toString(httpPort),
                "--sslPort",
                Integer.toString(httpsPort),
                "--rootDir",
                folder.resolve("server").toString(),
                "--addLibs",
                Folders.driver(),
                "--prebootcommandfile",
                preBoot.toString(),
                "--postbootcommandfile",
                postBoot.toString())));
  }

  /** Prepares the server; Arquillian starts it. */
  static PayaraMicroServer prepare(Map<String, String> environment) {
    return new PayaraMicroServer(environment);
  }

  /** The commands of Payara Server's script that match, with the names of Micro's listeners. */
  private Path write(String name, Map<String, String> environment, Predicate<String> matching) {
    try (Stream<String> script = Files.lines(Path.of(Folders.script("payara-server.asadmin")))) {
      Path file = folder.resolve(name + ".asadmin");
      Files.write(
          file,
          script
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .filter(matching)
              .map(
                  line ->
                      line.replace("http-listener-1", "http-listener")
                          .replace("http-listener-2", "https-listener"))
              .map(line -> resolve(line, environment))
              .toList());
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Arquillian gives the server no environment of its own. */
  private static String resolve(String line, Map<String, String> environment) {
    String resolved = line;
    for (Map.Entry<String, String> each : environment.entrySet()) {
      resolved = resolved.replace("${ENV=" + each.getKey() + "}", each.getValue());
    }
    return resolved;
  }

  @Override
  public int httpPort() {
    return httpPort;
  }

  @Override
  public int httpsPort() {
    return httpsPort;
  }

  /** Nothing: deployments are files. */
  @Override
  public int adminPort() {
    return 0;
  }

  /** Arquillian stops the server. */
  @Override
  public void close() {}
}
