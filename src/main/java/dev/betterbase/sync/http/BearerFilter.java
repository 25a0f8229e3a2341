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
 * Lets nothing pass without a valid bearer token but what http.md calls public. It knows no routes:
 * who has no token cannot tell a path that exists from one that does not.
 */
public class BearerFilter extends HttpFilter {

  @Inject private AccessTokenVerifier verifier;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (RequestPath.isPublic(RequestPath.of(request))) {
      chain.doFilter(request, response);
      return;
    }
    TokenCaller caller;
    try {
      caller = authenticate(request);
    } catch (Unauthorized refusal) {
      // RFC 9110, section 11.6.1: a 401 names the scheme that would do.
      response.setHeader("WWW-Authenticate", "Bearer");
      JsonError.send(response, 401, String.valueOf(refusal.getMessage()));
      return;
    }
    chain.doFilter(new Authenticated(request, caller), response);
  }

  private TokenCaller authenticate(HttpServletRequest request) throws Unauthorized {
    String token = BearerCredentials.token(request.getHeader("Authorization"));
    try {
      TokenCaller caller = new TokenCaller(verifier.verify(token));
      BearerCredentials.checkUcan(request.getHeader("X-UCAN"));
      return caller;
    } catch (InvalidAccessToken invalid) {
      throw new Unauthorized(invalid.reason().httpError());
    }
  }

  /** The request, with the caller in it. */
  private static final class Authenticated extends HttpServletRequestWrapper {
    private final TokenCaller caller;

    Authenticated(HttpServletRequest request, TokenCaller caller) {
      super(request);
      this.caller = caller;
    }

    @Override
    public Principal getUserPrincipal() {
      return caller;
    }

    @Override
    public String getRemoteUser() {
      return caller.getName();
    }

    @Override
    public String getAuthType() {
      return "Bearer";
    }
  }
}
