package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.ErrorCode;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import jakarta.enterprise.inject.spi.CDI;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Writes the spans with the tracer of MicroProfile Telemetry. {@link RequestSpans#open} loads it by
 * its name. It uses only what OpenTelemetry had in version 1.29, which is that of Payara.
 */
final class OpenTelemetrySpans implements RequestSpans {
  private final Tracer tracer = CDI.current().select(Tracer.class).get();

  @Override
  public void ended(String caller, String method, long nanos, @Nullable ErrorCode error) {
    Instant end = Instant.now();
    Span span =
        tracer
            .spanBuilder(method)
            .setNoParent()
            .setSpanKind(SpanKind.SERVER)
            .setStartTimestamp(end.minusNanos(nanos))
            .setAttribute("rpc.system", "betterbase-rpc-v1")
            .setAttribute("rpc.method", method)
            .setAttribute("betterbase.caller", caller)
            .startSpan();
    if (error != null) {
      span.setStatus(StatusCode.ERROR);
      span.setAttribute("error.type", error.text());
    }
    span.end(end);
  }
}
