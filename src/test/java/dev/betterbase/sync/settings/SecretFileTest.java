package dev.betterbase.sync.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretFileTest {
  private static final String SECRET = "secret0123".repeat(4);

  private final Path folder;

  SecretFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path file(String content) throws IOException {
    return Files.writeString(folder.resolve("secret"), content);
  }

  private static Optional<String> find(Setting setting, Map<String, String> values) {
    return new SettingsReader(values::get).findSet(setting).map(SettingsReader.Given::value);
  }

  private static Optional<String> metricsToken(Path file) {
    return find(Setting.METRICS_TOKEN, Map.of("METRICS_TOKEN_FILE", file.toString()));
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void everySecretAndNothingElseMayBeInAFile(Setting setting) throws IOException {
    Map<String, String> values = Map.of(setting.name() + "_FILE", file(SECRET + "\n").toString());

    assertThat(find(setting, values))
        .isEqualTo(setting.isSecret() ? Optional.of(SECRET) : Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\r\n", "\n\n", " \t\n"})
  void theEndOfTheLineIsNotPartOfTheSecret(String end) throws IOException {
    assertThat(metricsToken(file(SECRET + end))).contains(SECRET);
  }

  @Test
  void aLinkToAFileThatAllMayReadIsAccepted() throws IOException {
    // That is how Kubernetes mounts a secret.
    Path file = file(SECRET);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);

    assertThat(metricsToken(link)).contains(SECRET);
  }

  @Test
  void aBlankNameCountsAsNotSet() {
    assertThat(find(Setting.METRICS_TOKEN, Map.of("METRICS_TOKEN_FILE", " "))).isEmpty();
  }

  @Test
  void onlyOneOfBothMayBeGiven() throws IOException {
    Map<String, String> values = new HashMap<>();
    values.put("METRICS_TOKEN", SECRET);
    values.put("METRICS_TOKEN_FILE", file(SECRET).toString());

    assertThatThrownBy(() -> find(Setting.METRICS_TOKEN, values))
        .isInstanceOf(InvalidSetting.class)
        .hasMessage(
            "METRICS_TOKEN and METRICS_TOKEN_FILE are both set: expected one of them, so unset the"
                + " other");
  }

  private void assertRefused(Path file, String fault) {
    assertThatThrownBy(() -> metricsToken(file))
        .isInstanceOf(InvalidSetting.class)
        .hasMessage("METRICS_TOKEN_FILE=" + file + ": the file " + fault);
  }

  @Test
  void whatIsNoSecretFileIsRefusedInOneLine() throws IOException {
    assertRefused(folder.resolve("nothing"), "is missing");
    assertRefused(folder, "is not a regular file");
    assertRefused(Path.of("/dev/zero"), "is not a regular file");
    assertRefused(file(" \n"), "is empty");
    assertRefused(file("x".repeat(65_537)), "is longer than 65536 bytes");
    assertRefused(Files.write(folder.resolve("secret"), new byte[] {'a', -1}), "is not UTF-8 text");
    assertRefused(
        file("\uFEFF" + SECRET), "begins with a byte order mark: save it as UTF-8 without one");
  }

  @Test
  void aFileThatAllMayChangeIsRefused() throws IOException {
    Path file = file(SECRET);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw----rw-"));

    assertRefused(file, "may be changed by all users: run chmod o-w on it");
  }

  @Test
  void aBadValueNamesTheFileAndNotTheValue() throws IOException {
    Path file = file("secret0123\n");
    assertThatThrownBy(
            () ->
                Settings.read(
                    Map.of(
                            "TRUSTED_ISSUERS",
                            "https://issuer.example",
                            "METRICS_TOKEN_FILE",
                            file.toString())
                        ::get))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("METRICS_TOKEN_FILE: expected at least 32")
        .hasMessageNotContaining("secret0123");
  }
}
