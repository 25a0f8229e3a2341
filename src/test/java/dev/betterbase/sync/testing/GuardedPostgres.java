package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Base64;

/**
 * A PostgreSQL that asks every user but {@code postgres} for a password, and that has TLS with a
 * certificate for {@code localhost}. The certificate is new, so nothing trusts it yet.
 */
public final class GuardedPostgres implements AutoCloseable {
  private static final String STORE_PASSWORD = "changeit";

  private final TestPostgres postgres;
  private final Path folder;

  private GuardedPostgres(TestPostgres postgres, Path folder) {
    this.postgres = postgres;
    this.folder = folder;
  }

  /** Starts one, which the caller closes. */
  public static GuardedPostgres start() {
    try {
      GuardedPostgres started =
          new GuardedPostgres(TestPostgres.start(), Files.createTempDirectory("guarded"));
      started.makeCertificate();
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
          "alter system set ssl_key_file = '" + started.folder.resolve("server.key") + "'",
          "alter system set ssl = on",
          "select pg_reload_conf()");
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void makeCertificate() throws IOException {
    Path pair = folder.resolve("pair.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "db",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                pair.toString(),
                "-storepass",
                STORE_PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    try {
      if (keytool.waitFor() != 0) {
        throw new IOException(Files.readString(folder.resolve("keytool.log")));
      }
      KeyStore store = KeyStore.getInstance(pair.toFile(), STORE_PASSWORD.toCharArray());
      Certificate certificate = store.getCertificate("db");
      Key key = store.getKey("db", STORE_PASSWORD.toCharArray());
      pem(authority(), "CERTIFICATE", certificate.getEncoded());
      pem(folder.resolve("server.key"), "PRIVATE KEY", key.getEncoded());
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("db", certificate);
      try (var out = Files.newOutputStream(trustStore())) {
        trusted.store(out, STORE_PASSWORD.toCharArray());
      }
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static void pem(Path file, String type, byte[] content) throws IOException {
    String lines =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(content);
    Files.writeString(
        file, "-----BEGIN " + type + "-----\n" + lines + "\n-----END " + type + "-----\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** The certificate, as a file for {@code sslrootcert}. */
  public Path authority() {
    return folder.resolve("server.crt");
  }

  /** A trust store of Java with the certificate; its password is Java's default. */
  public Path trustStore() {
    return folder.resolve("trusted.p12");
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
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
