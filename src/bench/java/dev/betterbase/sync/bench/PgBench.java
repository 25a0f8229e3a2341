package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.Requests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The limit by {@code pgbench}: one prepared statement, which calls the server's own function with
 * records of the same size, over as many connections to the same PostgreSQL.
 */
final class PgBench implements Limit.Program {
  private static final HexFormat HEX = HexFormat.of();

  private final BenchServer server;

  PgBench(BenchServer server) {
    this.server = server;
  }

  /** Whether the machine has the program. */
  static boolean isInstalled() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "pgbench")));
  }

  @Override
  public Limit run(int clients, int records, Duration time) throws Exception {
    Path folder = Files.createTempDirectory(Path.of("target"), "pgbench");
    try {
      Path script = Files.writeString(folder.resolve("push.sql"), script(records));
      long seconds = Math.max(1, time.toSeconds());
      Usage before = server.usage();
      pgbench(folder, script, clients, seconds);
      Usage usage = server.usage().since(before);
      Latencies latencies = new Latencies();
      try (Stream<Path> files = Files.list(folder)) {
        for (Path log : files.filter(PgBench::isTransactionLog).toList()) {
          read(log, latencies);
        }
      }
      return new Limit("pgbench", latencies, seconds, usage);
    } finally {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  // One blob for all records of a call, so the statement carries fewer bytes than that of the
  // server.
  private static String script(int records) {
    String ids =
        records == 1
            ? "array[gen_random_uuid()]"
            : "(select array_agg(gen_random_uuid()) from generate_series(1, " + records + "))";
    return """
    select code, at_cursor from push_records(
      md5('limit' || :client_id::text)::uuid, 'bench', null, %s,
      array_fill(:blob::bytea, array[%d]), array_fill(0::bigint, array[%d]),
      array_fill(:dek::bytea, array[%d]), 1);
    """
        .formatted(ids, records, records, records);
  }

  private void pgbench(Path folder, Path script, int clients, long seconds) throws Exception {
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                "pgbench",
                "--no-vacuum",
                "--protocol=prepared",
                "--client=" + clients,
                "--jobs=1",
                "--time=" + seconds,
                "--file=" + script.toAbsolutePath(),
                "--define=blob=\\x" + HEX.formatHex(Requests.blob(PushFrame.BLOB)),
                "--define=dek=\\x" + HEX.formatHex(Requests.dek(1)),
                "--log",
                "--log-prefix=" + folder.resolve("transactions").toAbsolutePath(),
                "--host=127.0.0.1",
                "--port=" + server.databasePort(),
                "--username=" + BenchServer.SUPERUSER,
                BenchServer.DATABASE));
    builder.environment().put("PGPASSWORD", server.superuserPassword());
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    if (!process.waitFor(seconds + 60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("pgbench does not end");
    }
    String text = Files.readString(output);
    if (process.exitValue() != 0 || !text.contains("number of failed transactions: 0 ")) {
      throw new IOException("pgbench failed: " + text);
    }
  }

  private static boolean isTransactionLog(Path file) {
    return file.getFileName().toString().startsWith("transactions");
  }

  // client, transaction, time in microseconds, …
  private static void read(Path log, Latencies into) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      lines.forEach(line -> into.add(1_000 * Long.parseLong(line.split(" ", 4)[2])));
    }
  }
}
