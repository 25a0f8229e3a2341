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
 * which it adopts (storage.md). Any number of servers may do this at once.
 *
 * <p>A fresh schema begins with that of the earlier release (migration 1), so that both kinds of
 * database come the same way: adopting one is a baseline at 1, and then all that follows.
 */
public final class SchemaMigration {
  /** Any number will do, as long as nothing else in the database locks it ("bbsync"). */
  private static final long LOCK = 0x626273796e63L;

  private final DataSource database;

  /**
   * @param database where connections come from; up to four are used at a time
   */
  public SchemaMigration(DataSource database) {
    this.database = database;
  }

  /**
   * Migrates, or does nothing where the schema is up to date. All or nothing.
   *
   * @throws SchemaMigrationException where that is not possible; nothing was changed
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
   * @throws SchemaMigrationException where {@link #migrate} would throw it without having begun
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

  // Flyway's own lock begins after it has looked whether there is a history, and ours has to cover
  // the look at what kind of database this is as well: another server could adopt it in between.
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
        // The schema may hold tables of others, so it counts as not empty and gets a baseline.
        .baselineOnMigrate(true)
        .baselineVersion(before == SchemaState.EARLIER_RELEASE ? "1" : "0")
        .baselineDescription(before == SchemaState.EARLIER_RELEASE ? "earlier release" : "empty")
        // One transaction for all: a schema that stops half way fits neither release.
        .group(true)
        // A lock of the session: that of a transaction would be one that stays open for as long as
        // the migrations take.
        .configuration(Map.of("flyway.postgresql.transactional.lock", "false"))
        .load();
  }

  private static List<String> pending(Flyway flyway, SchemaState before)
      throws SchemaMigrationException {
    MigrationInfo[] all = flyway.info().all();
    for (MigrationInfo migration : all) {
      if (migration.getState() == MigrationState.FUTURE_SUCCESS) {
        throw new SchemaMigrationException(
            "the database was migrated to version "
                + migration.getVersion()
                + " by a newer release than this");
      }
    }
    return Arrays.stream(all)
        .filter(migration -> migration.getState() == MigrationState.PENDING)
        .filter(
            migration ->
                before != SchemaState.EARLIER_RELEASE
                    || migration.getVersion().getMajor().intValueExact() > 1)
        .map(migration -> migration.getVersion() + " (" + migration.getDescription() + ")")
        .toList();
  }

  // The baseline is written before the migrations begin: where they fail it must not stay, since it
  // would make the database count as ours.
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
