package dev.betterbase.sync.http;

import dev.betterbase.sync.address.ClientAddresses;
import dev.betterbase.sync.http.BearerCredentials.Unauthorized;
import dev.betterbase.sync.identity.AccessTokenVerifier;
import dev.betterbase.sync.identity.InvalidAccessToken;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.Settings;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
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
  @Inject private SecurityLog security;
  @Inject private ClientAddresses addresses;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String path = RequestPath.of(request);
    if (RequestPath.isPublic(path)) {
      chain.doFilter(request, response);
      return;
    }
    boolean metrics = path.equals(RequestPath.METRICS);
    BearerToken token;
    try {
      String given = BearerCredentials.token(request.getHeader("Authorization"));
      if (metrics && isMetricsToken(given)) {
        chain.doFilter(request, response);
        return;
      }
      token = authenticate(given, request);
    } catch (Unauthorized refusal) {
      security.authenticationRefused(String.valueOf(refusal.getMessage()), addresses.of(request));
      // RFC 9110, section 11.6.1: a 401 names the scheme that the server accepts.
      response.setHeader("WWW-Authenticate", "Bearer");
      JsonError.send(response, 401, String.valueOf(refusal.getMessage()));
      return;
    }
    if (metrics && !token.token().hasScope(SCOPE_METRICS)) {
      security.authenticationRefused("metrics scope required", addresses.of(request));
      JsonError.send(response, 403, "metrics scope required");
      return;
    }
    authentication.authenticated(token);
    chain.doFilter(new Authenticated(request, token), response);
  }

  private boolean isMetricsToken(String given) {
    return settings.metricsToken().filter(token -> token.matches(given)).isPresent();
  }

  private BearerToken authenticate(String token, HttpServletRequest request) throws Unauthorized {
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
