package dev.betterbase.sync.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A test that waits fails for its own reasons only. Awaitility otherwise fails it for an uncaught
 * exception of any thread of the JVM, and after ten seconds, which other classes and servers may
 * need for themselves. JUnit registers this for every class ({@code junit-platform.properties}).
 */
public final class OwnFailuresOnly implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.doNotCatchUncaughtExceptionsByDefault();
    Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
  }
}
