package dev.betterbase.sync.operation;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.ejb.Singleton;
import jakarta.ejb.Startup;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Migrates the server's database while the application is deployed on an application server, before
 * the first request. If that fails, the deployment fails. Outside JTA, because migrations use a
 * transaction of their own.
 */
@Singleton
@Startup
@TransactionManagement(TransactionManagementType.BEAN)
public class MigrationAtStart {
  /** A system property; {@code true} if the launcher has already migrated the database. */
  public static final String DONE = "dev.betterbase.sync.database.migrated";

  private static final Logger LOG = System.getLogger(MigrationAtStart.class.getName());

  @Resource(lookup = "java:comp/env/jdbc/betterbase-sync")
  private DataSource database;

  /** For the container. */
  public MigrationAtStart() {}

  @PostConstruct
  void migrate() {
    try {
      if (!Boolean.getBoolean(DONE)) {
        SchemaReport report = new SchemaMigration(database).migrate();
        if (report.isNews()) {
          report.lines().forEach(line -> LOG.log(Level.INFO, line));
        }
      }
      if (new RestoredDatabase(database).looksRestored()) {
        LOG.log(
            Level.WARNING,
            "The database looks restored from a dump. Clients that have seen more than the dump"
                + " holds miss new records: stop all servers and run the command \"restored\"");
      }
    } catch (SchemaMigrationException refused) {
      throw new IllegalStateException(refused.getMessage(), refused);
    } catch (SQLException failure) {
      throw new IllegalStateException("the database cannot be read", failure);
    }
  }
}
