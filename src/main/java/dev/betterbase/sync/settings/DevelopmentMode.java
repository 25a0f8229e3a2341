package dev.betterbase.sync.settings;

import java.lang.reflect.InvocationTargetException;
import java.util.Optional;

/**
 * The development mode, as the application sees it. Only {@code serve --dev} of the uber-jar can
 * turn it on: the launcher hands over the key of the built-in issuer in memory, in a class that
 * neither the WAR nor an application server has.
 */
public final class DevelopmentMode {
  /**
   * The name of the built-in issuer. It does not depend on the port that the server uses, because
   * personal spaces are derived from it and must not change with the port.
   */
  public static final String ISSUER = "http://localhost:5379/dev";

  private static final String HOLDER = "dev.betterbase.sync.launcher.boot.DevelopmentIssuerKey";

  private DevelopmentMode() {}

  /** Whether this process was started by the launcher of the uber-jar. */
  public static boolean isUberJar() {
    try {
      Class.forName(HOLDER, false, ClassLoader.getSystemClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /**
   * The private key of the built-in issuer as a JWK (EC, P-256, with {@code kid}); empty unless
   * this is {@code serve --dev}. The key never leaves the process.
   */
  public static Optional<String> privateJwk() {
    try {
      Class<?> holder = Class.forName(HOLDER, true, ClassLoader.getSystemClassLoader());
      Object key = holder.getMethod("privateJwk").invoke(null);
      return key instanceof Optional<?> present
          ? present.map(String.class::cast)
          : Optional.empty();
    } catch (ClassNotFoundException e) {
      // The WAR runs on an application server, without the launcher.
      return Optional.empty();
    } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException(
          "the launcher is not of the same version as this application", e);
    }
  }
}
