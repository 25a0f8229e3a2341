package dev.betterbase.sync.operation;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * A script that migrates the schema.
 *
 * @param name its name, from which Flyway takes version and description
 */
record MigrationFile(String name) {
  private static final String FOLDER = "/db/migration/";

  /** All scripts, in the order of their names. */
  static final List<MigrationFile> ALL =
      Stream.of(
              "V1__earlier_release.sql",
              "V2__additions.sql",
              "V3__database_origin.sql",
              "V4__peer_signatures.sql",
              "V5__sealed_signing_keys.sql",
              "V6__storage_quotas.sql",
              "V7__job_leases.sql",
              "V8__shards.sql",
              "V9__moved_spaces.sql",
              "V10__person_grants.sql",
              "R__dek.sql",
              "R__epoch.sql",
              "R__file.sql",
              "R__invitation.sql",
              "R__membership.sql",
              "R__person_grant.sql",
              "R__pull.sql",
              "R__push.sql",
              "R__quota.sql",
              "R__rate_limit.sql",
              "R__restored.sql",
              "R__revocation.sql",
              "R__shard.sql",
              "R__signing_key.sql",
              "R__space_access.sql")
          .map(MigrationFile::new)
          .toList();

  /** The version that the script makes; 0 if it holds functions, which have none. */
  int version() {
    return name.startsWith("V") ? Integer.parseInt(name.substring(1, name.indexOf("__"))) : 0;
  }

  /** The path on the class path. */
  String path() {
    return FOLDER + name;
  }

  Reader read() {
    InputStream content = MigrationFile.class.getResourceAsStream(path());
    if (content == null) {
      throw new IllegalStateException("this build lacks " + path());
    }
    return new InputStreamReader(content, StandardCharsets.UTF_8);
  }

  /** The checksum of the lines, without their ends, that Flyway keeps in its history. */
  int checksum() {
    CRC32 sum = new CRC32();
    try (BufferedReader lines = new BufferedReader(read())) {
      lines.lines().forEach(line -> sum.update(line.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return (int) sum.getValue();
  }
}
