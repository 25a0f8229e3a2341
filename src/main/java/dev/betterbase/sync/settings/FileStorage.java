package dev.betterbase.sync.settings;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The place of the bytes of files. */
public sealed interface FileStorage {
  /** No file storage: the routes of files do not exist. */
  record None() implements FileStorage {}

  /**
   * Files on a local disk.
   *
   * @param folder the folder for the files, which is created if it does not exist
   */
  record Local(Path folder) implements FileStorage {}

  /**
   * Files in an S3 bucket, with path-style addressing.
   *
   * @param endpoint an http or https URL
   */
  record S3(URI endpoint, Secret accessKey, Secret secretKey, String bucket, String region)
      implements FileStorage {}

  /**
   * Reads only these settings, for commands.
   *
   * @param source gives the value of a variable, or null
   * @throws InvalidSetting if one of them has a bad value
   */
  static FileStorage read(Function<String, @Nullable String> source) {
    return read(new SettingsReader(source));
  }

  /** Reads the settings for {@code serve --dev}, where the default backend is the local disk. */
  static FileStorage readForDevelopment(SettingsReader reader) {
    return reader.findSet(Setting.FILE_STORAGE_BACKEND).isPresent()
        ? read(reader)
        : local(reader.withDefault(Setting.FILE_STORAGE_PATH));
  }

  /** Reads the backend and the settings that it needs. */
  static FileStorage read(SettingsReader reader) {
    SettingsReader.Given backend = reader.withDefault(Setting.FILE_STORAGE_BACKEND);
    boolean useSsl = reader.truth(Setting.FILE_S3_USE_SSL);
    SettingsReader.Given folder = reader.withDefault(Setting.FILE_STORAGE_PATH);
    return switch (backend.value()) {
      case "none" -> new None();
      case "local", "fs" -> local(folder);
      case "s3" -> s3(reader, useSsl);
      default -> throw backend.expected("none, local, fs or s3");
    };
  }

  private static Local local(SettingsReader.Given given) {
    try {
      if (FileNames.isMisread(given.value())) {
        throw given.expected(
            "the path of a folder, but it or the working folder " + FileNames.MISREAD);
      }
      return new Local(Path.of(given.value()));
    } catch (InvalidPathException e) {
      throw given.expected("the path of a folder");
    }
  }

  private static S3 s3(SettingsReader reader, boolean useSsl) {
    String why = "with FILE_STORAGE_BACKEND=s3";
    SettingsReader.Given endpoint = reader.require(Setting.FILE_S3_ENDPOINT, why);
    return new S3(
        endpoint(endpoint, useSsl),
        new Secret(reader.require(Setting.FILE_S3_ACCESS_KEY, why).value()),
        new Secret(reader.require(Setting.FILE_S3_SECRET_KEY, why).value()),
        reader.require(Setting.FILE_S3_BUCKET, why).value(),
        reader.withDefault(Setting.FILE_S3_REGION).value());
  }

  private static URI endpoint(SettingsReader.Given given, boolean useSsl) {
    String text = given.value();
    String url = text.contains("://") ? text : (useSsl ? "https://" : "http://") + text;
    return HttpUrl.parse(url)
        .filter(uri -> uri.getRawQuery() == null)
        .orElseThrow(() -> given.expected("an http or https URL, or host:port"));
  }
}
