package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestUser;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Map;

/**
 * The statements of a push, by {@code pg_stat_statements}: those that the server sends, and those
 * that run within the function. The extension slows PostgreSQL down, so this case is the last one.
 */
final class StatementCases {
  private static final int PUSHES = 1_000;
  private static final int CAPACITY = 4_096;

  private StatementCases() {}

  static void run(Bench bench) throws Exception {
    BenchServer server = bench.server();
    server.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
    server.restart();
    server.execute("CREATE EXTENSION pg_stat_statements");
    TestUser user = server.server().newUser();
    Map<String, Object> own = Requests.map("space", user.personalSpace());
    count(bench, "statements.push", "statements of a push", user.token(), own);
    Member writer = SharedSpace.create(server.server()).invite("write");
    count(
        bench,
        "statements.push.shared",
        "  in a shared space, depth-2 UCAN",
        writer.token(),
        writer.params());
    server.execute("ALTER SYSTEM RESET shared_preload_libraries");
    server.restart();
  }

  private static void count(
      Bench bench, String id, String what, String token, Map<String, Object> target)
      throws Exception {
    BenchServer server = bench.server();
    try (RpcSocket socket = RpcSocket.open(server.port(), token, CAPACITY);
        Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      PushFrame frame = PushFrame.ofNew(target, 1);
      push(socket, frame);
      statement.execute("SET pg_stat_statements.track = 'none'");
      statement.execute("ALTER SYSTEM SET pg_stat_statements.track = 'all'");
      statement.execute("SELECT pg_reload_conf()");
      push(socket, frame);
      Counts before = Counts.read(statement);
      push(socket, frame);
      Counts counts = Counts.read(statement).minus(before);
      bench.report(
          Row.of(id, what, counts.sent / (double) PUSHES, "sent")
              .note(
                  String.format(
                      Locale.ROOT,
                      "%.2f more within functions, %.2f transactions",
                      counts.nested / (double) PUSHES,
                      counts.transactions / (double) PUSHES)));
    }
  }

  private static void push(RpcSocket socket, PushFrame frame) throws IOException {
    for (int i = 0; i < PUSHES; i++) {
      socket.send(frame.withNewIds());
      if (!socket.result().path("ok").asBoolean()) {
        throw new IOException("not pushed");
      }
    }
  }

  /** The calls so far of the server's role. */
  private record Counts(long sent, long nested, long transactions) {
    private static final String QUERY =
        """
        select coalesce(sum(s.calls) filter (where s.toplevel), 0),
               coalesce(sum(s.calls) filter (where not s.toplevel), 0),
               (select xact_commit + xact_rollback from pg_stat_database
                 where datname = current_database())
          from pg_stat_statements s
         where s.userid = (select oid from pg_roles where rolname = 'betterbase_sync')
        """;

    static Counts read(Statement statement) throws SQLException, InterruptedException {
      // A backend reports its count of transactions a second or so later, when it is idle.
      Thread.sleep(3_000);
      try (ResultSet row = statement.executeQuery(QUERY)) {
        row.next();
        return new Counts(row.getLong(1), row.getLong(2), row.getLong(3));
      }
    }

    Counts minus(Counts before) {
      return new Counts(
          sent - before.sent, nested - before.nested, transactions - before.transactions);
    }
  }
}
