package dev.betterbase.sync.operation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.TestIssuer;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No token, key, payload or identity is in any log that a server wrote in this run of the tests,
 * the logs of Payara Server and WildFly among them. The build runs this class after all others.
 */
@IntegrationTest
class LogSecrecyIT {
  private static final Path SERVERS = Path.of("target", "servers");

  /** The logs of servers and of the programs that configure them. */
  private static final Pattern LOG = Pattern.compile(".*\\.log(?:_.*|\\.[\\d-]+)?");

  private static final Map<String, Pattern> FORBIDDEN = forbidden();

  private static Map<String, Pattern> forbidden() {
    byte[] mark = Requests.PAYLOAD_MARK.getBytes(US_ASCII);
    String decimal =
        IntStream.range(0, mark.length).mapToObj(i -> "" + mark[i]).collect(joining(", "));
    Map<String, Pattern> forbidden = new TreeMap<>();
    // JSON in base64url: access tokens, UCANs, what a server signs for others.
    forbidden.put("token", Pattern.compile("eyJ[\\w-]{8,}\\.[\\w-]+|Bearer [\\w-]{20,}"));
    forbidden.put("private key", Pattern.compile("\"d\" ?: ?\"|PRIVATE KEY-----"));
    // The names of TestUser.
    forbidden.put("identity", Pattern.compile("user-[0-9a-f]{8}-[0-9a-f]{4}-"));
    forbidden.put("mailbox or key", Pattern.compile("\\b[0-9a-fA-F]{64}\\b"));
    forbidden.put(
        "payload",
        Pattern.compile(
            Stream.of(
                    Requests.PAYLOAD_MARK,
                    Base64.getEncoder().encodeToString(mark),
                    HexFormat.of().formatHex(mark),
                    HexFormat.of().withUpperCase().formatHex(mark),
                    decimal)
                .map(Pattern::quote)
                .collect(joining("|"))));
    forbidden.put("the token for metrics", Pattern.compile(TestServer.METRICS_TOKEN));
    forbidden.put("the token of the admin page", Pattern.compile(AdminClient.TOKEN));
    return forbidden;
  }

  @Test
  void noLogOfTheRunHasASecret() throws IOException {
    List<Path> logs = logs(SERVERS);
    assertThat(logs).as("the servers of this run").isNotEmpty();
    List<String> found = new ArrayList<>();
    long bytes = 0;
    for (Path log : logs) {
      bytes += Files.size(log);
      found.addAll(secretsIn(log));
    }
    assertThat(found).as("of %d bytes in %d logs", bytes, logs.size()).isEmpty();
    assertThat(bytes).isGreaterThan(10_000);
  }

  @Test
  void whatIsPlantedIsFound(@TempDir Path folder) throws IOException {
    try (TestIssuer issuer = TestIssuer.start()) {
      TestUser user = TestUser.unknown(issuer).withOwnMailbox();
      byte[] blob = Requests.blob(100);
      Map<String, String> planted =
          Map.of(
              "token", "refused " + user.token(),
              "identity", "push of " + user.subject(),
              "mailbox or key", "for " + user.mailbox().orElseThrow(),
              "payload", "text " + new String(blob, ISO_8859_1),
              "payload in base64", Base64.getEncoder().encodeToString(blob),
              "payload in hex", "\\x" + HexFormat.of().formatHex(blob),
              "payload in decimals", java.util.Arrays.toString(blob),
              "private key", "{\"kty\":\"EC\",\"d\":\"AAAA\"}",
              "a secret of this server", "cannot connect to postgres://u:hunter2hunter2@h/d");
      for (Map.Entry<String, String> each : planted.entrySet()) {
        Path log = folder.resolve("planted.log");
        Files.write(log, ("harmless\n" + each.getValue() + "\n").getBytes(ISO_8859_1));
        Files.writeString(folder.resolve("planted.log.secrets"), "postgres://u:hunter2hunter2@h/d");
        assertThat(logs(folder)).containsExactly(log);
        assertThat(secretsIn(log))
            .as(each.getKey())
            .singleElement()
            .asString()
            .contains(each.getKey().replaceFirst(" in .*", ""), "line 2");
      }
    }
  }

  private static List<Path> logs(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> LOG.matcher(file.getFileName().toString()).matches())
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }

  /** Names the kinds and the lines, and does not repeat what is there. */
  private static List<String> secretsIn(Path log) throws IOException {
    Map<String, Pattern> wanted = new TreeMap<>(FORBIDDEN);
    Path own = log.resolveSibling(log.getFileName() + ".secrets");
    if (Files.exists(own) && Files.size(own) > 0) {
      wanted.put(
          "a secret of this server",
          Pattern.compile(
              Files.readAllLines(own).stream().map(Pattern::quote).collect(joining("|"))));
    }
    List<String> found = new ArrayList<>();
    int number = 0;
    // Any bytes are text in this encoding.
    for (String line : Files.readAllLines(log, ISO_8859_1)) {
      number++;
      for (Map.Entry<String, Pattern> each : wanted.entrySet()) {
        if (each.getValue().matcher(line).find()) {
          found.add("%s in %s, line %d".formatted(each.getKey(), log, number));
        }
      }
    }
    return found;
  }
}
