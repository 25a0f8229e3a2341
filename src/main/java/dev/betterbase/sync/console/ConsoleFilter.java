package dev.betterbase.sync.console;

import dev.betterbase.sync.address.ClientAddresses;
import dev.betterbase.sync.http.FailedRequests;
import dev.betterbase.sync.http.JsonError;
import dev.betterbase.sync.http.RequestPath;
import dev.betterbase.sync.http.StaticPages;
import dev.betterbase.sync.security.SecurityLog;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * Serves {@code /admin/}. Where ADMIN_TOKEN is not set, every request passes, and these are unknown
 * paths like any other.
 *
 * <p>It runs before the filters of the API, which let web pages of any origin in and ask for a
 * bearer token. A request that may pass here is forwarded to its resource without them. {@link
 * ConsoleGate} refuses those that come any other way.
 */
public class ConsoleFilter extends HttpFilter {
  private static final String ROOT = "/admin";
  private static final String API = ROOT + "/api/";
  private static final String SESSION = API + "session";

  /** No other path is forwarded, so that none leads out of the admin page. */
  private static final Pattern RESOURCE = Pattern.compile(API + "[a-z]{1,32}(/[a-z]{1,32})?");

  /** A token and an id are shorter. */
  private static final int BODY_AT_MOST = 1_024;

  @Inject private Admission admission;
  @Inject private SecurityLog security;
  @Inject private ClientAddresses addresses;
  @Inject private FailedRequests failedRequests;

  private transient StaticPages pages = StaticPages.NONE;

  @Override
  public void init() throws ServletException {
    if (admission.isOn()) {
      pages = StaticPages.read(getServletContext(), "/WEB-INF/admin", "/index.html");
    }
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String path = RequestPath.of(request);
    if (!admission.isOn() || !(path.equals(ROOT) || path.startsWith(ROOT + "/"))) {
      chain.doFilter(request, response);
      return;
    }
    StaticPages.protect(response);
    if (request.isSecure()) {
      response.setHeader("Strict-Transport-Security", "max-age=31536000");
    }
    if (path.equals(ROOT)) {
      response.setHeader("Location", request.getContextPath() + ROOT + "/");
      response.setStatus(308);
    } else if (RESOURCE.matcher(path).matches()) {
      response.setHeader("Cache-Control", "no-store");
      api(path, request, response);
    } else if (!pages.serve(path.substring(ROOT.length()), request, response)) {
      JsonError.send(response, 404, JsonError.messageFor(404));
    }
  }

  private void api(String path, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    boolean reads = request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
    if (!reads && !ConsoleRequest.isFromThePage(request)) {
      security.adminRefused("a request of another site", addresses.of(request));
      JsonError.send(response, 403, "not sent by the admin page");
    } else if (!reads && !hasShortBody(request)) {
      response.setHeader("Connection", "close");
      JsonError.send(response, 413, "at most " + BODY_AT_MOST + " bytes, with a Content-Length");
    } else if (!path.equals(SESSION) && !isSignedIn(request)) {
      JsonError.send(response, 401, "sign in first");
    } else {
      request.setAttribute(ConsoleGate.ADMITTED, true);
      String query = request.getQueryString();
      request
          .getRequestDispatcher(query == null ? path : path + "?" + query)
          .forward(request, response);
      // A forward passes by the filters of the API, one of which counts failed requests.
      failedRequests.answered(request, response.getStatus());
    }
  }

  private boolean isSignedIn(HttpServletRequest request) {
    return ConsoleRequest.session(request).flatMap(admission::left).isPresent();
  }

  private static boolean hasShortBody(HttpServletRequest request) {
    return request.getHeader("Transfer-Encoding") == null
        && request.getContentLengthLong() <= BODY_AT_MOST;
  }
}
