package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.sun.net.httpserver.HttpServer;
import dev.betterbase.sync.settings.AddressRange;
import dev.betterbase.sync.settings.Setting;
import dev.betterbase.sync.testing.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Dockerfile, compose.yaml and the chart: the settings that they give exist, their images are
 * pinned, and no container has more rights than it needs. {@link ContainerImageIT} runs the steps
 * of the Dockerfile.
 */
class ContainerFilesTest {
  private static final Path CHART = Path.of("server-config/helm/betterbase-sync");

  /** A version with at least one dot, or a digest. */
  private static final Pattern PINNED =
      Pattern.compile("[\\w./-]+(?::\\d+\\.\\d+[\\w.-]*|:[\\w.-]+@sha256:[0-9a-f]{64})");

  private static JsonNode yaml(Path file) throws IOException {
    return new YAMLMapper().readTree(file.toFile());
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  private static Set<String> unknown(Iterable<String> variables) {
    Set<String> unknown = new TreeSet<>();
    variables.forEach(unknown::add);
    unknown.removeAll(Setting.allVariables());
    return unknown;
  }

  @Test
  void theImageIsPinnedAndRunsAsAUserOfItsOwn() throws IOException {
    Dockerfile dockerfile = Dockerfile.read();
    assertThat(dockerfile.all("FROM"))
        .hasSize(2)
        .allSatisfy(from -> assertThat(from.words().getFirst()).matches(PINNED));
    assertThat(dockerfile.last("USER").rest()).isEqualTo("5379");
    assertThat(dockerfile.all("ARG")).isEmpty();
    for (Dockerfile.Instruction copy : dockerfile.all("COPY")) {
      if (!copy.rest().startsWith("--from")) {
        assertThat(Path.of(copy.words().getFirst())).exists();
      }
    }
    assertThat(Path.of("server-config/docker/healthcheck")).isExecutable();
    assertThat(dockerfile.last("HEALTHCHECK").command())
        .containsExactly("/opt/betterbase/healthcheck");
    assertThat(Files.readAllLines(Path.of(".dockerignore"))).contains("data", "secrets", "target");
  }

  @Test
  void theHealthCheckFollowsTheStatusOfTheServer() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    int[] status = {200};
    server.createContext(
        "/health",
        exchange -> {
          exchange.sendResponseHeaders(status[0], -1);
          exchange.close();
        });
    server.start();
    try {
      String address = "0.0.0.0:" + server.getAddress().getPort();
      assertThat(healthCheck(address)).isZero();
      status[0] = 503;
      assertThat(healthCheck(address)).isEqualTo(1);
      assertThat(healthCheck("0.0.0.0:" + Ports.free())).isEqualTo(1);
    } finally {
      server.stop(0);
    }
  }

  private static int healthCheck(String address) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("server-config/docker/healthcheck");
    builder.environment().put("LISTEN_ADDR", address);
    Process process = builder.redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @Test
  void composeGivesSettingsThatExistAndSecretsInFiles() throws IOException {
    JsonNode compose = yaml(Path.of("compose.yaml"));
    JsonNode server = compose.at("/services/server");
    JsonNode environment = server.path("environment");

    assertThat(environment.isObject()).isTrue();
    assertThat(unknown(environment::fieldNames)).isEmpty();
    assertThat(secretsInPlainText(environment::fieldNames)).isEmpty();
    List<String> given = texts(server.path("secrets"));
    List<String> read = new ArrayList<>();
    for (Map.Entry<String, JsonNode> each : environment.properties()) {
      if (each.getKey().endsWith("_FILE")) {
        read.add(each.getValue().asText().replace("/run/secrets/", ""));
      }
    }
    assertThat(read).containsExactlyInAnyOrderElementsOf(given);
    for (JsonNode service : compose.path("services")) {
      for (String secret : texts(service.path("secrets"))) {
        assertThat(compose.path("secrets").path(secret).path("file").asText())
            .isEqualTo("secrets/" + secret);
      }
    }
  }

  /** The commands of deploying.md, Docker Compose. */
  @Test
  void theDocumentedCommandsMakeTheSecretsOfCompose(@TempDir Path folder) throws Exception {
    ComposeSecrets.makeIn(folder);

    JsonNode secrets = yaml(Path.of("compose.yaml")).path("secrets");
    assertThat(secrets)
        .isNotEmpty()
        .allSatisfy(
            secret ->
                assertThat(folder.resolve(secret.path("file").asText()))
                    .isReadable()
                    .isNotEmptyFile());
    String password = Files.readString(folder.resolve("secrets/postgres-password")).strip();
    assertThat(Files.readString(folder.resolve("secrets/database-url")))
        .isEqualTo("postgres://betterbase:" + password + "@postgres/betterbase");
  }

  private static Set<String> secretsInPlainText(Iterable<String> variables) {
    Set<String> secrets = new TreeSet<>();
    for (String variable : variables) {
      if (!variable.endsWith("_FILE") && Setting.allVariables().contains(variable + "_FILE")) {
        secrets.add(variable);
      }
    }
    return secrets;
  }

  @Test
  void composePinsItsImagesAndBoundsItsContainers() throws IOException {
    JsonNode compose = yaml(Path.of("compose.yaml"));
    JsonNode services = compose.path("services");

    assertThat(services.path("postgres").path("image").asText()).matches(PINNED);
    assertThat(services.path("caddy").path("image").asText()).matches(PINNED);
    for (String service : List.of("server", "caddy")) {
      assertThat(services.path(service).path("read_only").asBoolean()).as(service).isTrue();
      assertThat(texts(services.path(service).path("cap_drop"))).containsExactly("ALL");
    }
    // Only the proxy is reachable, only it is believed about its clients, and only with TLS.
    assertThat(services.findValues("ports")).hasSize(1);
    assertThat(texts(services.at("/caddy/ports"))).containsExactly("443:443", "443:443/udp");
    assertThat(services.at("/server/environment/TRUSTED_PROXIES"))
        .isEqualTo(services.at("/caddy/networks/proxy/ipv4_address"));
    assertThat(compose.at("/networks/database/internal").asBoolean()).isTrue();
    for (JsonNode service : services) {
      for (String volume : texts(service.path("volumes"))) {
        String source = volume.substring(0, volume.indexOf(':'));
        assertThat(
                source.startsWith("./")
                    ? Files.exists(Path.of(source))
                    : compose.path("volumes").has(source))
            .as(volume)
            .isTrue();
      }
    }
    String caddyfile = Files.readString(Path.of("server-config/Caddyfile"));
    services
        .at("/caddy/environment")
        .fieldNames()
        .forEachRemaining(name -> assertThat(caddyfile).contains("{$" + name + ":"));
  }

  /** A service that starts earlier would otherwise be given the fixed address of the proxy. */
  @Test
  void composeGivesNobodyElseTheAddressOfTheProxy() throws IOException {
    JsonNode compose = yaml(Path.of("compose.yaml"));
    JsonNode pool = compose.at("/networks/proxy/ipam/config/0");
    String proxy = compose.at("/services/caddy/networks/proxy/ipv4_address").asText();

    assertThat(range(pool.path("subnet")).contains(InetAddress.getByName(proxy))).isTrue();
    assertThat(range(pool.path("ip_range")).contains(InetAddress.getByName(proxy))).isFalse();
  }

  private static AddressRange range(JsonNode text) throws IOException {
    String[] parts = text.asText().split("/", 2);
    return new AddressRange(InetAddress.getByName(parts[0]), Integer.parseInt(parts[1]));
  }

  @Test
  void theChartGivesSettingsThatExist() throws IOException {
    JsonNode values = yaml(CHART.resolve("values.yaml"));

    assertThat(unknown(values.path("settings")::fieldNames)).isEmpty();
    assertThat(secretsInPlainText(values.path("settings")::fieldNames)).isEmpty();
    assertThat(values.path("settings"))
        .allSatisfy(value -> assertThat(value.isTextual()).as("a text, as %s", value).isTrue());
    assertThat(texts(values.at("/secret/keys")))
        .isNotEmpty()
        .allSatisfy(key -> assertThat(Setting.allVariables()).contains(key, key + "_FILE"));
    assertThat(values.path("terminationGracePeriodSeconds").asInt())
        .isGreaterThan(values.at("/settings/DRAIN_SECONDS").asInt() + 30);
  }

  /** Every value that a template names is in values.yaml, and every one there is named. */
  @Test
  void theTemplatesAndTheValuesOfTheChartAgree() throws IOException {
    JsonNode values = yaml(CHART.resolve("values.yaml"));
    Set<String> named = new TreeSet<>();
    try (Stream<Path> templates = Files.list(CHART.resolve("templates"))) {
      for (Path template : templates.toList()) {
        Pattern.compile("\\.Values\\.([A-Za-z.]+)")
            .matcher(Files.readString(template))
            .results()
            .forEach(found -> named.add(found.group(1)));
      }
    }
    assertThat(named)
        .allSatisfy(
            name ->
                assertThat(
                        name.startsWith("settings.")
                            || values.at("/" + name.replace('.', '/')).isValueNode()
                            || values.at("/" + name.replace('.', '/')).isContainerNode())
                    .as(name)
                    .isTrue());
    values
        .fieldNames()
        .forEachRemaining(
            name ->
                assertThat(named)
                    .anyMatch(each -> each.equals(name) || each.startsWith(name + ".")));
  }

  @Test
  void theChartHasTheVersionOfTheProject() throws IOException {
    JsonNode chart = yaml(CHART.resolve("Chart.yaml"));
    assertThat(Files.readString(Path.of("pom.xml")))
        .contains(
            "<artifactId>betterbase-sync</artifactId>\n  <version>"
                + chart.path("appVersion").asText()
                + "</version>");
    assertThat(chart.path("version")).isEqualTo(chart.path("appVersion"));
  }

  @Test
  void theContainerOfTheChartHasFewRights() throws IOException {
    String deployment = Files.readString(CHART.resolve("templates/deployment.yaml"));
    assertThat(deployment)
        .contains(
            "runAsNonRoot: true",
            "runAsUser: 5379",
            "readOnlyRootFilesystem: true",
            "allowPrivilegeEscalation: false",
            "drop: [ALL]",
            "automountServiceAccountToken: false");
  }
}
