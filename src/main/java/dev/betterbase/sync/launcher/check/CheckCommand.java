package dev.betterbase.sync.launcher.check;

import java.io.PrintWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
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
    return new CheckRun(server, Optional.ofNullable(token), out).run() ? 0 : 1;
  }

  private URI socketUrl() {
    try {
      URI parsed = new URI(url);
      String scheme = parsed.getScheme() == null ? "" : parsed.getScheme().toLowerCase(Locale.ROOT);
      if (parsed.getHost() != null
          && parsed.getRawUserInfo() == null
          && parsed.getRawFragment() == null
          && (scheme.equals("ws") || scheme.equals("wss"))) {
        return parsed;
      }
    } catch (URISyntaxException reportedBelow) {
      // The error below covers this case too.
    }
    throw new ParameterException(
        spec.commandLine(), "--url: expected ws://host:port/path or wss://…, not " + url);
  }
}
