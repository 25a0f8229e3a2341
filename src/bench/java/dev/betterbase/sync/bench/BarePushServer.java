package dev.betterbase.sync.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;

/**
 * The limit of a push: the least that a program in Java can do for one, with the same libraries and
 * without a container, a pool, access or limits. Each connection has a thread and a connection to
 * PostgreSQL of its own. A frame is read, its records are passed to the server's own function in
 * one prepared statement, and the cursor is the reply.
 */
final class BarePushServer {
  private static final int MOST_CONNECTIONS = 64;

  private final String url;

  private BarePushServer(String url) {
    this.url = url;
  }

  /**
   * Serves until the process is ended.
   *
   * @param arguments the port on loopback, and the JDBC URL of the database with user and password
   */
  public static void main(String[] arguments) throws IOException {
    BareSocket.serve(
        Integer.parseInt(arguments[0]),
        MOST_CONNECTIONS,
        new BarePushServer(arguments[1])::converse);
  }

  private void converse(BareSocket socket) throws Exception {
    socket.read();
    try (Connection database = DriverManager.getConnection(url);
        PreparedStatement statement = JdbcLimit.prepare(database)) {
      while (true) {
        socket.write(PushFrame.reply(push(statement, socket.read())));
      }
    }
  }

  /** Returns the cursor of the space after the push. */
  private static long push(PreparedStatement statement, JsonNode request)
      throws IOException, SQLException {
    JsonNode params = request.path("params");
    JsonNode changes = params.path("changes");
    Object[] ids = new Object[changes.size()];
    Object[] expected = new Object[ids.length];
    byte[][] blobs = new byte[ids.length][];
    byte[][] deks = new byte[ids.length][];
    for (int i = 0; i < ids.length; i++) {
      JsonNode change = changes.get(i);
      ids[i] = UUID.fromString(change.path("id").textValue());
      expected[i] = change.path("expected_cursor").longValue();
      blobs[i] = change.path("blob").binaryValue();
      deks[i] = change.path("dek").binaryValue();
    }
    return JdbcLimit.push(
        statement,
        UUID.fromString(params.path("space").textValue()),
        new JdbcLimit.Records(ids, expected, blobs, deks));
  }
}
