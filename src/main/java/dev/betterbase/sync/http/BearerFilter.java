package dev.betterbase.sync.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.betterbase.sync.http.BearerCredentials.Unauthorized;
import dev.betterbase.sync.identity.AccessTokenVerifier;
import dev.betterbase.sync.identity.InvalidAccessToken;
import dev.betterbase.sync.settings.Settings;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.Principal;

/**
 * Rejects every request without a valid bearer token, except on the public paths (http.md). It does
 * not know which routes exist, so a caller without a token cannot find out.
 */
public class BearerFilter extends HttpFilter {
  private static final String SCOPE_METRICS = "metrics";

  @Inject private AccessTokenVerifier verifier;
  @Inject private RequestAuthentication authentication;
  @Inject private Settings settings;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (RequestPath.isPublic(RequestPath.of(request))) {
      chain.doFilter(request, response);
      return;
    }
    BearerToken token;
    try {
      if (isForMetrics(request)) {
        chain.doFilter(request, response);
        return;
      }
      token = authenticate(request);
    } catch (Unauthorized refusal) {
      // RFC 9110, section 11.6.1: a 401 names the scheme that the server accepts.
      response.setHeader("WWW-Authenticate", "Bearer");
      JsonError.send(response, 401, String.valueOf(refusal.getMessage()));
      return;
    }
    if (RequestPath.of(request).equals(RequestPath.METRICS)
        && !token.token().hasScope(SCOPE_METRICS)) {
      JsonError.send(response, 403, "metrics scope required");
      return;
    }
    authentication.authenticated(token);
    chain.doFilter(new Authenticated(request, token), response);
  }

  /** Whether the request has the METRICS_TOKEN, and asks for nothing else. */
  private boolean isForMetrics(HttpServletRequest request) throws Unauthorized {
    if (settings.metricsToken().isEmpty() || !RequestPath.of(request).equals(RequestPath.METRICS)) {
      return false;
    }
    // In constant time, so that the token cannot be guessed byte by byte.
    return MessageDigest.isEqual(
        BearerCredentials.token(request.getHeader("Authorization")).getBytes(ISO_8859_1),
        settings.metricsToken().get().value().getBytes(ISO_8859_1));
  }

  private BearerToken authenticate(HttpServletRequest request) throws Unauthorized {
    String token = BearerCredentials.token(request.getHeader("Authorization"));
    try {
      BearerToken verified = new BearerToken(verifier.verify(token));
      BearerCredentials.checkUcan(request.getHeader("X-UCAN"));
      return verified;
    } catch (InvalidAccessToken invalid) {
      throw new Unauthorized(invalid.reason().httpError());
    }
  }

  /** The request with its authenticated user. */
  private static final class Authenticated extends HttpServletRequestWrapper {
    private final BearerToken token;

    Authenticated(HttpServletRequest request, BearerToken token) {
      super(request);
      this.token = token;
    }

    @Override
    public Principal getUserPrincipal() {
      return token;
    }

    @Override
    public String getRemoteUser() {
      return token.getName();
    }

    @Override
    public String getAuthType() {
      return "Bearer";
    }
  }
}
