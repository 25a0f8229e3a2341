package dev.betterbase.sync.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.betterbase.sync.settings.Settings;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The chart as Helm renders it. No package of a distribution has Helm, so this is left out where it
 * is not installed (CONTRIBUTING.md, Tests). {@link ContainerFilesTest} reads the chart without it.
 */
class HelmChartTest {
  private static final String CHART = "server-config/helm/betterbase-sync";
  private static final String ISSUER = "--set=settings.TRUSTED_ISSUERS=https://accounts.example";
  private static final String CLUSTER = "--set=settings.CLUSTER=hazelcast";
  private static final String CLUSTER_SECRETS =
      "--set=secret.keys={DATABASE_URL,METRICS_TOKEN,CLUSTER_SECRET}";
  private static final String WITHOUT_VOLUME = "--set=persistence.enabled=false";

  private static final Map<String, String> SECRETS =
      Map.of(
          "DATABASE_URL",
          "postgres://betterbase:secret@db/betterbase",
          "IDENTITY_HASH_KEY",
          "5a".repeat(32),
          "METRICS_TOKEN",
          "5b".repeat(32),
          "CLUSTER_SECRET",
          "a secret of thirty-two bytes or more");

  private static Path helm;

  private record Outcome(int exitCode, String output) {}

  @BeforeAll
  static void find() {
    Optional<Path> found =
        Stream.concat(
                Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(Path::of),
                Stream.of(Path.of(System.getProperty("user.home"), "go", "bin")))
            .map(folder -> folder.resolve("helm"))
            .filter(Files::isExecutable)
            .findFirst();
    assumeThat(found).as("Helm").isPresent();
    helm = found.orElseThrow();
  }

  private static Outcome run(String command, String... options)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(helm.toString(), command));
    if (command.equals("template")) {
      line.addAll(List.of("sync", "--kube-version=1.27.0"));
    }
    line.add(CHART);
    line.addAll(List.of(options));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Outcome(process.exitValue(), output);
  }

  private static List<JsonNode> rendered(String... options) throws Exception {
    Outcome outcome = run("template", options);
    assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    try (var documents =
        new YAMLMapper().readerFor(JsonNode.class).<JsonNode>readValues(outcome.output())) {
      return documents.readAll();
    }
  }

  private static List<JsonNode> renderedAsCluster(String option) throws Exception {
    return rendered(ISSUER, CLUSTER, CLUSTER_SECRETS, WITHOUT_VOLUME, option);
  }

  private static JsonNode named(List<JsonNode> objects, String kind, String name) {
    List<JsonNode> found =
        objects.stream()
            .filter(each -> each.path("kind").asText().equals(kind))
            .filter(each -> each.at("/metadata/name").asText().equals(name))
            .toList();
    assertThat(found).as(kind + " " + name).hasSizeLessThan(2);
    return found.isEmpty() ? MissingNode.getInstance() : found.getFirst();
  }

  private static JsonNode deployment(List<JsonNode> objects) {
    JsonNode deployment = named(objects, "Deployment", "sync-betterbase-sync");
    assertThat(deployment.isObject()).isTrue();
    return deployment;
  }

  /** The settings of the container, with the secrets that its files would have. */
  private static Map<String, String> environment(JsonNode deployment) {
    Map<String, String> environment = new HashMap<>();
    for (JsonNode each : deployment.at("/spec/template/spec/containers/0/env")) {
      String name = each.get("name").asText();
      if (name.endsWith("_FILE")) {
        String secret = name.replaceFirst("_FILE$", "");
        environment.put(secret, SECRETS.get(secret));
      } else {
        environment.put(name, each.get("value").textValue());
      }
    }
    return environment;
  }

  @Test
  void helmHasNothingToSayAgainstIt() throws Exception {
    Outcome linted = run("lint", "--strict", ISSUER);
    assertThat(linted.exitCode()).as(linted.output()).isZero();
    assertThat(linted.output()).contains("1 chart(s) linted, 0 chart(s) failed");
  }

  @Test
  void byDefaultThereIsOneServerWithAVolumeAndSettingsThatItAccepts() throws Exception {
    List<JsonNode> objects = rendered(ISSUER);
    assertThat(objects)
        .extracting(each -> each.get("kind").asText())
        .containsExactlyInAnyOrder(
            "PodDisruptionBudget", "PersistentVolumeClaim", "Service", "Deployment");
    JsonNode deployment = deployment(objects);
    assertThat(deployment.at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(deployment.at("/spec/strategy/type").asText()).isEqualTo("Recreate");
    assertThat(deployment.at("/spec/template/spec/volumes/0/persistentVolumeClaim/claimName"))
        .hasToString("\"sync-betterbase-sync\"");
    JsonNode container = deployment.at("/spec/template/spec/containers/0");
    assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(container.get("ports")).hasSize(1);
    assertThat(Settings.read(environment(deployment)::get).cluster()).isEmpty();
  }

  @Test
  void eachServiceAndPolicySelectsThePodsOfTheDeploymentAndPortsThatTheyHave() throws Exception {
    List<JsonNode> objects =
        renderedAsCluster(
            "--set=ingress.enabled=true,networkPolicy.enabled=true,serviceMonitor.enabled=true");
    assertThat(objects).hasSize(7);
    JsonNode pod = deployment(objects).at("/spec/template");
    List<String> ports = pod.at("/spec/containers/0/ports").findValuesAsText("name");
    for (JsonNode each : objects) {
      JsonNode selector = each.at("/spec/selector");
      JsonNode wanted = selector.path("matchLabels");
      (wanted.isMissingNode() ? selector : wanted)
          .properties()
          .forEach(
              label ->
                  assertThat(pod.at("/metadata/labels").get(label.getKey()))
                      .as(each.get("kind") + " " + label.getKey())
                      .isEqualTo(label.getValue()));
      if (each.get("kind").asText().equals("Service")) {
        assertThat(ports).containsAll(each.at("/spec/ports").findValuesAsText("targetPort"));
      }
    }
  }

  @Test
  void theNodesOfAClusterFindOneAnotherAndNobodyElseReachesTheirPort() throws Exception {
    List<JsonNode> objects = renderedAsCluster("--set=replicas=3,networkPolicy.enabled=true");
    JsonNode deployment = deployment(objects);
    assertThat(deployment.at("/spec/strategy/rollingUpdate/maxUnavailable").asInt(-1)).isZero();
    var cluster = Settings.read(environment(deployment)::get).cluster().orElseThrow();
    assertThat(cluster.members()).containsExactly("sync-betterbase-sync-cluster:5701");
    assertThat(cluster.address().port()).isEqualTo(5701);
    JsonNode service = named(objects, "Service", "sync-betterbase-sync-cluster");
    assertThat(service.at("/spec/clusterIP").asText()).isEqualTo("None");
    assertThat(service.at("/spec/publishNotReadyAddresses").asBoolean()).isTrue();
    JsonNode policy = named(objects, "NetworkPolicy", "sync-betterbase-sync");
    assertThat(policy.at("/spec/ingress")).hasSize(1);
    assertThat(policy.at("/spec/ingress/0/ports/0/port").asText()).isEqualTo("cluster");
    assertThat(policy.at("/spec/ingress/0/from/0/podSelector"))
        .isEqualTo(policy.at("/spec/podSelector"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "settings.TRUSTED_ISSUERS|--set=replicas=1",
        "ReadWriteMany|" + ISSUER + "|--set=replicas=2",
        "needs DATABASE_URL|"
            + ISSUER
            + "|--set=replicas=2,secret.keys={METRICS_TOKEN}|"
            + WITHOUT_VOLUME,
        "CLUSTER_SECRET|" + ISSUER + "|" + CLUSTER,
        "longer than DRAIN_SECONDS|" + ISSUER + "|--set-string=settings.DRAIN_SECONDS=100",
        "string|" + ISSUER + "|--set=settings.DRAIN_SECONDS=20",
        "METRICS_TOKEN|" + ISSUER + "|--set=serviceMonitor.enabled=true,secret.keys={DATABASE_URL}"
      })
  void valuesThatDoNotFitTogetherAreRefused(String given) throws Exception {
    List<String> parts = new ArrayList<>(List.of(given.split("\\|")));
    String reason = parts.removeFirst();
    Outcome outcome = run("template", parts.toArray(String[]::new));
    assertThat(outcome.exitCode()).as(outcome.output()).isNotZero();
    assertThat(outcome.output()).contains(reason);
  }
}
