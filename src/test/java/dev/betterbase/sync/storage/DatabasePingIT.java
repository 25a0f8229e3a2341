package dev.betterbase.sync.storage;

import static dev.betterbase.sync.testing.Databases.execute;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What health asks the first database, and what is looked at in the others. */
@DatabaseTest
class DatabasePingIT {

  @Test
  void aDatabaseThatIsGoneIsAStorageException() {
    PGSimpleDataSource gone = new PGSimpleDataSource();
    gone.setUrl("jdbc:postgresql://127.0.0.1:1/none?user=alice&password=hunter2");
    assertThatThrownBy(() -> DatabasePing.require(new Database(gone)))
        .isInstanceOf(StorageException.class)
        .hasMessage("ping failed, SQLSTATE 08001");
  }

  @Test
  void aDatabaseWithTheTablesIsFineAndAnEmptyOneIsNot() {
    assertThatCode(() -> DatabasePing.require(new Database(Databases.migrated())))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> DatabasePing.require(new Database(Databases.empty())))
        .isInstanceOf(StorageException.class)
        .hasMessage("ping failed, SQLSTATE 42P01")
        .rootCause()
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("the tables of this server are gone from database");
  }

  @Test
  void anotherDatabaseWithoutTheTablesIsAwayUntilTheyAreBack() throws Exception {
    DataSource second = Databases.newlyMigrated();
    Database other =
        Database.spreadOver(List.of(Databases.migrated(), second), List.of(1, 1)).all().get(1);
    other.look();
    assertThatCode(() -> DatabasePing.require(other)).doesNotThrowAnyException();

    execute(second, "alter schema public rename to kept");
    execute(second, "create schema public");
    other.look();
    assertThatThrownBy(() -> DatabasePing.require(other))
        .isInstanceOf(StorageException.class)
        .hasMessage("ping failed, SQLSTATE 08001");

    execute(second, "drop schema public");
    execute(second, "alter schema kept rename to public");
    other.look();
    assertThatCode(() -> DatabasePing.require(other)).doesNotThrowAnyException();
  }
}
