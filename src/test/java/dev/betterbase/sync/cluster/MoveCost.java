package dev.betterbase.sync.cluster;

import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;

/**
 * How long {@code admin spaces move} takes for a space of 100,000 records of 512 bytes that nobody
 * uses: in all, with the start of the command, and while its writers would have to wait.
 */
final class MoveCost {
  private static final int RECORDS = 100_000;
  private static final int MOVES = 6;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final String FILL =
      """
      insert into spaces (id, client_id, cursor) values ('%1$s', 'bench', %2$d);
      insert into records (space_id, id, cursor, blob, wrapped_dek)
        select '%1$s', gen_random_uuid(), i, decode(repeat('5a', 512), 'hex'),
          decode(repeat('00', 44), 'hex')
        from generate_series(1, %2$d) as i;
      """;

  private final TestPostgres.Database first;
  private final TestPostgres.Database second;
  private final String space = UUID.randomUUID().toString();

  MoveCost(TestPostgres postgres) {
    first = postgres.newDatabase();
    second = postgres.newDatabase();
  }

  /** Moves the space there and back several times, and prints a line for each move. */
  void measure() throws SQLException {
    long unused = run("migrate");
    try (Connection connection = first.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(FILL.formatted(space, RECORDS));
      statement.execute("vacuum analyze");
    }
    System.out.println("a space of 100,000 records of 512 bytes moves to the other database");
    for (int i = 1; i <= MOVES; i++) {
      long millis = run("admin", "spaces", "move", space, "--to", i % 2 == 1 ? "2" : "1");
      System.out.printf("  %d ms in all%n", millis);
    }
  }

  private long run(String... arguments) {
    long began = System.nanoTime();
    try (ServerProcess command =
        ServerProcess.builder()
            .name("move-cost")
            .jvmAsShipped()
            .with("DATABASE_URL", first.url())
            .with("DATABASE_SHARDS", second.url())
            .arguments(arguments)
            .launch()) {
      if (command.awaitExit(LIMIT) != 0) {
        throw new IllegalStateException(command.output());
      }
      System.out.print(command.output());
    }
    return Duration.ofNanos(System.nanoTime() - began).toMillis();
  }
}
