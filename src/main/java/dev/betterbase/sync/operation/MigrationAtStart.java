package dev.betterbase.sync.operation;

import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.storage.ShardSources;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.Resource;
import jakarta.ejb.Singleton;
import jakarta.ejb.Startup;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * Migrates the server's databases while the application is deployed on an application server,
 * before the first request. If that fails, the deployment fails. Outside JTA, because migrations
 * use a transaction of their own.
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

  @Inject private Settings settings;
  @Inject private RestoreWatch restored;

  /** For the container. */
  public MigrationAtStart() {}

  @PostConstruct
  void migrate() {
    try {
      List<DataSource> databases = new ArrayList<>(List.of(database));
      databases.addAll(ShardSources.lookUp(settings.database().shards()));
      for (int i = 0; i < databases.size(); i++) {
        prepare(databases.get(i), i + 1, databases.size());
      }
      if (databases.size() > 1 && settings.quotas().personBytes().isPresent()) {
        checkGrantsAnew(databases);
      }
    } catch (SchemaMigrationException refused) {
      throw new IllegalStateException(refused.getMessage(), refused);
    } catch (SQLException failure) {
      throw new IllegalStateException("the database cannot be read", failure);
    }
  }

  /**
   * Servers that ran until now may have had no quota of a person, or not all databases. They
   * counted nothing, so what people have in each database is asked anew.
   */
  private static void checkGrantsAnew(List<DataSource> databases) throws SQLException {
    long number;
    try (Connection first = databases.getFirst().getConnection();
        PreparedStatement next = first.prepareStatement("select nextval('grant_numbers')");
        ResultSet row = next.executeQuery()) {
      row.next();
      number = row.getLong(1);
    }
    for (DataSource each : databases) {
      try (Connection connection = each.getConnection();
          PreparedStatement check = connection.prepareStatement("select check_grants_anew(?)")) {
        check.setLong(1, number);
        check.execute();
      }
    }
  }

  private void prepare(DataSource database, int number, int total)
      throws SchemaMigrationException, SQLException {
    if (!Boolean.getBoolean(DONE)) {
      SchemaReport report = new SchemaMigration(database).migrate();
      if (report.isNews()) {
        report.lines().forEach(line -> LOG.log(Level.INFO, line));
      }
      ShardNumber.require(database, number, total);
    }
    try (Connection connection = database.getConnection()) {
      Stream.of(Durability.warning(connection), TextEncoding.warning(connection))
          .flatMap(Optional::stream)
          .forEach(warning -> LOG.log(Level.WARNING, warning));
    }
    restored.found(number, new RestoredDatabase(database).looksRestored());
  }
}
