package dev.betterbase.sync.http;

import dev.betterbase.sync.http.BearerCredentials.Unauthorized;
import dev.betterbase.sync.identity.AccessTokenVerifier;
import dev.betterbase.sync.identity.InvalidAccessToken;
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

  @Inject private AccessTokenVerifier verifier;
  @Inject private RequestAuthentication authentication;

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
      token = authenticate(request);
    } catch (Unauthorized refusal) {
      // RFC 9110, section 11.6.1: a 401 names the scheme that the server accepts.
      response.setHeader("WWW-Authenticate", "Bearer");
      JsonError.send(response, 401, String.valueOf(refusal.getMessage()));
      return;
    }
    authentication.authenticated(token);
    chain.doFilter(new Authenticated(request, token), response);
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
