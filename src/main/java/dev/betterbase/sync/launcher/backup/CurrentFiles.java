package dev.betterbase.sync.launcher.backup;

import dev.betterbase.sync.file.storage.FileKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The files that have a row by now. A snapshot does not see that one was deleted since. It connects
 * when it is asked for the first time, because hardly any backup needs it.
 */
final class CurrentFiles implements AutoCloseable {
  private final List<DataSource> databases;
  private @Nullable Transactions open;

  CurrentFiles(List<DataSource> databases) {
    this.databases = databases;
  }

  /** Whether a file has a row in the database in which its space is. */
  boolean include(FileKey key) throws SQLException {
    Transactions transactions = open == null ? Transactions.on(databases) : open;
    open = transactions;
    boolean found = false;
    for (Connection connection : transactions.connections()) {
      found |= includes(connection, transactions, key);
      // The next question must see rows that others have committed by then.
      connection.commit();
    }
    return found;
  }

  private static boolean includes(Connection connection, Transactions databases, FileKey key)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "select" + FileCopy.live(databases) + " and f.space_id = ? and f.id = ?")) {
      select.setObject(1, key.space().value());
      select.setObject(2, key.file());
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  @Override
  public void close() throws SQLException {
    if (open != null) {
      open.close();
    }
  }
}
