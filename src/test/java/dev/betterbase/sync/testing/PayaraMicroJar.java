package dev.betterbase.sync.testing;

import fish.payara.micro.PayaraMicro;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** Payara Micro as it is distributed, of the version that the server is built with. */
public final class PayaraMicroJar {
  private PayaraMicroJar() {}

  /** The jar, in the local Maven repository. */
  public static Path path() {
    try {
      return Path.of(PayaraMicro.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
