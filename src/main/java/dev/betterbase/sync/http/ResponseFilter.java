package dev.betterbase.sync.http;

import dev.betterbase.sync.fault.FailureLog;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;

/**
 * The first filter of the application (web.xml defines the order). It sets the standard headers on
 * every response, answers {@code OPTIONS}, and turns every error into JSON (http.md). The response
 * to a WebSocket handshake passes here too: its headers are set before the upgrade.
 */
public class ResponseFilter extends HttpFilter {

  /**
   * An attribute of requests whose responses ended early. Payara shows its HTTP library the
   * attributes whose names begin like this.
   */
  public static final String UNFINISHED = "grizzly.dev.betterbase.sync.unfinished";

  private static final FailureLog LOG = new FailureLog(ResponseFilter.class);

  @Inject private FailedRequests failedRequests;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    StandardHeaders.setOn(response, request.isSecure());
    if (head(request).fault().isPresent()) {
      // The uber-jar refuses these earlier; an application server may let them pass.
      response.setHeader("Connection", "close");
      JsonError.send(response, 400, JsonError.messageFor(400));
      failedRequests.answered(request, 400);
      return;
    }
    if (request.getMethod().equals("OPTIONS")) {
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      return;
    }
    HttpServletResponse json = new JsonErrorResponse(response, request.isSecure());
    try {
      chain.doFilter(request, json);
    } catch (IOException failure) {
      // Either side of a transfer may be the cause, and the transfer logs its own failures.
      markUnfinished(request, response);
      throw failure;
    } catch (ServletException | RuntimeException failure) {
      LOG.failed("A request", failure, RequestContext.of(request));
      FailedRequests.causedBy(request, failure);
      if (response.isCommitted()) {
        // Only the end of the connection can still tell the client.
        markUnfinished(request, response);
        throw failure;
      }
      json.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
    } finally {
      failedRequests.answered(request, response.getStatus());
    }
  }

  private static void markUnfinished(HttpServletRequest request, HttpServletResponse response) {
    if (response.isCommitted()) {
      request.setAttribute(UNFINISHED, true);
    }
  }

  private static RequestHead head(HttpServletRequest request) {
    return new RequestHead(
        request.getMethod(),
        request.getRequestURI(),
        request.getProtocol(),
        Collections.list(request.getHeaders("Host")),
        Collections.list(request.getHeaders("Transfer-Encoding")),
        request.getHeader("Content-Length") != null);
  }
}
