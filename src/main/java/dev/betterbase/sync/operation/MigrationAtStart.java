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
 * Migrates the server's database while the application is deployed, before the first request. If
 * that fails, the deployment fails. Outside JTA, because migrations use their own transactions.
 */
@Singleton
@Startup
@TransactionManagement(TransactionManagementType.BEAN)
public class MigrationAtStart {
  private static final Logger LOG = System.getLogger(MigrationAtStart.class.getName());

  @Resource(lookup = "java:comp/env/jdbc/betterbase-sync")
  private DataSource database;

  /** For the container. */
  public MigrationAtStart() {}

  @PostConstruct
  void migrate() {
    try {
      SchemaReport report = new SchemaMigration(database).migrate();
      if (!report.upToDate()) {
        report.lines().forEach(line -> LOG.log(Level.INFO, line));
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
