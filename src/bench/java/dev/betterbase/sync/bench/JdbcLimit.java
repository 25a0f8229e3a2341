package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.Requests;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The limit if there is no {@code pgbench}: the same call over JDBC, with one thread and one
 * prepared statement for each connection.
 */
final class JdbcLimit implements Limit.Program {
  private static final String PUSH =
      "select code, at_cursor from push_records(?, 'bench', null, ?, ?, ?, ?, 1)";

  private final BenchServer server;

  JdbcLimit(BenchServer server) {
    this.server = server;
  }

  @Override
  public Limit run(int clients, int records, Duration time) throws Exception {
    List<Connection> connections = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(clients)) {
      for (int i = 0; i < clients; i++) {
        connections.add(server.connect());
      }
      Usage before = server.usage();
      long end = System.nanoTime() + time.toNanos();
      List<Future<Latencies>> running = new ArrayList<>();
      for (Connection connection : connections) {
        running.add(threads.submit(() -> push(connection, records, end)));
      }
      Latencies all = new Latencies();
      for (Future<Latencies> each : running) {
        all.addAll(each.get(time.toSeconds() + 60, TimeUnit.SECONDS));
      }
      return new Limit("JDBC", all, time.toMillis() / 1e3, server.usage().since(before));
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }

  private static Latencies push(Connection connection, int records, long end) throws SQLException {
    Latencies latencies = new Latencies();
    byte[][] blobs = new byte[records][];
    byte[][] deks = new byte[records][];
    Object[] ids = new Object[records];
    Object[] expected = new Object[records];
    Arrays.fill(blobs, Requests.blob(PushFrame.BLOB));
    Arrays.fill(deks, Requests.dek(1));
    Arrays.fill(expected, 0L);
    UUID space = UUID.randomUUID();
    try (PreparedStatement statement = prepare(connection)) {
      for (long before = System.nanoTime(); before < end; before = System.nanoTime()) {
        Arrays.setAll(ids, i -> UUID.randomUUID());
        long unused = push(statement, space, new Records(ids, expected, blobs, deks));
        latencies.add(System.nanoTime() - before);
      }
    }
    return latencies;
  }

  /** The records of one push, each at the same place of all arrays. */
  record Records(Object[] ids, Object[] expected, byte[][] blobs, byte[][] deks) {}

  /** The statement of {@link #push(PreparedStatement, UUID, Records)}. */
  static PreparedStatement prepare(Connection connection) throws SQLException {
    return connection.prepareStatement(PUSH);
  }

  /**
   * Pushes records to a space.
   *
   * @return the cursor of the space after the push
   * @throws SQLException if PostgreSQL refuses the statement, or the push
   */
  static long push(PreparedStatement statement, UUID space, Records records) throws SQLException {
    Connection connection = statement.getConnection();
    statement.setObject(1, space);
    statement.setArray(2, connection.createArrayOf("uuid", records.ids()));
    statement.setArray(3, connection.createArrayOf("bytea", records.blobs()));
    statement.setArray(4, connection.createArrayOf("int8", records.expected()));
    statement.setArray(5, connection.createArrayOf("bytea", records.deks()));
    try (ResultSet row = statement.executeQuery()) {
      if (!row.next() || !row.getString(1).equals("pushed")) {
        throw new SQLException("not pushed");
      }
      return row.getLong(2);
    }
  }
}
