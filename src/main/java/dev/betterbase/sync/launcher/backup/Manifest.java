package dev.betterbase.sync.launcher.backup;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.betterbase.sync.launcher.StartRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * What a backup holds. It is written last, so a backup that has it is complete.
 *
 * @param format {@link #FORMAT}
 * @param release the release that made the backup
 * @param schema the version of the schema that the rows fit
 * @param createdAt when it was begun, in the form of RFC 3339
 * @param tables the tables, in the order in which they are restored
 * @param unvalidated the constraints that rows of the earlier release may break
 * @param files the number of files whose bytes are in the backup
 */
record Manifest(
    @JsonProperty("format") int format,
    @JsonProperty("release") String release,
    @JsonProperty("schema") int schema,
    @JsonProperty("created_at") String createdAt,
    @JsonProperty("tables") List<Table> tables,
    @JsonProperty("unvalidated") List<String> unvalidated,
    @JsonProperty("files") long files) {

  private static final int FORMAT = 1;
  private static final String NAME = "backup.json";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  Manifest {
    Objects.requireNonNull(release);
    Objects.requireNonNull(createdAt);
    tables = List.copyOf(tables);
    unvalidated = List.copyOf(unvalidated);
  }

  /**
   * The rows of a table.
   *
   * @param columns in the order in which the rows have them
   * @param sha256 of the file with the rows, in hex
   */
  record Table(
      @JsonProperty("name") String name,
      @JsonProperty("columns") List<String> columns,
      @JsonProperty("rows") long rows,
      @JsonProperty("sha256") String sha256) {
    Table {
      Objects.requireNonNull(name);
      Objects.requireNonNull(sha256);
      columns = List.copyOf(columns);
    }

    /** The file with the rows, in PostgreSQL's binary form of COPY. */
    Path file(Path backup) {
      return backup.resolve("database").resolve(name + ".copy");
    }
  }

  static Manifest of(
      String release,
      int schema,
      String createdAt,
      List<Table> tables,
      List<String> unvalidated,
      long files) {
    return new Manifest(FORMAT, release, schema, createdAt, tables, unvalidated, files);
  }

  void write(Path backup) throws IOException {
    Files.write(backup.resolve(NAME), JSON.writeValueAsBytes(this));
  }

  /**
   * Reads the manifest of a backup.
   *
   * @throws StartRefused if the folder is no complete backup that this release can read
   */
  static Manifest read(Path backup) throws IOException {
    Path file = backup.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      throw new StartRefused(
          backup + " is not a complete backup: it has no " + NAME + ", which is written last");
    }
    try {
      Manifest manifest = JSON.readValue(Files.readAllBytes(file), Manifest.class);
      if (manifest.format() != FORMAT) {
        throw new StartRefused(
            file + " has format " + manifest.format() + ", but this release reads " + FORMAT);
      }
      return manifest;
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      throw new StartRefused(file + " is damaged: " + e.getOriginalMessage(), e);
    }
  }
}
