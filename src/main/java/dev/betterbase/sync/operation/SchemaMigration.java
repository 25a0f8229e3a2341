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
 *
 * <p>While nodes are upgraded one after another, an older release may start again on a schema that
 * a newer one has migrated. If the newer one allows it ({@link MigrationHistory}), the older one
 * changes nothing and works. Otherwise it is refused (docs/decisions/0019-nodes.md).
 */
public final class SchemaMigration {
  /** An arbitrary number ("bbsync") that nothing else in the database should lock. */
  private static final long LOCK = 0x626273796e63L;

  private final DataSource database;

  /**
   * @param database the source of connections; one is in use at a time
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
    SchemaState before;
    List<String> migrations;
    try (var transaction = MigrationTransaction.begin(database)) {
      Connection connection = transaction.connection();
      SchemaRights.requireSchema(connection);
      lock(connection);
      before = SchemaState.of(connection);
      migrations =
          before == SchemaState.NEWER || isUpToDate(before, connection)
              ? List.of()
              : migrate(transaction, before);
      if (migrations.isEmpty() && before != SchemaState.NEWER) {
        SchemaObjects.requireAll(connection);
      }
    } catch (SQLException | FlywayException failure) {
      throw new SchemaMigrationException("the database cannot be migrated", failure);
    }
    return new SchemaReport(before, migrations, true, brokenRows());
  }

  /**
   * Whether the schema is that of this release: neither older nor newer, and neither empty nor of
   * another program.
   *
   * @throws SchemaMigrationException if the role may use no schema at all
   */
  public boolean isCurrent() throws SQLException, SchemaMigrationException {
    try (var transaction = MigrationTransaction.beginReadOnly(database)) {
      SchemaRights.requireSchema(transaction.connection());
      return isCurrent(transaction.connection());
    }
  }

  private static boolean isCurrent(Connection connection) throws SQLException {
    try {
      return isUpToDate(SchemaState.of(connection), connection);
    } catch (SchemaMigrationException unknown) {
      return false;
    }
  }

  /** The version of the schema that this release makes. */
  public static int latestVersion() {
    return MigrationFile.ALL.stream().mapToInt(MigrationFile::version).max().orElse(0);
  }

  /**
   * Makes the tables of an earlier version in an empty database, to restore a backup of it. Its
   * functions come with {@link #migrate}. Does nothing if they are there already.
   *
   * @throws SchemaMigrationException if the database is neither empty nor of this version; nothing
   *     was changed
   */
  public void makeTables(int version) throws SchemaMigrationException {
    try (var transaction = MigrationTransaction.begin(database)) {
      Connection connection = transaction.connection();
      SchemaRights.requireSchema(connection);
      lock(connection);
      switch (SchemaState.of(connection)) {
        case EMPTY -> {
          SchemaRights.requireChanges(connection);
          flyway(transaction.dataSource(), SchemaState.EMPTY, version).migrate();
          transaction.commit();
        }
        case OWN, NEWER -> requireVersion(connection, version);
        case EARLIER_RELEASE ->
            throw new SchemaMigrationException("the database is one of the earlier release");
      }
    } catch (SQLException | FlywayException failure) {
      throw new SchemaMigrationException("the tables cannot be made", failure);
    }
  }

  private static void requireVersion(Connection connection, int version)
      throws SQLException, SchemaMigrationException {
    int present = MigrationHistory.version(connection);
    if (present != version) {
      throw new SchemaMigrationException(
          "the database has version " + present + " of the schema, and not version " + version);
    }
  }

  private static List<String> migrate(MigrationTransaction transaction, SchemaState before)
      throws SQLException, SchemaMigrationException {
    Flyway flyway = flyway(transaction.dataSource(), before, Integer.MAX_VALUE);
    List<String> migrations = pending(flyway, before);
    if (!migrations.isEmpty()) {
      SchemaRights.requireChanges(transaction.connection());
      flyway.migrate();
      SchemaObjects.requireAll(transaction.connection());
      transaction.commit();
    }
    return migrations;
  }

  private static boolean isUpToDate(SchemaState state, Connection connection) throws SQLException {
    return state == SchemaState.OWN && MigrationHistory.isUpToDate(connection);
  }

  /**
   * Says what {@link #migrate} would do. Changes nothing; its transaction is read-only.
   *
   * @throws SchemaMigrationException if {@link #migrate} would refuse the database
   */
  public SchemaReport check() throws SchemaMigrationException {
    try (var transaction = MigrationTransaction.beginReadOnly(database)) {
      Connection connection = transaction.connection();
      SchemaRights.requireSchema(connection);
      SchemaState before = SchemaState.of(connection);
      List<String> migrations =
          before == SchemaState.NEWER
              ? List.of()
              : pending(flyway(transaction.dataSource(), before, Integer.MAX_VALUE), before);
      if (!migrations.isEmpty()) {
        SchemaRights.requireChanges(connection);
      } else if (before != SchemaState.NEWER) {
        SchemaObjects.requireAll(connection);
      }
      List<BrokenRows> broken =
          before == SchemaState.EMPTY ? List.of() : BrokenRows.find(connection);
      return new SchemaReport(before, migrations, false, broken);
    } catch (SQLException | FlywayException failure) {
      throw new SchemaMigrationException("the database cannot be checked", failure);
    }
  }

  /** Looks in a transaction of its own, because the migrations lock whole tables. */
  private List<BrokenRows> brokenRows() throws SchemaMigrationException {
    try (var transaction = MigrationTransaction.beginReadOnly(database)) {
      return BrokenRows.find(transaction.connection());
    } catch (SQLException failure) {
      throw new SchemaMigrationException(
          "the database was migrated, but its rows cannot be checked", failure);
    }
  }

  // Flyway takes its own lock only after it has looked for a history. This one also covers the look
  // at what kind of database this is, because another server could adopt it in between. It lasts as
  // long as the transaction.
  private static void lock(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("select pg_advisory_xact_lock(" + LOCK + ")");
    }
  }

  /**
   * @param version the last one to migrate to; its functions only come with the latest
   */
  private static Flyway flyway(DataSource connections, SchemaState before, int version) {
    return Flyway.configure(SchemaMigration.class.getClassLoader())
        .dataSource(connections)
        .loggers(MigrationLog.class.getName())
        .resourceProvider(new MigrationScripts(version))
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
        // A lock of the session would outlive the transaction, perhaps in a session of a pooler.
        .configuration(Map.of("flyway.postgresql.transactional.lock", "true"))
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
      if (migration.getState().isFailed()) {
        throw new SchemaMigrationException(
            "migration "
                + name(migration)
                + " has failed on this database, by its history, though not by this server, which"
                + " changes all or nothing: restore a backup");
      }
      if (migration.getState() == MigrationState.FUTURE_SUCCESS) {
        throw new SchemaMigrationException(
            "the database was migrated to version "
                + migration.getVersion()
                + " by a newer release than this, which knows version "
                + latestVersion()
                + " and may not work on it: start the newer release, or restore a backup of this"
                + " one");
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
}
