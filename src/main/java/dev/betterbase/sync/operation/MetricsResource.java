package dev.betterbase.sync.operation;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;

/**
 * {@code GET /metrics}: the server's metrics in the Prometheus text format 0.0.4. The bearer token
 * is METRICS_TOKEN, or an access token with the scope {@code metrics} (http.md, Routes).
 */
@Path("/metrics")
@RequestScoped
public class MetricsResource {
  private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  @Inject private PrometheusMeterRegistry registry;

  @GET
  public Response metrics() {
    return Response.ok(registry.scrape(CONTENT_TYPE), CONTENT_TYPE).build();
  }
}
