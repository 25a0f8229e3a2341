package dev.betterbase.sync.bench;

import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.Requests;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * What the storage quotas cost a push: the processor time of the PostgreSQL process that runs it,
 * with a quota and without. A cost of a few percent is lost in the noise of a load over seconds, so
 * one process takes short turns with each kind of push, and the ratio is the median over the
 * rounds. The row "none again" compares pushes without a quota with others without one: what it
 * differs from 1 is the noise.
 *
 * <p>{@code mvn -Pbench package -Dbench.program=quota}, about two minutes
 */
public final class QuotaBench {
  private static final int ROUNDS = 100;

  /** The first rounds warm up the process, and are not counted. */
  private static final int WARM_UP = 10;

  private static final int PUSHES = 100;

  /** The spaces of the person beside the one that is pushed to. */
  private static final int OTHER_SPACES = 20;

  private static final long SPACE_BYTES = 1L << 30;
  private static final long PERSON_BYTES = 1L << 30;
  private static final String PERSON = "5".repeat(64);

  private static final String PUSH =
      "select code, at_cursor, exceeded, used"
          + " from push_records(?, 'bench', null, ?, ?, ?, ?, 1, ?, ?, ?, ?)";

  /**
   * A kind of push, in a space of its own.
   *
   * @param ofSpace the quota of the space, or null
   * @param ofPerson the quota of the person, or null
   */
  private record Kind(String name, UUID space, @Nullable Long ofSpace, @Nullable Long ofPerson) {
    Kind(String name, @Nullable Long ofSpace, @Nullable Long ofPerson) {
      this(name, UUID.randomUUID(), ofSpace, ofPerson);
    }
  }

  /** The first has no quota; the others are compared with it. */
  private static final List<Kind> KINDS =
      List.of(
          new Kind("none", null, null),
          new Kind("none again", null, null),
          new Kind("QUOTA_SPACE_BYTES", SPACE_BYTES, null),
          new Kind("QUOTA_PERSON_BYTES", null, PERSON_BYTES),
          new Kind("both", SPACE_BYTES, PERSON_BYTES));

  private final Connection connection;
  private final PreparedStatement push;
  private final Path times;

  private QuotaBench(Connection connection) throws SQLException {
    this.connection = connection;
    this.push = connection.prepareStatement(PUSH);
    int process = connection.unwrap(PGConnection.class).getBackendPID();
    this.times = Path.of("/proc", Integer.toString(process), "schedstat");
  }

  /** Runs it all; takes no arguments. */
  public static void main(String[] arguments) throws Exception {
    DataSource database = Databases.migrated();
    for (int i = 0; i < OTHER_SPACES; i++) {
      Databases.execute(
          database,
          "insert into spaces (id, client_id, root_public_key, owner_hash, used_bytes)"
              + " values (gen_random_uuid(), 'bench', decode(repeat('02', 33), 'hex'), '"
              + PERSON
              + "', 1000000)");
    }
    try (Connection connection = database.getConnection()) {
      print(System.out, new QuotaBench(connection).run());
    }
  }

  /** The processor time of a push of each kind, in each round, in microseconds. */
  private double[][] run() throws Exception {
    double[][] micros = new double[KINDS.size()][ROUNDS];
    List<Kind> order = new ArrayList<>(KINDS);
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      // Each kind comes first, second and so on equally often.
      Collections.rotate(order, 1);
      for (Kind kind : order) {
        double each = turn(kind);
        if (round >= 0) {
          micros[KINDS.indexOf(kind)][round] = each;
        }
      }
    }
    return micros;
  }

  private double turn(Kind kind) throws SQLException, IOException {
    long before = processorNanos();
    for (int i = 0; i < PUSHES; i++) {
      push(kind);
    }
    return (processorNanos() - before) / 1e3 / PUSHES;
  }

  // proc(5): the time that the process has run, in nanoseconds.
  private long processorNanos() throws IOException {
    return Long.parseLong(Files.readString(times).split(" ", 2)[0]);
  }

  private void push(Kind kind) throws SQLException {
    push.setObject(1, kind.space());
    push.setArray(2, connection.createArrayOf("uuid", new Object[] {UUID.randomUUID()}));
    byte[][] blobs = {Requests.blob(PushFrame.BLOB)};
    push.setArray(3, connection.createArrayOf("bytea", blobs));
    push.setArray(4, connection.createArrayOf("int8", new Object[] {0L}));
    byte[][] deks = {Requests.dek(1)};
    push.setArray(5, connection.createArrayOf("bytea", deks));
    push.setLong(6, PushFrame.BLOB);
    bind(7, kind.ofSpace());
    push.setString(8, kind.ofPerson() == null ? null : PERSON);
    bind(9, kind.ofPerson());
    try (ResultSet row = push.executeQuery()) {
      if (!row.next() || !row.getString(1).equals("pushed")) {
        throw new SQLException("not pushed");
      }
    }
  }

  private void bind(int index, @Nullable Long quota) throws SQLException {
    if (quota == null) {
      push.setNull(index, Types.BIGINT);
    } else {
      push.setLong(index, quota);
    }
  }

  private static void print(PrintStream out, double[][] micros) {
    out.println("| quota | CPU of PostgreSQL for a push | ratio | half of the rounds |");
    out.println("| --- | ---: | ---: | ---: |");
    for (int kind = 0; kind < micros.length; kind++) {
      double[] measured = micros[kind];
      double[] ratios = new double[ROUNDS];
      Arrays.setAll(ratios, round -> measured[round] / micros[0][round]);
      Arrays.sort(ratios);
      double[] each = measured.clone();
      Arrays.sort(each);
      out.printf(
          Locale.ROOT,
          "| %s | %.1f µs | %.3f | %.3f to %.3f |%n",
          KINDS.get(kind).name(),
          each[ROUNDS / 2],
          ratios[ROUNDS / 2],
          ratios[ROUNDS / 4],
          ratios[3 * ROUNDS / 4]);
    }
  }
}
