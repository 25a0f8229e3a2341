package dev.betterbase.sync.testing;

import java.io.ByteArrayInputStream;
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
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A certificate for {@code localhost} that nothing trusts yet, as files in a folder. All of the
 * same names have one key, since a process that makes one costs more than most tests.
 */
final class TestCertificate implements AutoCloseable {
  /** Not the one that Java and Payara take for granted. */
  private static final String STORE_PASSWORD = "not-changeit";

  private static final String ALIAS = "server";

  /** Key stores by the names of their certificates. */
  private static final Map<String, byte[]> PAIRS = new ConcurrentHashMap<>();

  private static final char[] NO_PASSWORD = {};

  private final Path folder;
  private final Certificate certificate;
  private final Key secret;

  private TestCertificate(Path folder, Certificate certificate, Key secret) {
    this.folder = folder;
    this.certificate = certificate;
    this.secret = secret;
  }

  /**
   * Makes one.
   *
   * @param folder an empty folder
   * @param names the alternative names, in the form of {@code keytool -ext}
   */
  static TestCertificate make(Path folder, String names) throws IOException {
    byte[] pair = PAIRS.computeIfAbsent(names, TestCertificate::pair);
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(new ByteArrayInputStream(pair), STORE_PASSWORD.toCharArray());
      var made =
          new TestCertificate(
              folder,
              store.getCertificate(ALIAS),
              store.getKey(ALIAS, STORE_PASSWORD.toCharArray()));
      made.write();
      return made;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  /** A key store with a new key and its certificate. */
  private static byte[] pair(String names) {
    try {
      Path folder = Files.createTempDirectory("pair");
      Path pair = folder.resolve("pair.p12");
      Path log = folder.resolve("keytool.log");
      Process keytool =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-alias",
                  ALIAS,
                  "-keyalg",
                  "EC",
                  "-dname",
                  "CN=localhost",
                  "-ext",
                  names,
                  "-storetype",
                  "PKCS12",
                  "-keystore",
                  pair.toString(),
                  "-storepass",
                  STORE_PASSWORD)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (keytool.waitFor() != 0) {
        throw new IOException(Files.readString(log));
      }
      byte[] bytes = Files.readAllBytes(pair);
      Files.delete(pair);
      Files.delete(log);
      Files.delete(folder);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void write() throws IOException, GeneralSecurityException {
    String file = pem("CERTIFICATE", certificate.getEncoded());
    String key = pem("PRIVATE KEY", secret.getEncoded());
    writeForOwner(file(), file);
    writeForOwner(key(), key);
    writeForOwner(both(), file + key);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry(ALIAS, certificate);
    try (var out = Files.newOutputStream(trustStore())) {
      trusted.store(out, STORE_PASSWORD.toCharArray());
    }
  }

  private static String pem(String type, byte[] content) {
    String lines =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(content);
    return "-----BEGIN " + type + "-----\n" + lines + "\n-----END " + type + "-----\n";
  }

  private static void writeForOwner(Path file, String content) throws IOException {
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** The certificate, which is its own authority. */
  Path file() {
    return folder.resolve("server.crt");
  }

  /** The private key. */
  Path key() {
    return folder.resolve("server.key");
  }

  /** The certificate and the private key in one file. */
  Path both() {
    return folder.resolve("server.pem");
  }

  private Path trustStore() {
    return folder.resolve("trusted.p12");
  }

  /** The arguments with which Java trusts the certificate, and no other. */
  List<String> trusted() {
    return List.of(
        "-Djavax.net.ssl.trustStore=" + trustStore(),
        "-Djavax.net.ssl.trustStorePassword=" + STORE_PASSWORD);
  }

  /** TLS for a server with this certificate. */
  SSLContext serverContext() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(ALIAS, secret, NO_PASSWORD, new Certificate[] {certificate});
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, NO_PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Deletes the folder. */
  @Override
  public void close() {
    try {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
