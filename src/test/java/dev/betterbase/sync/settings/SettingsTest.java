package dev.betterbase.sync.settings;

import static dev.betterbase.sync.settings.SettingValues.read;
import static dev.betterbase.sync.settings.SettingValues.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  @Test
  void everySettingButTheIssuersHasADefault() {
    Settings settings = read();

    assertThat(settings.trustedIssuers())
        .containsExactly(
            new TrustedIssuer(
                "https://issuer.example",
                URI.create("https://issuer.example/.well-known/jwks.json")));
    assertThat(settings.listenAddress()).isEqualTo(new ListenAddress("0.0.0.0", 5379));
    assertThat(settings.audiences()).isEmpty();
    assertThat(settings.maxTokenLifetime()).isZero();
    assertThat(settings.personalSpacePolicy()).isEqualTo(PersonalSpacePolicy.DERIVED);
    assertThat(settings.identityHashKey()).isEmpty();
    assertThat(settings.fileStorage()).isEqualTo(new FileStorage.None());
    assertThat(settings.federation().trustedDomains()).isEmpty();
    assertThat(settings.federation().quotas())
        .isEqualTo(new FederationSettings.Quotas(3, 1000, 10_000, 524_288_000, 100));
    assertThat(settings.limits()).isEqualTo(new Limits(67_108_864, 3, 1000, 5000, 10, 10));
    assertThat(settings.limits()).isEqualTo(Limits.defaults());
    assertThat(settings.database())
        .isEqualTo(
            new DatabaseSettings(
                java.util.Optional.empty(),
                java.util.List.of(),
                DatabaseShards.NONE,
                20,
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofSeconds(30)));
    assertThat(settings.httpThreads()).isEqualTo(200);
    assertThat(settings.logFormat()).isEqualTo(LogFormat.TEXT);
    assertThat(settings.aotCacheQuiet()).isEqualTo(Duration.ofMinutes(5));
    assertThat(settings.developmentMode()).isFalse();
  }

  @Test
  void replicasAreHostsWithOrWithoutAPort() {
    assertThat(read("DATABASE_REPLICAS", "db_2, 10.0.0.3:6432,[::1]:1,").database().replicas())
        .containsExactly(
            new DatabaseUrl.Host("db_2", 5432),
            new DatabaseUrl.Host("10.0.0.3", 6432),
            new DatabaseUrl.Host("::1", 1));
  }

  @Test
  void aBlankValueCountsAsNotSet() {
    Settings settings = read("AUDIENCES", " ", "MAX_FRAME_BYTES", "", "FEDERATION_FST_SECRET", " ");

    assertThat(settings.audiences()).isEmpty();
    assertThat(settings.limits().maxFrameBytes()).isEqualTo(67_108_864);
    assertThat(settings.federation().fstSecret()).isEmpty();
  }

  @Test
  void goodValuesAreAccepted() {
    Settings settings =
        read(
            "TRUSTED_ISSUERS",
            " http://a.example//  https://b.example/t/=https://keys.example/jwks?v=1"
                + " http://id_provider.my_stack:8080/=http://_keys:80/jwks ",
            "LISTEN_ADDR",
            "[::1]:0",
            "AUDIENCES",
            "app, other ,",
            "PERSONAL_SPACE_ID",
            "claim",
            "MAX_FRAME_BYTES",
            "65536",
            "FEDERATION_MAX_BYTES_PER_HOUR",
            "9223372036854775807",
            "LOG_FORMAT",
            "json");

    assertThat(settings.trustedIssuers())
        .containsExactly(
            new TrustedIssuer(
                "http://a.example", URI.create("http://a.example/.well-known/jwks.json")),
            new TrustedIssuer("https://b.example/t", URI.create("https://keys.example/jwks?v=1")),
            new TrustedIssuer(
                "http://id_provider.my_stack:8080", URI.create("http://_keys:80/jwks")));
    assertThat(settings.listenAddress())
        .isEqualTo(new ListenAddress("::1", 0))
        .hasToString("[::1]:0");
    assertThat(settings.audiences()).isEqualTo(Set.of("app", "other"));
    assertThat(settings.personalSpacePolicy()).isEqualTo(PersonalSpacePolicy.CLAIM);
    assertThat(settings.limits().maxFrameBytes()).isEqualTo(65_536);
    assertThat(settings.federation().quotas().bytesPerHour()).isEqualTo(Long.MAX_VALUE);
    assertThat(settings.logFormat()).isEqualTo(LogFormat.JSON);
  }

  @Test
  void quotasOfPeopleRequireAKeyForPseudonyms() {
    for (String quota : List.of("QUOTA_PERSON_BYTES", "QUOTA_PERSON_SPACES")) {
      assertThatThrownBy(() -> read(quota, "1000"))
          .isInstanceOf(InvalidSetting.class)
          .hasMessage("IDENTITY_HASH_KEY is not set: it is required with " + quota);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "TRUSTED_ISSUERS|ftp://a.example",
        "TRUSTED_ISSUERS|https:///path",
        "TRUSTED_ISSUERS|http://a_b:65536",
        "TRUSTED_ISSUERS|http://user@a_b",
        "TRUSTED_ISSUERS|http://a_b:8080:8080",
        "TRUSTED_ISSUERS|issuer",
        "TRUSTED_ISSUERS|https://a.example#f",
        "TRUSTED_ISSUERS|https://a.example=file:///etc/passwd",
        "TRUSTED_ISSUERS|https://a.example=",
        "TRUSTED_ISSUERS|https://a.example https://a.example/",
        "LISTEN_ADDR|5379",
        "LISTEN_ADDR|localhost",
        "LISTEN_ADDR|::1:5379",
        "LISTEN_ADDR|0.0.0.0:65536",
        "LISTEN_ADDR|0.0.0.0:-1",
        "MAX_TOKEN_LIFETIME|-1",
        "MAX_TOKEN_LIFETIME|1d",
        "PERSONAL_SPACE_ID|Derived",
        "PERSONAL_SPACE_ID|none",
        "FILE_STORAGE_BACKEND|disk",
        "FILE_STORAGE|S3",
        "FILE_S3_USE_SSL|yes",
        "FEDERATION_DOMAIN|not a domain",
        "FEDERATION_TRUSTED_DOMAINS|a.example,-b",
        "FEDERATION_TRUSTED_DOMAINS|my_peer",
        "FEDERATION_TRUSTED_KEYS|key",
        "FEDERATION_TRUSTED_KEYS|https://peer.example/.well-known/jwks.json#k=AAAA",
        "FEDERATION_TRUSTED_KEYS|https://peer.example/other#k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "FEDERATION_MAX_CONNECTIONS|0",
        "FEDERATION_MAX_SPACES|-1",
        "FEDERATION_MAX_RECORDS_PER_HOUR|1e3",
        "FEDERATION_MAX_BYTES_PER_HOUR|9223372036854775808",
        "FEDERATION_MAX_INVITATIONS_PER_HOUR|many",
        "MAX_FRAME_BYTES|65535",
        "MAX_FRAME_BYTES|1073741825",
        "MAX_FRAME_BYTES|64 MiB",
        "MAX_CONNECTIONS_PER_MAILBOX|0",
        "MAX_UNAUTHENTICATED|+5",
        "FRAMES_PER_SECOND|٥",
        "FRAMES_PER_SECOND|500000001",
        "INVITATIONS_PER_HOUR|0",
        "MEMBERSHIP_APPENDS_PER_HOUR|0x10",
        "QUOTA_SPACE_BYTES|0",
        "QUOTA_SPACE_BYTES|5 GB",
        "DATABASE_POOL_SIZE|3",
        "DATABASE_POOL_WAIT_SECONDS|0",
        "DATABASE_REPLICAS|db-2:70000",
        "DATABASE_REPLICAS|db-2/sync",
        "DATABASE_CONNECT_TIMEOUT_SECONDS|61",
        "DATABASE_STATEMENT_TIMEOUT_SECONDS|1.5",
        "HTTP_THREADS|7",
        "DRAIN_SECONDS|301",
        "CLUSTER|redis",
        "LOG_FORMAT|xml",
        "AOT_CACHE_QUIET_SECONDS|-1",
      })
  void aBadValueIsNamedWithWhatIsExpected(String variable, String value) {
    assertThatThrownBy(() -> read(variable, value))
        .isInstanceOf(InvalidSetting.class)
        .message()
        .startsWith(variable + "=")
        .contains(": expected ")
        .doesNotContain("\n");
  }

  @Test
  void aClusterHasMembersAndASecret() {
    String secret = "0123456789abcdef0123456789abcdef";
    Map<String, String> given =
        new HashMap<>(
            Map.of(
                "TRUSTED_ISSUERS", "https://issuer.example",
                "CLUSTER", "hazelcast",
                "CLUSTER_LISTEN_ADDR", "10.0.0.1:5800",
                "CLUSTER_MEMBERS", "node-2, 10.0.0.3:5701,[fd00::4],[fd00::5]:5702",
                "CLUSTER_SECRET", secret));
    ClusterSettings cluster = Settings.read(given::get).cluster().orElseThrow();
    assertThat(cluster.address()).hasToString("10.0.0.1:5800");
    assertThat(cluster.members())
        .containsExactly("node-2:5800", "10.0.0.3:5701", "[fd00::4]:5800", "[fd00::5]:5702");
    assertThat(cluster.toString() + cluster.name()).doesNotContain(secret);
    Map<String, String> bad =
        Map.of(
            "CLUSTER_LISTEN_ADDR", "10.0.0.1:0",
            "CLUSTER_MEMBERS", "node 2",
            "CLUSTER_SECRET", "short");
    bad.forEach(
        (variable, value) -> {
          var faulty = new HashMap<>(given);
          faulty.put(variable, value);
          assertThatThrownBy(() -> Settings.read(faulty::get))
              .isInstanceOf(InvalidSetting.class)
              .message()
              .startsWith(variable)
              .contains("expected ");
        });
    for (String required : List.of("CLUSTER_MEMBERS", "CLUSTER_SECRET")) {
      var without = new HashMap<>(given);
      without.remove(required);
      assertThatThrownBy(() -> Settings.read(without::get))
          .hasMessage(required + " is not set: it is required with CLUSTER=hazelcast");
    }
    given.remove("CLUSTER");
    assertThat(Settings.read(given::get).cluster()).as("off unless it is set").isEmpty();
  }

  @Test
  void anIdentityHashKeyIs64HexDigits() {
    String key = "0123456789abcdefABCDEF".repeat(3).substring(0, 64);
    assertThat(read("IDENTITY_HASH_KEY", key).identityHashKey()).contains(new Secret(key));
    assertThat(read("IDENTITY_HASH_KEY", " ").identityHashKey()).isEmpty();
    for (String bad : List.of(key.substring(1), key + "0", "g" + key.substring(1), "0x" + key)) {
      assertThatThrownBy(() -> read("IDENTITY_HASH_KEY", bad))
          .isInstanceOf(InvalidSetting.class)
          .message()
          .isEqualTo("IDENTITY_HASH_KEY: expected 64 hex digits");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "IDENTITY_HASH_KEY=secret0123",
        "DATABASE_URL=mysql://u:secret0123@h/db",
      })
  void aSecretIsNeverShown(String assignment) {
    String variable = assignment.substring(0, assignment.indexOf('='));
    String value = assignment.substring(assignment.indexOf('=') + 1);

    assertThatThrownBy(() -> read(variable, value))
        .isInstanceOf(InvalidSetting.class)
        .message()
        .startsWith(variable + ":")
        .doesNotContain("secret0123");
  }

  /** As {@code docker --env-file} passes them. */
  @ParameterizedTest
  @ValueSource(strings = {"\"files\"", "'files'"})
  void quotesAroundAValueAreRefused(String value) {
    assertThatThrownBy(() -> read("FILE_STORAGE_PATH", value))
        .isInstanceOf(InvalidSetting.class)
        .hasMessage(
            "FILE_STORAGE_PATH=" + value + ": expected a value without the quotes around it");
    assertThatThrownBy(() -> read("ADMIN_TOKEN", value))
        .isInstanceOf(InvalidSetting.class)
        .hasMessage("ADMIN_TOKEN: expected a value without the quotes around it");
  }

  @Test
  void aPasswordInAnIssuerUrlIsNotShown() {
    assertThatThrownBy(() -> read("TRUSTED_ISSUERS", "https://user:secret0123@a.example"))
        .isInstanceOf(InvalidSetting.class)
        .message()
        .startsWith("TRUSTED_ISSUERS=https://…@a.example: expected ")
        .doesNotContain("secret0123");
  }

  @Test
  void aLongValueIsShownOnOneShortLine() {
    assertThatThrownBy(() -> read("LISTEN_ADDR", "a\r\nb" + "x".repeat(5000)))
        .isInstanceOf(InvalidSetting.class)
        .message()
        .startsWith("LISTEN_ADDR=a??bxxx")
        .doesNotContain("\n")
        .hasSizeLessThan(400);
  }

  @Test
  void secretsHideThemselves() {
    assertThat(new Secret("hush")).hasToString("(secret)");
    assertThat(DatabaseUrl.parse("postgres://u:hush@h/db", variable -> null).toString())
        .doesNotContain("hush");
  }

  @Test
  void aMissingIssuerIsExplained() {
    assertThatThrownBy(() -> Settings.read(name -> null))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("TRUSTED_ISSUERS is not set")
        .hasMessageContaining("serve --dev");
  }

  @Test
  void aShortSecretIsRefused() {
    for (String name : List.of("FEDERATION_FST_SECRET", "FEDERATION_FST_PREVIOUS_SECRET")) {
      assertThatThrownBy(() -> read(name, "secret0123".repeat(3)))
          .hasMessageContaining(name)
          .hasMessageContaining("at least 32 bytes")
          .hasMessageNotContaining("secret0123");
    }
    for (String name : List.of("METRICS_TOKEN", "ADMIN_TOKEN")) {
      assertThatThrownBy(() -> read(name, "secret0123".repeat(3) + "1"))
          .hasMessageContaining(name)
          .hasMessageContaining("at least 32")
          .hasMessageNotContaining("secret0123");
      assertThat(read(name, "secret0123".repeat(3) + "12")).isNotNull();
    }
  }

  @Test
  void developmentModeHasItsOwnIssuerAndListensOnLoopback() {
    Settings settings = Settings.readForDevelopment(name -> null);

    assertThat(settings.developmentMode()).isTrue();
    assertThat(settings.trustedIssuers())
        .extracting(TrustedIssuer::issuer)
        .containsExactly("http://localhost:5379/dev");
    assertThat(settings.listenAddress()).isEqualTo(new ListenAddress("127.0.0.1", 5379));
    assertThat(settings.fileStorage()).isEqualTo(new FileStorage.Local(Path.of("./data/files")));
    assertThat(Settings.readForDevelopment(values("FILE_STORAGE", "none")::get).fileStorage())
        .isEqualTo(new FileStorage.None());
    assertThat(
            Settings.readForDevelopment(values("LISTEN_ADDR", "127.0.0.1:6000")::get)
                .listenAddress())
        .isEqualTo(new ListenAddress("127.0.0.1", 6000));
  }

  @ParameterizedTest
  @CsvSource({
    "DATABASE_URL,postgres://u:secret0123@h/db",
    "TRUSTED_ISSUERS,https://a.example",
    "LISTEN_ADDR,0.0.0.0:5379",
    "LISTEN_ADDR,[::1]:5379"
  })
  void developmentModeRefusesWhatWouldExposeIt(String variable, String value) {
    assertThatThrownBy(() -> Settings.readForDevelopment(values(variable, value)::get))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith(variable)
        .message()
        .doesNotContain("secret0123");
  }

  @Test
  void aSecretThatTheLocaleCannotExpressIsAnError() {
    assertThatThrownBy(() -> read("DATABASE_URL", "postgres://u:secret0123\uFFFD@db/sync"))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("DATABASE_URL has characters outside the locale's character set")
        .message()
        .doesNotContain("secret0123");
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void everySettingIsExplained(Setting setting) {
    assertThat(setting.meaning()).isNotBlank().doesNotContain("|").doesNotEndWith(".");
  }
}
