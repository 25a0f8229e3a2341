package dev.betterbase.sync.launcher.backup;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.betterbase.sync.launcher.DiskSync;
import dev.betterbase.sync.launcher.StartRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The contents of a backup. It is written last, so a backup that has it was made to its end. It is
 * complete if no bytes were lost.
 *
 * @param format {@link #FORMAT}, or {@link #FORMAT_WITH_SHARDS}
 * @param release the release that made the backup
 * @param schema the version of the schema that the rows fit
 * @param createdAt the time at which the backup began, in the form of RFC 3339
 * @param tables those of the first database, in the order in which they are restored
 * @param unvalidated the constraints of the first database that rows of the earlier release may
 *     break
 * @param files the number of files whose bytes are in the backup
 * @param lost the number of files whose bytes should be in the backup, but could not be read
 * @param shards the other databases, from the second on
 */
record Manifest(
    @JsonProperty("format") int format,
    @JsonProperty("release") String release,
    @JsonProperty("schema") int schema,
    @JsonProperty("created_at") String createdAt,
    @JsonProperty("tables") List<Table> tables,
    @JsonProperty("unvalidated") List<String> unvalidated,
    @JsonProperty("files") long files,
    @JsonProperty("lost") @JsonInclude(JsonInclude.Include.NON_DEFAULT) long lost,
    @JsonProperty("shards")
        @JsonSetter(nulls = Nulls.AS_EMPTY)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        List<Rows> shards) {

  /** A backup of one database, as all releases that have backups write it. */
  private static final int FORMAT = 1;

  /** A backup of several. Releases that read only the first database refuse it. */
  private static final int FORMAT_WITH_SHARDS = 2;

  private static final String NAME = "backup.json";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  Manifest {
    Objects.requireNonNull(release);
    Objects.requireNonNull(createdAt);
    tables = List.copyOf(tables);
    unvalidated = List.copyOf(unvalidated);
    shards = List.copyOf(shards);
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

    /**
     * The file with the rows, in PostgreSQL's binary form of COPY.
     *
     * @param folder that of the database
     */
    Path file(Path folder) {
      return folder.resolve(name + ".copy");
    }
  }

  /**
   * The rows of a database.
   *
   * @param tables in the order in which they are restored
   * @param unvalidated the constraints that rows of the earlier release may break
   */
  record Rows(
      @JsonProperty("tables") List<Table> tables,
      @JsonProperty("unvalidated") List<String> unvalidated) {
    Rows {
      tables = List.copyOf(tables);
      unvalidated = List.copyOf(unvalidated);
    }
  }

  /**
   * @param databases from the first on
   */
  static Manifest of(
      String release, int schema, String createdAt, List<Rows> databases, long files, long lost) {
    Rows first = databases.getFirst();
    return new Manifest(
        databases.size() == 1 ? FORMAT : FORMAT_WITH_SHARDS,
        release,
        schema,
        createdAt,
        first.tables(),
        first.unvalidated(),
        files,
        lost,
        databases.subList(1, databases.size()));
  }

  /** All databases, from the first on. */
  List<Rows> databases() {
    return Stream.concat(Stream.of(new Rows(tables, unvalidated)), shards.stream()).toList();
  }

  /** The numbers of rows and tables in the backup, for people. */
  String size() {
    List<Table> all = databases().stream().flatMap(rows -> rows.tables().stream()).toList();
    return all.stream().mapToLong(Table::rows).sum()
        + " rows of "
        + all.size()
        + " tables"
        + (shards.isEmpty() ? "" : " in " + databases().size() + " databases");
  }

  /**
   * The folder with the rows of a database.
   *
   * @param number its number among the databases, from 1
   */
  static Path folder(Path backup, int number) {
    return backup.resolve(number == 1 ? "database" : "database-" + number);
  }

  void write(Path backup) throws IOException {
    Path file = backup.resolve(NAME);
    Files.write(file, JSON.writeValueAsBytes(this));
    DiskSync.force(file);
    DiskSync.force(backup);
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
      JsonNode json = JSON.readTree(Files.readAllBytes(file));
      int format = json.path("format").asInt();
      if (format != FORMAT && format != FORMAT_WITH_SHARDS) {
        throw new StartRefused(
            file
                + " has format "
                + format
                + ", but this release reads "
                + FORMAT
                + " and "
                + FORMAT_WITH_SHARDS);
      }
      return JSON.treeToValue(json, Manifest.class);
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      throw new StartRefused(file + " is damaged: " + e.getOriginalMessage(), e);
    }
  }
}
