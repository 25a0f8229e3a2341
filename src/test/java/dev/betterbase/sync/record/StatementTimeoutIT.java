package dev.betterbase.sync.record;

import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.storage.StorageException;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** DATABASE_STATEMENT_TIMEOUT_SECONDS holds even where the PostgreSQL session has no time-out. */
@DatabaseTest
class StatementTimeoutIT {
  private final DataSource database = Databases.migrated();
  private final Access.Owner owner = new Access.Owner(new SpaceId(UUID.randomUUID()), "client");

  private void push(Database with) {
    var change = new RecordChange(new RecordId(UUID.randomUUID()), new byte[] {1}, 0, null);
    new RecordStore(with).push(new RecordPush(owner, List.of(change), StorageQuota.NONE));
  }

  @Test
  void aPushThatWaitsForTheSpacesLockEndsAtTheSetting() throws Exception {
    assertThat(value(database, "show statement_timeout")).isEqualTo("0");
    push(new Database(database));
    try (Connection other = database.getConnection();
        Statement lock = other.createStatement()) {
      other.setAutoCommit(false);
      lock.execute("select from spaces where id = '" + owner.space().value() + "' for update");
      long start = System.nanoTime();
      assertThatThrownBy(() -> push(new Database(database, Duration.ofSeconds(2))))
          .isInstanceOf(StorageException.class)
          .hasMessage("push failed, SQLSTATE 57014");
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofMillis(1_900), Duration.ofSeconds(15));
      other.rollback();
    }
    assertThat(value(database, "select count(*) from records")).isEqualTo("1");
  }

  @Test
  void aStatementMayHaveAShorterLimitButNoLongerOne() throws Exception {
    Database impatient = new Database(database, Duration.ofSeconds(1));
    try (Connection connection = database.getConnection()) {
      try (var longer = impatient.statement(connection, "select 1", 60)) {
        assertThat(longer.getQueryTimeout()).isEqualTo(1);
      }
      try (var shorter = new Database(database).statement(connection, "select 1", 2)) {
        assertThat(shorter.getQueryTimeout()).isEqualTo(2);
      }
      try (var usual = new Database(database).statement(connection, "select 1")) {
        assertThat(usual.getQueryTimeout()).isEqualTo(30);
      }
    }
  }
}
