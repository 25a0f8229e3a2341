package dev.betterbase.sync.settings;

import static dev.betterbase.sync.settings.SettingValues.read;
import static dev.betterbase.sync.settings.SettingValues.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileStorageTest {
  @Test
  void s3RequiresItsSettings() {
    Map<String, String> values = values("FILE_STORAGE", "s3");
    for (String variable :
        List.of("FILE_S3_ENDPOINT", "FILE_S3_ACCESS_KEY", "FILE_S3_SECRET_KEY", "FILE_S3_BUCKET")) {
      assertThatThrownBy(() -> FileStorage.read(new SettingsReader(values::get)))
          .isInstanceOf(InvalidSetting.class)
          .hasMessage(variable + " is not set: it is required with FILE_STORAGE_BACKEND=s3");
      values.put(variable, "value");
    }
    assertThat(FileStorage.read(new SettingsReader(values::get)))
        .isEqualTo(
            new FileStorage.S3(
                URI.create("https://value"),
                new Secret("value"),
                new Secret("value"),
                "value",
                "us-east-1"));
  }

  @ParameterizedTest
  @CsvSource({
    "s3.example:9000,true,https://s3.example:9000",
    "s3.example:9000,false,http://s3.example:9000",
    "http://s3.example,true,http://s3.example",
    "object_store:9000,false,http://object_store:9000",
    "http://object_store.my_stack/files/,true,http://object_store.my_stack/files/",
  })
  void anS3EndpointWithoutASchemeGetsOne(String endpoint, String useSsl, String expected) {
    Map<String, String> values =
        values(
            "FILE_STORAGE_BACKEND", "s3",
            "FILE_S3_ENDPOINT", endpoint,
            "FILE_S3_USE_SSL", useSsl,
            "FILE_S3_ACCESS_KEY", "a",
            "FILE_S3_SECRET_KEY", "s",
            "FILE_S3_BUCKET", "b");

    FileStorage.S3 storage = (FileStorage.S3) FileStorage.read(new SettingsReader(values::get));

    assertThat(storage.endpoint()).isEqualTo(URI.create(expected));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://h",
        "https://",
        "http://u:p@h",
        "https://h?x",
        "http://u@a_b",
        "a_b:x",
        "a_b:65536"
      })
  void aBadS3EndpointIsRefused(String endpoint) {
    Map<String, String> values =
        values(
            "FILE_STORAGE",
            "s3",
            "FILE_S3_ENDPOINT",
            endpoint,
            "FILE_S3_ACCESS_KEY",
            "a",
            "FILE_S3_SECRET_KEY",
            "s",
            "FILE_S3_BUCKET",
            "b");

    assertThatThrownBy(() -> FileStorage.read(new SettingsReader(values::get)))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("FILE_S3_ENDPOINT=");
  }

  @Test
  void anAliasCountsAsItsSetting() {
    Map<String, String> values = values("FILE_STORAGE", "local", "FILE_FS_PATH", "/files");

    assertThat(FileStorage.read(new SettingsReader(values::get)))
        .isEqualTo(new FileStorage.Local(Path.of("/files")));
    assertThatThrownBy(() -> read("FILE_STORAGE", "local", "FILE_STORAGE_BACKEND", "none"))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith(
            "FILE_STORAGE=local: expected the same value as FILE_STORAGE_BACKEND");
  }

  @Test
  void aPathThatTheLocaleCannotExpressIsAnError() {
    assertThatThrownBy(
            () -> read("FILE_STORAGE", "local", "FILE_STORAGE_PATH", "/srv/donn\uFFFDes"))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("FILE_STORAGE_PATH ")
        .hasMessageContaining("LC_ALL=C.UTF-8");
  }
}
