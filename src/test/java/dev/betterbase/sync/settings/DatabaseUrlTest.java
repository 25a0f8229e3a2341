package dev.betterbase.sync.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {

  private static DatabaseUrl parse(String url) {
    return parse(url, Map.of());
  }

  private static DatabaseUrl parse(String url, Map<String, String> environment) {
    return DatabaseUrl.parse(url, environment::get);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgres://user:pass@db.example:6432/sync?sslmode=require",
        "postgresql://user:pass@db.example:6432/sync?sslmode=require",
        "jdbc:postgresql://user:pass@db.example:6432/sync?sslmode=require",
        "jdbc:postgresql://db.example:6432/sync?sslmode=require&user=user&password=pass",
      })
  void allFormsOfTheUrlAreEqual(String url) {
    DatabaseUrl parsed = parse(url);

    assertThat(parsed)
        .isEqualTo(
            new DatabaseUrl(
                List.of(new DatabaseUrl.Host("db.example", 6432)),
                "sync",
                Optional.of("user"),
                Optional.of(new Secret("pass")),
                Map.of("sslmode", "require")));
    assertThat(parsed.jdbcUrl()).isEqualTo("jdbc:postgresql://db.example:6432/sync");
    assertThat(parsed.shown()).isEqualTo("db.example:6432/sync");
  }

  @Test
  void percentEncodingIsDecodedButPlusIsNot() {
    DatabaseUrl parsed =
        parse("postgres://us%65r:p%40ss%2Fw%C3%B6rd+%25@h/d%20b?application_name=a%26b");

    assertThat(parsed.user()).contains("user");
    assertThat(parsed.password()).contains(new Secret("p@ss/wörd+%"));
    assertThat(parsed.database()).isEqualTo("d b");
    assertThat(parsed.properties()).isEqualTo(Map.of("ApplicationName", "a&b"));
    assertThat(parsed.jdbcUrl()).isEqualTo("jdbc:postgresql://h:5432/d%20b");
  }

  @Test
  void aPasswordMayContainColonsAndAtSigns() {
    assertThat(parse("postgres://u:a:b@c@h/db").password()).contains(new Secret("a:b@c"));
  }

  @Test
  void defaultsAreThoseOfLibpq() {
    DatabaseUrl parsed = parse("postgres://user@");

    assertThat(parsed.hosts()).containsExactly(new DatabaseUrl.Host("localhost", 5432));
    assertThat(parsed.database()).isEqualTo("user");
    assertThat(parsed.password()).isEmpty();
  }

  @Test
  void severalHostsAndIpv6() {
    DatabaseUrl parsed =
        parse("postgres://[2001:db8::1]:5433,b.example/db?target_session_attrs=read-write");

    assertThat(parsed.hosts())
        .containsExactly(
            new DatabaseUrl.Host("2001:db8::1", 5433), new DatabaseUrl.Host("b.example", 5432));
    assertThat(parsed.jdbcUrl())
        .isEqualTo("jdbc:postgresql://[2001:db8::1]:5433,b.example:5432/db");
    assertThat(parsed.properties()).isEqualTo(Map.of("targetServerType", "primary"));
  }

  @Test
  void ofSeveralHostsTheOneThatCanBeWrittenIsMeant() {
    assertThat(parse("postgres://a,b/db").properties())
        .isEqualTo(Map.of("targetServerType", "primary"));
    assertThat(parse("postgres://a,b/db?targetServerType=any").properties())
        .isEqualTo(Map.of("targetServerType", "any"));
    assertThat(parse("postgres://a/db").properties()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mysql://u:secret0123@h/db|expected postgres://",
        "postgres:u:secret0123@h/db|expected postgres://",
        "postgres://u:secret0123@h/db#f|expected postgres://",
        "postgres://u:secret0123@h/db?nosuch=secret0123|unknown parameter nosuch",
        "postgres://u:secret0123@h/db?host=/var/run/postgresql|unknown parameter host",
        "postgres://u:secret0123@%2Fvar%2Frun/db|Unix-domain sockets",
        "postgres://u:secret0123@h/db?target_session_attrs=standby|targetServerType: expected",
        "postgres://u:secret0123@h/db?sslmode=yes|sslmode: expected disable, allow",
        "postgres://u:secret0123@h/db?sslmode=|parameter sslmode has no value",
        "postgres://u:secret0123@h/db?sslmode=allow&sslmode=require|given twice",
        "postgres://u:secret0123@h/db?sslmode=allow&ssl-mode=require|given twice",
        "postgres://u:secret0123@h/db?connect_timeout=soon|connectTimeout: expected a whole number",
        "postgres://u:secret0123%@h/db|the password: expected two hex digits",
        "postgres://u:secret0123%zz@h/db|the password: expected two hex digits",
        "postgres://u:secret0123%ff@h/db|the password: expected percent-encoded UTF-8",
        "postgres://u:secret0123%00@h/db|no NUL character",
        "postgres://u:secret0123@h:0/db|a port from 1 to 65535",
        "postgres://u:secret0123@h:70000/db|a port from 1 to 65535",
        "postgres://u:secret0123@h:x/db|expected host:port",
        "postgres://h|expected the name of a database",
      })
  void theErrorDoesNotShowThePassword(String url, String reason) {
    assertThatThrownBy(() -> parse(url))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("DATABASE_URL: ")
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("secret0123")
        .doesNotContain("\n");
  }

  @Test
  void theVariablesOfLibpqFillInWhatTheUrlLeavesOpen() {
    Map<String, String> environment =
        Map.ofEntries(
            Map.entry("PGHOST", "a.example,::1"),
            Map.entry("PGPORT", "6432"),
            Map.entry("PGUSER", "alice"),
            Map.entry("PGPASSWORD", "p%${x} "),
            Map.entry("PGDATABASE", "sync"),
            Map.entry("PGSSLMODE", "verify-full"),
            Map.entry("PGSSLROOTCERT", "/ca.crt"),
            Map.entry("PGSSLCERT", "/me.crt"),
            Map.entry("PGSSLKEY", "/me.key"),
            Map.entry("PGAPPNAME", "sync-1"),
            Map.entry("PGCONNECT_TIMEOUT", "7"),
            Map.entry("PGTARGETSESSIONATTRS", "read-write"));

    assertThat(parse("postgres://", environment))
        .isEqualTo(
            new DatabaseUrl(
                List.of(new DatabaseUrl.Host("a.example", 6432), new DatabaseUrl.Host("::1", 6432)),
                "sync",
                Optional.of("alice"),
                Optional.of(new Secret("p%${x} ")),
                Map.of(
                    "sslmode", "verify-full",
                    "sslrootcert", "/ca.crt",
                    "sslcert", "/me.crt",
                    "sslkey", "/me.key",
                    "ApplicationName", "sync-1",
                    "connectTimeout", "7",
                    "targetServerType", "primary")));
    assertThat(
            parse(
                "postgres://bob:b@db.example:1/other?sslmode=disable&sslrootcert=x&sslcert=x"
                    + "&sslkey=x&application_name=x&connectTimeout=1&targetServerType=any",
                environment))
        .isEqualTo(
            parse(
                "postgres://bob:b@db.example:1/other?sslmode=disable&sslrootcert=x&sslcert=x"
                    + "&sslkey=x&application_name=x&connectTimeout=1&targetServerType=any"));
    assertThat(parse("postgres://db.example", environment).hosts())
        .containsExactly(new DatabaseUrl.Host("db.example", 6432));
    assertThat(parse("postgres://:7432/", environment).hosts())
        .containsExactly(
            new DatabaseUrl.Host("a.example", 7432), new DatabaseUrl.Host("::1", 7432));
  }

  @ParameterizedTest
  @CsvSource({
    "PGSSLMODE,yes,'PGSSLMODE: sslmode: expected disable'",
    "PGCONNECT_TIMEOUT,soon,'PGCONNECT_TIMEOUT: connectTimeout: expected a whole number'",
    "PGPORT,x,'PGPORT: expected a port'",
    "PGHOST,/run/postgresql,'PGHOST: expected a host; Unix-domain sockets'",
    "PGHOST,a/b,'PGHOST: expected host names'",
  })
  void aBadVariableIsNamed(String variable, String value, String error) {
    assertThatThrownBy(() -> parse("postgres://u@/db", Map.of(variable, value)))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith(error);
  }

  @Test
  void theSettingOfTheTimeoutGoesBeforeTheVariable() {
    Map<String, String> environment =
        Map.of("DATABASE_URL", "postgres://h/db", "PGCONNECT_TIMEOUT", "7");
    assertThat(DatabaseSettings.read(environment::get).url().orElseThrow().properties())
        .containsEntry("connectTimeout", "7");
    Map<String, String> both = new HashMap<>(environment);
    both.put("DATABASE_CONNECT_TIMEOUT_SECONDS", "9");
    assertThat(DatabaseSettings.read(both::get).url().orElseThrow().properties()).isEmpty();
  }
}
