package dev.betterbase.sync.federation;

import dev.betterbase.sync.http.JsonError;
import dev.betterbase.sync.rpc.PeerPrincipal;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Authenticates the handshake of a peer by its signature (federation.md, Being called); that it
 * offers the sub-protocol was checked before. It stands on the path of the peer WebSocket alone.
 */
public class PeerHandshakeFilter extends HttpFilter {
  @Inject private Peers peers;
  @Inject private FederationMetrics metrics;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!peers.isEnabled()) {
      JsonError.send(response, 404, JsonError.messageFor(404));
      return;
    }
    String peer;
    try {
      peer =
          peers.authenticate(
              new HttpSignature.Request(
                  request.getMethod(),
                  request.getRequestURI() + query(request),
                  name -> field(request, name)),
              field(request, HttpSignature.INPUT_HEADER),
              field(request, HttpSignature.HEADER));
    } catch (PeerAuthentication.Refused refused) {
      metrics.refused(refused.status());
      JsonError.send(response, refused.status(), String.valueOf(refused.getMessage()));
      return;
    }
    chain.doFilter(new Authenticated(request, new PeerPrincipal(peer)), response);
  }

  private static String query(HttpServletRequest request) {
    return request.getQueryString() == null ? "" : "?" + request.getQueryString();
  }

  /** A field as it is signed: of several lines, the values in order (RFC 9421, section 2.1). */
  private static @Nullable String field(HttpServletRequest request, String name) {
    List<String> values = Collections.list(request.getHeaders(name));
    return values.isEmpty() ? null : String.join(", ", values);
  }

  /** The request, with the peer in it. */
  private static final class Authenticated extends HttpServletRequestWrapper {
    private final PeerPrincipal peer;

    Authenticated(HttpServletRequest request, PeerPrincipal peer) {
      super(request);
      this.peer = peer;
    }

    @Override
    public Principal getUserPrincipal() {
      return peer;
    }
  }
}
