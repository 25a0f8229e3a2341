package dev.betterbase.sync.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgres://user:pass@db.example:6432/sync?sslmode=require",
        "postgresql://user:pass@db.example:6432/sync?sslmode=require",
        "jdbc:postgresql://user:pass@db.example:6432/sync?sslmode=require",
        "jdbc:postgresql://db.example:6432/sync?sslmode=require&user=user&password=pass",
      })
  void allFormsOfTheUrlAreEqual(String url) {
    DatabaseUrl parsed = DatabaseUrl.parse(url);

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
        DatabaseUrl.parse(
            "postgres://us%65r:p%40ss%2Fw%C3%B6rd+%25@h/d%20b?application_name=a%26b");

    assertThat(parsed.user()).contains("user");
    assertThat(parsed.password()).contains(new Secret("p@ss/wörd+%"));
    assertThat(parsed.database()).isEqualTo("d b");
    assertThat(parsed.properties()).isEqualTo(Map.of("ApplicationName", "a&b"));
    assertThat(parsed.jdbcUrl()).isEqualTo("jdbc:postgresql://h:5432/d%20b");
  }

  @Test
  void aPasswordMayContainColonsAndAtSigns() {
    assertThat(DatabaseUrl.parse("postgres://u:a:b@c@h/db").password())
        .contains(new Secret("a:b@c"));
  }

  @Test
  void defaultsAreThoseOfLibpq() {
    DatabaseUrl parsed = DatabaseUrl.parse("postgres://user@");

    assertThat(parsed.hosts()).containsExactly(new DatabaseUrl.Host("localhost", 5432));
    assertThat(parsed.database()).isEqualTo("user");
    assertThat(parsed.password()).isEmpty();
  }

  @Test
  void severalHostsAndIpv6() {
    DatabaseUrl parsed =
        DatabaseUrl.parse(
            "postgres://[2001:db8::1]:5433,b.example/db?target_session_attrs=read-write");

    assertThat(parsed.hosts())
        .containsExactly(
            new DatabaseUrl.Host("2001:db8::1", 5433), new DatabaseUrl.Host("b.example", 5432));
    assertThat(parsed.jdbcUrl())
        .isEqualTo("jdbc:postgresql://[2001:db8::1]:5433,b.example:5432/db");
    assertThat(parsed.properties()).isEqualTo(Map.of("targetServerType", "primary"));
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
    assertThatThrownBy(() -> DatabaseUrl.parse(url))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("DATABASE_URL: ")
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("secret0123")
        .doesNotContain("\n");
  }
}
