package dev.betterbase.sync.http;

import dev.betterbase.sync.identity.DevelopmentIssuer;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Serves the page to try the server ({@code /}), the client that it runs on ({@code /client/}) and
 * the pages of the protocol ({@code /protocol/}), in development mode only. Otherwise every request
 * passes, and these are unknown paths like any other: the files are in WEB-INF, from where no
 * container serves anything.
 *
 * <p>A request names one of the files that were there at the start, so no path leads elsewhere.
 */
public class DevelopmentPages extends HttpFilter {

  private static final String FOLDER = "/WEB-INF/pages";
  private static final String FIRST_PAGE = "/try/index.html";

  @Inject private Optional<DevelopmentIssuer> issuer;

  private Map<String, StaticPage> pages = Map.of();

  @Override
  public void init() throws ServletException {
    if (issuer.isEmpty()) {
      return;
    }
    Map<String, StaticPage> found = new HashMap<>();
    try {
      read(getServletContext(), FOLDER + "/", found);
    } catch (IOException failure) {
      throw new ServletException("cannot read the pages", failure);
    }
    StaticPage first = found.remove(FIRST_PAGE);
    if (first == null) {
      throw new ServletException("there is no " + FIRST_PAGE);
    }
    found.put("/", first);
    pages = Map.copyOf(found);
  }

  private static void read(ServletContext application, String folder, Map<String, StaticPage> found)
      throws IOException {
    Set<String> paths = application.getResourcePaths(folder);
    for (String path : paths == null ? Set.<String>of() : paths) {
      if (path.endsWith("/")) {
        read(application, path, found);
      } else if (StaticPage.isNamed(path)) {
        try (InputStream content = application.getResourceAsStream(path)) {
          found.put(path.substring(FOLDER.length()), StaticPage.of(path, content.readAllBytes()));
        }
      }
    }
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    StaticPage page = pages.get(RequestPath.of(request));
    String method = request.getMethod();
    if (page == null || !(method.equals("GET") || method.equals("HEAD"))) {
      chain.doFilter(request, response);
      return;
    }
    page.send(request, response);
  }
}
