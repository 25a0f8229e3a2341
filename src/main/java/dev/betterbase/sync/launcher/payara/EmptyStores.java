package dev.betterbase.sync.launcher.payara;

import dev.betterbase.sync.launcher.JavaTrust;
import dev.betterbase.sync.launcher.StartRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The key store and the trust store of Payara, which are empty. This server needs neither: it
 * listens without TLS, and trusts whom Java trusts. Payara's own stores take a second of processor
 * time to decrypt, and Payara would make all of this process trust them in place of Java's.
 */
final class EmptyStores {
  private static final String TYPE = "PKCS12";
  private static final String PREFIX = "javax.net.ssl.";

  /** System properties that name a store. Payara copies the file and puts its copy's name here. */
  private static final List<String> NAMES = List.of(PREFIX + "keyStore", PREFIX + "trustStore");

  /** System properties that say of what kind a store is. */
  private static final List<String> TYPES =
      List.of(PREFIX + "keyStoreType", PREFIX + "trustStoreType");

  /** System properties that Payara sets to a password of its own. */
  private static final List<String> PASSWORDS =
      List.of(PREFIX + "keyStorePassword", PREFIX + "trustStorePassword");

  private final Map<String, @Nullable String> properties = new HashMap<>();
  private final SSLContext context;

  private EmptyStores() {
    for (List<String> names : List.of(NAMES, TYPES, PASSWORDS)) {
      names.forEach(name -> properties.put(name, System.getProperty(name)));
    }
    this.context = JavaTrust.read();
  }

  /**
   * Names empty stores for Payara, which is to boot next.
   *
   * @param folder the folder of this run
   * @throws StartRefused if Java cannot read the stores of its own
   */
  static EmptyStores name(Path folder) {
    var stores = new EmptyStores();
    Path file = folder.resolve("empty.p12");
    try (var out = Files.newOutputStream(file)) {
      KeyStore empty = KeyStore.getInstance(TYPE);
      empty.load(null, null);
      // Without a password nothing is derived from one, neither now nor when Payara reads it.
      char @Nullable [] password = null;
      empty.store(out, password);
    } catch (IOException | GeneralSecurityException e) {
      throw new StartRefused("cannot write an empty key store to " + file + ": " + e, e);
    }
    NAMES.forEach(name -> System.setProperty(name, file.toString()));
    TYPES.forEach(type -> System.setProperty(type, TYPE));
    return stores;
  }

  /**
   * Has Payara, which has booted, read its stores, and gives Java back its own. Payara would read
   * them, and make them those of Java, while it deploys the application.
   *
   * @param server the class loader of the server
   */
  void giveBack(ClassLoader server) {
    try {
      Class.forName("org.glassfish.internal.api.Globals", true, server)
          .getMethod("get", Class.class)
          .invoke(null, Class.forName("com.sun.enterprise.security.ssl.SSLUtils", true, server));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "this version of Payara lacks a class that the launcher needs", e);
    }
    SSLContext.setDefault(context);
    HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    properties.forEach(
        (name, value) -> {
          if (value == null) {
            System.clearProperty(name);
          } else {
            System.setProperty(name, value);
          }
        });
  }
}
