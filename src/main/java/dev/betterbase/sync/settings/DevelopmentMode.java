package dev.betterbase.sync.settings;

import java.lang.reflect.InvocationTargetException;
import java.util.Optional;

/**
 * The development mode as the application sees it. Only {@code serve --dev} of the uber-jar can
 * turn it on: the key of the built-in issuer is handed over in process, by a class of the launcher
 * that stands in no WAR and on no server.
 */
public final class DevelopmentMode {
  /**
   * The built-in issuer, whatever the port: personal spaces are derived from it, and data must
   * survive a change of port.
   */
  public static final String ISSUER = "http://localhost:5379/dev";

  private static final String HOLDER = "dev.betterbase.sync.launcher.boot.DevelopmentIssuerKey";

  private DevelopmentMode() {}

  /** Whether this process was started by the launcher of the uber-jar. */
  static boolean isUberJar() {
    try {
      Class.forName(HOLDER, false, ClassLoader.getSystemClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /**
   * The built-in issuer's private key as a JWK (EC, P-256, with {@code kid}), or empty where this
   * is no {@code serve --dev}. It never leaves the process.
   */
  public static Optional<String> privateJwk() {
    try {
      Class<?> holder = Class.forName(HOLDER, true, ClassLoader.getSystemClassLoader());
      Object key = holder.getMethod("privateJwk").invoke(null);
      return key instanceof Optional<?> present
          ? present.map(String.class::cast)
          : Optional.empty();
    } catch (ClassNotFoundException e) {
      // A server that somebody else started: it has no launcher.
      return Optional.empty();
    } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("the launcher does not belong to this application", e);
    }
  }
}
