package dev.betterbase.sync.launcher;

import java.security.NoSuchAlgorithmException;
import javax.net.ssl.SSLContext;

/**
 * The authorities that Java trusts: those of the JDK, or of {@code -Djavax.net.ssl.trustStore}. All
 * TLS connections of the server are checked against them, unless a setting names others.
 */
public final class JavaTrust {
  private JavaTrust() {}

  /**
   * Reads the trust store. The first use of the default context decides whom it trusts, and Payara
   * names stores of its own in the same system properties while it boots, so this must come before
   * that.
   *
   * @return Java's default context
   * @throws StartRefused if Java cannot read the trust store
   */
  public static SSLContext read() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new StartRefused(
          "Java cannot read its trust store or key store: check javax.net.ssl.trustStore and"
              + " javax.net.ssl.keyStore: "
              + e.getMessage(),
          e);
    }
  }
}
