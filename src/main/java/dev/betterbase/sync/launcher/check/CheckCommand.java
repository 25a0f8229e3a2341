package dev.betterbase.sync.launcher.check;

import dev.betterbase.sync.settings.HttpUrl;
import java.io.PrintWriter;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code check}: tests a running server with two real clients (config.md, Commands). */
@Command(
    name = "check",
    description =
        "Tests a running server: connects as two clients, pushes a record, waits until the second"
            + " client receives it, and deletes it. Leaves one tombstone in the user's personal"
            + " space.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:All steps succeeded.", "1:A step failed.", "2:The command line is wrong."},
    mixinStandardHelpOptions = true)
public final class CheckCommand implements Callable<Integer> {

  private static final String DEFAULT_URL = "ws://localhost:5379/api/v1/ws";
  private static final Pattern HOST_AND_PORT = Pattern.compile("(?<host>[^:]+)(?::[0-9]+)?");

  @Spec private CommandSpec spec;

  @Option(
      names = "--url",
      paramLabel = "<ws-url>",
      defaultValue = DEFAULT_URL,
      description = "The WebSocket URL of the server, ws or wss (default: ${DEFAULT-VALUE}).")
  private String url = DEFAULT_URL;

  @Option(
      names = "--token",
      paramLabel = "<jwt>",
      description = "An access token. Default: a token from the server's development issuer.")
  private @Nullable String token;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    URI server = socketUrl();
    out.println("Checking " + server);
    return new CheckRun(reachable(server), Optional.ofNullable(token), out).run() ? 0 : 1;
  }

  private URI socketUrl() {
    return HttpUrl.parse(url, Set.of("ws", "wss"))
        .orElseThrow(() -> refused("--url: expected ws://host:port/path or wss://…, not " + url));
  }

  /**
   * The JDK's client refuses host names with an underscore, as services in Docker Compose have. So
   * this puts the address of such a host in the place of its name.
   */
  private URI reachable(URI server) {
    if (server.getHost() != null) {
      return server;
    }
    if (server.getScheme().equalsIgnoreCase("wss")) {
      throw refused(
          "--url: no certificate is valid for a host name with an underscore: use another name of"
              + " the host, not "
              + url);
    }
    var authority = HOST_AND_PORT.matcher(server.getRawAuthority());
    if (!authority.matches()) {
      throw new IllegalStateException("no host in " + server);
    }
    try {
      InetAddress address = InetAddress.getByName(authority.group("host"));
      String literal = address.getHostAddress();
      String host = address instanceof Inet6Address ? "[" + literal + "]" : literal;
      return URI.create(
          server.toString().replaceFirst("(?<=//)" + Pattern.quote(authority.group("host")), host));
    } catch (UnknownHostException e) {
      throw refused("--url: unknown host " + authority.group("host"));
    }
  }

  private ParameterException refused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
