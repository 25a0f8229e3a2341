package dev.betterbase.sync.http;

import dev.betterbase.sync.fault.Fault;
import dev.betterbase.sync.fault.RecentFaults;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps the HTTP requests that failed or were answered with a status of 500 or more, and counts all
 * that were refused.
 */
@ApplicationScoped
public class FailedRequests {
  private static final String CAUSE = FailedRequests.class.getName() + ".cause";

  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS");

  /** The segments of paths that are the same for all clients; the others may be ids. */
  private static final Set<String> SEGMENTS =
      Set.of(
          "",
          ".well-known",
          "admin",
          "api",
          "dev",
          "federation",
          "files",
          "health",
          "jwks.json",
          "live",
          "metrics",
          "mp-health",
          "ready",
          "spaces",
          "started",
          "v1",
          "ws");

  private static final int REFUSED = 400;

  @Inject private RecentFaults faults;
  @Inject private MeterRegistry registry;

  /** Remembers why a request failed until {@link #answered}. */
  static void causedBy(HttpServletRequest request, Throwable failure) {
    request.setAttribute(CAUSE, failure);
  }

  /**
   * A request was answered.
   *
   * @param status the status that the client got, also if the request failed behind its headers
   */
  public void answered(HttpServletRequest request, int status) {
    if (status >= REFUSED) {
      Counter.builder("betterbase.http.refused")
          .description("HTTP requests that were answered with a status of 400 or more")
          .tag("status", Integer.toString(status))
          .register(registry)
          .increment();
    }
    if (request.getAttribute(CAUSE) instanceof Throwable cause) {
      faults.add(Fault.Kind.HTTP, route(request), cause);
    } else if (status >= 500) {
      faults.add(Fault.Kind.HTTP, route(request), Integer.toString(status));
    }
  }

  private static String route(HttpServletRequest request) {
    return route(request.getMethod(), RequestPath.of(request));
  }

  /** The method and the path, with {@code *} for what only this client may have sent. */
  static String route(String method, String path) {
    return (METHODS.contains(method) ? method : "*")
        + " "
        + Arrays.stream(path.split("/", 8))
            .map(segment -> SEGMENTS.contains(segment) ? segment : "*")
            .collect(Collectors.joining("/"));
  }
}
