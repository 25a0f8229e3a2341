package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.ErrorCode;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/**
 * Traces each request on a WebSocket, if the server traces (docs/operating.md, Traces). The servers
 * themselves trace HTTP.
 */
interface RequestSpans {
  /** Traces nothing. */
  RequestSpans NONE = (caller, method, nanos, error) -> {};

  /**
   * Traces a request that has ended now.
   *
   * @param caller {@code client} or {@code peer}
   * @param method a method of the protocol
   * @param error null if it succeeded
   */
  void ended(String caller, String method, long nanos, @Nullable ErrorCode error);

  /**
   * The tracing that MicroProfile Telemetry is set to, which is off by default. Only if it is on
   * are the classes of OpenTelemetry loaded: a server may lack them.
   */
  static RequestSpans open() {
    boolean off =
        ConfigProvider.getConfig()
            .getOptionalValue("otel.sdk.disabled", Boolean.class)
            .orElse(true);
    if (off) {
      return NONE;
    }
    try {
      return Class.forName(RequestSpans.class.getPackageName() + ".OpenTelemetrySpans")
          .asSubclass(RequestSpans.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException | LinkageError e) {
      Logger log = System.getLogger(RequestSpans.class.getName());
      log.log(
          Level.WARNING,
          "OTEL_SDK_DISABLED is false, but requests are not traced: this server has no"
              + " OpenTelemetry for the application ({0})",
          e.toString());
      return NONE;
    }
  }
}
