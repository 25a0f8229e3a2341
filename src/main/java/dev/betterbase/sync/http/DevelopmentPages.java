package dev.betterbase.sync.http;

import dev.betterbase.sync.identity.DevelopmentIssuer;
import dev.betterbase.sync.settings.Settings;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;

/**
 * Serves the page to try the server ({@code /}), the client that it runs on ({@code /client/}) and
 * the pages of the protocol ({@code /protocol/}), in development mode only. Otherwise every request
 * passes, and these are unknown paths like any other.
 */
public class DevelopmentPages extends HttpFilter {

  @Inject private Optional<DevelopmentIssuer> issuer;
  @Inject private Settings settings;

  private transient StaticPages pages = StaticPages.NONE;

  @Override
  public void init() throws ServletException {
    if (issuer.isPresent()) {
      pages =
          StaticPages.read(getServletContext(), "/WEB-INF/pages", "/try/index.html")
              .connectingTo(DevelopmentPeers.of(settings.federation()).connectSources());
    }
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!pages.serve(RequestPath.of(request), request, response)) {
      chain.doFilter(request, response);
    }
  }
}
