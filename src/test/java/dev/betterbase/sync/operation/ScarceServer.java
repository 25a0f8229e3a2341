package dev.betterbase.sync.operation;

import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;

/**
 * A server with little memory, few threads for HTTP and files on disk, on a PostgreSQL that tests
 * may kill. Classes share it because a start takes seconds, and they use it one after another: each
 * of them holds {@link #LOCK}, and leaves the server and PostgreSQL running.
 */
final class ScarceServer {
  /** The {@link org.junit.jupiter.api.parallel.ResourceLock} of the server. */
  static final String LOCK = "the server with little memory";

  /** HTTP_THREADS. A quarter of them may carry uploads. */
  static final int HTTP_THREADS = 8;

  private ScarceServer() {}

  private static final class Shared {
    static final TestPostgres POSTGRES = TestPostgres.start();
    static final TestPostgres.Database DATABASE = POSTGRES.newDatabase();
    static final TestServer INSTANCE =
        TestServer.start(
            options ->
                options
                    .name("scarce")
                    .heap("256m")
                    .with("DATABASE_URL", DATABASE.url())
                    .with("FILE_STORAGE_BACKEND", "local")
                    .with("HTTP_THREADS", Integer.toString(HTTP_THREADS)));
  }

  /** The server; never stop it. */
  static TestServer shared() {
    return Shared.INSTANCE;
  }

  /** The PostgreSQL of the server; who kills it starts it again. */
  static TestPostgres postgres() {
    return Shared.POSTGRES;
  }

  /** The database of the server. */
  static TestPostgres.Database database() {
    return Shared.DATABASE;
  }
}
