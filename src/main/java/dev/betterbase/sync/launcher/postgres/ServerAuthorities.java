package dev.betterbase.sync.launcher.postgres;

import dev.betterbase.sync.launcher.JavaTrust;
import dev.betterbase.sync.launcher.StartRefused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.postgresql.ssl.DefaultJavaSSLFactory;

/**
 * The authorities that may have signed the certificate of PostgreSQL: those of a file, or those of
 * the JVM. The driver knows the file only, which it expects at {@code ~/.postgresql/root.crt} if
 * none is named.
 */
final class ServerAuthorities {
  private static final String MODE = "sslmode";
  private static final String VERIFY_FULL = "verify-full";
  private static final String FILE = "sslrootcert";

  /** The value of {@code sslrootcert} for the authorities of the system, as in libpq. */
  private static final String SYSTEM = "system";

  private ServerAuthorities() {}

  /**
   * The properties for the driver, with the authorities chosen as libpq does: the file that is
   * named, or else the default file. Where libpq would then find none, they are those of the JVM.
   *
   * @throws StartRefused if the properties ask for authorities that would protect nothing
   */
  static Map<String, String> chosen(Map<String, String> properties) {
    String mode = properties.getOrDefault(MODE, "");
    String file = properties.getOrDefault(FILE, "");
    if (file.equals(SYSTEM)) {
      if (!mode.isEmpty() && !mode.equals(VERIFY_FULL)) {
        throw new StartRefused(
            "sslmode="
                + mode
                + " verifies too little for sslrootcert=system, because anyone can get such a"
                + " certificate: set sslmode=verify-full");
      }
      return withJvm(properties);
    }
    boolean none = file.isEmpty() && !Files.exists(defaultFile());
    if (none && mode.equals("verify-ca")) {
      throw new StartRefused(
          "sslmode=verify-ca needs the certificate of an authority: name its file with"
              + " sslrootcert, or set sslmode=verify-full to trust the authorities of Java");
    }
    return none && mode.equals(VERIFY_FULL) ? withJvm(properties) : properties;
  }

  private static Map<String, String> withJvm(Map<String, String> properties) {
    if (properties.containsKey("sslcert") || properties.containsKey("sslkey")) {
      throw new StartRefused(
          "sslcert works only with authorities from a file: name it with sslrootcert, such as"
              + " /etc/ssl/certs/ca-certificates.crt");
    }
    JavaTrust.read();
    Map<String, String> all = new HashMap<>(properties);
    all.remove(FILE);
    all.put(MODE, VERIFY_FULL);
    all.put("sslfactory", DefaultJavaSSLFactory.class.getName());
    return Map.copyOf(all);
  }

  private static Path defaultFile() {
    return Path.of(System.getProperty("user.home"), ".postgresql", "root.crt");
  }
}
