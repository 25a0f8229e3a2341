package dev.betterbase.sync.http;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * The first filter of the application (web.xml defines the order). It sets the standard headers on
 * every response, answers {@code OPTIONS}, and turns every error into JSON (http.md). The response
 * to a WebSocket handshake passes here too: its headers are set before the upgrade.
 */
public class ResponseFilter extends HttpFilter {

  private static final Logger LOG = System.getLogger(ResponseFilter.class.getName());

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    StandardHeaders.setOn(response, request.isSecure());
    if (request.getMethod().equals("OPTIONS")) {
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      return;
    }
    HttpServletResponse json = new JsonErrorResponse(response, request.isSecure());
    try {
      chain.doFilter(request, json);
    } catch (ServletException | RuntimeException failure) {
      LOG.log(Level.ERROR, "A request failed", failure);
      if (response.isCommitted()) {
        // Only the container can still tell the client, by closing the connection.
        throw failure;
      }
      json.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
    }
  }
}
