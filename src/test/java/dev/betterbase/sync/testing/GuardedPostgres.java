package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * A PostgreSQL that asks every user but {@code postgres} for a password, and that has TLS with a
 * certificate for {@code localhost}. The certificate is new, so nothing trusts it yet.
 */
public final class GuardedPostgres implements AutoCloseable {
  private final TestPostgres postgres;
  private final TestCertificate certificate;

  private GuardedPostgres(TestPostgres postgres, TestCertificate certificate) {
    this.postgres = postgres;
    this.certificate = certificate;
  }

  /** Starts one, which the caller closes. */
  public static GuardedPostgres start() {
    try {
      GuardedPostgres started =
          new GuardedPostgres(
              TestPostgres.start(),
              TestCertificate.make(Files.createTempDirectory("guarded"), "san=dns:localhost"));
      started.execute(
          "postgres",
          """
          do $$ begin
            execute format($f$copy (select unnest(array[
                'host all postgres 127.0.0.1/32 trust',
                'host all all 127.0.0.1/32 scram-sha-256'])) to %L$f$,
              current_setting('hba_file'));
          end $$
          """,
          "alter system set ssl_cert_file = '" + started.authority() + "'",
          "alter system set ssl_key_file = '" + started.certificate.key() + "'",
          "alter system set ssl = on",
          "select pg_reload_conf()");
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The certificate, as a file for {@code sslrootcert}. */
  public Path authority() {
    return certificate.file();
  }

  /** The arguments with which Java trusts the certificate, and no other. */
  public List<String> trusted() {
    return certificate.trusted();
  }

  /** The port on loopback. */
  public int port() {
    return postgres.port();
  }

  /** An empty database with a new name. */
  public TestPostgres.Database newDatabase() {
    return postgres.newDatabase();
  }

  /** A new connection as {@code postgres}. */
  public Connection connect(String database) throws SQLException {
    return postgres.database(database).connect();
  }

  /** Runs statements as {@code postgres}. */
  public void execute(String database, String... statements) {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    postgres.close();
    certificate.close();
  }
}
