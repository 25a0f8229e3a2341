package dev.betterbase.sync.storage;

import static dev.betterbase.sync.testing.Databases.endSessions;
import static dev.betterbase.sync.testing.Databases.execute;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What health asks after a statement has failed because the disk is full. */
@DatabaseTest
class DatabaseRoomIT {
  private final DataSource empty = Databases.empty();
  private final Database database = new Database(empty);

  private void raise(String state) {
    assertThatThrownBy(
            () ->
                database.run(
                    "fail",
                    connection -> {
                      try (Statement statement = connection.createStatement()) {
                        return statement.execute(
                            "do $$ begin raise exception using errcode = '" + state + "'; end $$");
                      }
                    }))
        .isInstanceOf(StorageException.class)
        .hasMessage("fail failed, SQLSTATE " + state);
  }

  @Test
  void theDiskIsTriedAfterItWasFull() throws Exception {
    raise("53100");
    assertThatCode(database::requireRoom).doesNotThrowAnyException();
    // With this, the sort on disk would fail; so it has taken place, and is not repeated.
    execute(
        empty,
        "do $$ begin execute format('alter database %I set temp_file_limit = 64',"
            + " current_database()); end $$");
    endSessions(empty);
    assertThatCode(database::requireRoom).doesNotThrowAnyException();
  }

  @Test
  void anotherFailureThanAFullDiskDoesNotCount() throws Exception {
    execute(
        empty,
        "do $$ begin execute format('alter database %I set temp_file_limit = 64',"
            + " current_database()); end $$");
    endSessions(empty);
    raise("53100");
    assertThatCode(database::requireRoom).doesNotThrowAnyException();
  }
}
