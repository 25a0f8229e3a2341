package dev.betterbase.sync.operation;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationState;

/**
 * Brings a database up to date: an empty one, one of this server, or one of the earlier release,
 * which it adopts (storage.md). Any number of servers may do this at the same time.
 *
 * <p>A new database starts with the schema of the earlier release (migration 1), so both kinds of
 * database take the same path: to adopt one, set the baseline to 1 and run what follows. The
 * functions in the database are repeatable migrations: each is run again when its script changes.
 */
public final class SchemaMigration {
  /** An arbitrary number ("bbsync") that nothing else in the database should lock. */
  private static final long LOCK = 0x626273796e63L;

  private final DataSource database;

  /**
   * @param database the source of connections; up to four are in use at a time
   */
  public SchemaMigration(DataSource database) {
    this.database = database;
  }

  /**
   * Migrates the database, or does nothing if the schema is up to date. All or nothing.
   *
   * @throws SchemaMigrationException if that is not possible; nothing was changed
   */
  public SchemaReport migrate() throws SchemaMigrationException {
    DataSource connections = MigrationConnections.of(database, false);
    try (Connection connection = connections.getConnection()) {
      lock(connection);
      SchemaState before = SchemaState.of(connection);
      Flyway flyway = flyway(connections, before);
      List<String> migrations = pending(flyway, before);
      try {
        flyway.migrate();
      } catch (FlywayException failure) {
        dropHistoryOfNothing(connection);
        throw failure;
      }
      return new SchemaReport(before, migrations, true, BrokenRows.find(connection));
    } catch (SQLException | FlywayException failure) {
      throw new SchemaMigrationException("the database cannot be migrated", failure);
    }
  }

  /**
   * Says what {@link #migrate} would do. Changes nothing; its connections are read-only.
   *
   * @throws SchemaMigrationException if {@link #migrate} would refuse the database
   */
  public SchemaReport check() throws SchemaMigrationException {
    DataSource connections = MigrationConnections.of(database, true);
    try (Connection connection = connections.getConnection()) {
      SchemaState before = SchemaState.of(connection);
      List<String> migrations = pending(flyway(connections, before), before);
      List<BrokenRows> broken =
          before == SchemaState.EMPTY ? List.of() : BrokenRows.find(connection);
      return new SchemaReport(before, migrations, false, broken);
    } catch (SQLException | FlywayException failure) {
      throw new SchemaMigrationException("the database cannot be checked", failure);
    }
  }

  // Flyway takes its own lock only after it has looked for a history. This one also covers the look
  // at
  // what kind of database this is, because another server could adopt it in between.
  private static void lock(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("select pg_advisory_lock(" + LOCK + ")");
    }
  }

  private static Flyway flyway(DataSource connections, SchemaState before) {
    return Flyway.configure(SchemaMigration.class.getClassLoader())
        .dataSource(connections)
        .loggers(MigrationLog.class.getName())
        .resourceProvider(new MigrationScripts())
        .javaMigrationClassProvider(List::of)
        .table(SchemaState.HISTORY)
        // The schema may hold other tables; it then counts as not empty and needs a baseline.
        .baselineOnMigrate(true)
        .baselineVersion(before == SchemaState.EARLIER_RELEASE ? "1" : "0")
        .baselineDescription(before == SchemaState.EARLIER_RELEASE ? "earlier release" : "empty")
        // A release that drops a function also drops its script.
        .ignoreMigrationPatterns("*:future", "repeatable:missing")
        // One transaction for all, because a half-migrated schema fits neither release.
        .group(true)
        // A lock of the session, because a lock of a transaction would keep that transaction open
        // for as
        // long as the migrations take.
        .configuration(Map.of("flyway.postgresql.transactional.lock", "false"))
        .load();
  }

  private static List<String> pending(Flyway flyway, SchemaState before)
      throws SchemaMigrationException {
    MigrationInfo[] all = flyway.info().all();
    requireOwnHistory(all);
    return Arrays.stream(all)
        .filter(migration -> migration.getState() == MigrationState.PENDING)
        .filter(migration -> before != SchemaState.EARLIER_RELEASE || !isEarlierSchema(migration))
        .map(SchemaMigration::name)
        .toList();
  }

  private static void requireOwnHistory(MigrationInfo[] all) throws SchemaMigrationException {
    for (MigrationInfo migration : all) {
      if (migration.getState() == MigrationState.SUCCESS
          && migration.isVersioned()
          && !migration.isChecksumMatching()) {
        throw new SchemaMigrationException(
            "the database was made by an interim build, from before the first release of this"
                + " server, and cannot be migrated; use an empty database, or restore the database"
                + " of the earlier release from before its adoption");
      }
    }
    for (MigrationInfo migration : all) {
      if (migration.getState() == MigrationState.FUTURE_SUCCESS) {
        throw new SchemaMigrationException(
            "the database was migrated to version "
                + migration.getVersion()
                + " by a newer release than this");
      }
    }
  }

  private static boolean isEarlierSchema(MigrationInfo migration) {
    return migration.isVersioned() && migration.getVersion().getMajor().intValueExact() == 1;
  }

  private static String name(MigrationInfo migration) {
    return migration.isVersioned()
        ? migration.getVersion() + " (" + migration.getDescription() + ")"
        : migration.getDescription() + " (functions)";
  }

  // Flyway writes the baseline before the migrations begin. If they fail it must go, because it
  // would
  // make the database count as ours.
  private static void dropHistoryOfNothing(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          do $$ begin
            if to_regclass('%1$s') is not null
                and not exists (select from %1$s where type <> 'BASELINE') then
              drop table %1$s;
            end if;
          end $$
          """
              .formatted(SchemaState.HISTORY));
    }
  }
}
