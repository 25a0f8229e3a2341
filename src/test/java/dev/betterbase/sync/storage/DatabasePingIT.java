package dev.betterbase.sync.storage;

import static dev.betterbase.sync.testing.Databases.execute;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "alter table %s rename to other | records | no table records that the role",
        "revoke select on %s from {role} | spaces | no table spaces that the role",
        "alter function %s rename to other | pull_batch | no function pull_batch that the role",
        "revoke execute on function %s from public | push_records"
            + " | no function push_records that the role"
      })
  void aTableOrFunctionThatTheRoleCannotUseIsNamed(String change, String name, String fault)
      throws Exception {
    DataSource migrated = Databases.newlyMigrated();
    PGSimpleDataSource reader = asReader(migrated);
    Database database = new Database(reader);
    assertThatCode(() -> DatabasePing.require(database)).doesNotThrowAnyException();

    execute(migrated, change.formatted(name).replace("{role}", reader.getUser()));
    assertThatThrownBy(() -> DatabasePing.require(database))
        .isInstanceOf(StorageException.class)
        .rootCause()
        .isInstanceOf(SQLException.class)
        .hasMessageContaining(fault);
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

  /** The same database for another role than its owner. */
  private static PGSimpleDataSource asReader(DataSource database) throws Exception {
    String role = "reader_" + UUID.randomUUID().toString().replace("-", "");
    execute(database, "create role " + role + " login password 'secret'");
    execute(database, "grant select on all tables in schema public to " + role);
    PGSimpleDataSource reader = new PGSimpleDataSource();
    reader.setUrl(((PGSimpleDataSource) database).getUrl());
    reader.setUser(role);
    reader.setPassword("secret");
    return reader;
  }
}
