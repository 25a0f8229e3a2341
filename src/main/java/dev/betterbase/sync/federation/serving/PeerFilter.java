package dev.betterbase.sync.federation.serving;

import dev.betterbase.sync.address.ClientAddresses;
import dev.betterbase.sync.federation.trust.HttpSignature;
import dev.betterbase.sync.federation.trust.PeerAuthentication;
import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.http.JsonError;
import dev.betterbase.sync.rpc.PeerPrincipal;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.storage.StorageException;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.Principal;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lets only requests pass that a trusted peer signed, with the peer as their principal. */
abstract class PeerFilter extends HttpFilter {
  private static final Logger LOG = System.getLogger(PeerFilter.class.getName());

  @Inject private Peers peers;
  @Inject private PeerMetrics metrics;
  @Inject private SecurityLog security;
  @Inject private ClientAddresses addresses;

  /** Whether the route exists on a server that accepts peers. */
  abstract boolean isThere();

  abstract PeerAuthentication authentication(Peers trusted);

  /** Called when the peer was authenticated or refused, before the answer. */
  void decided(HttpServletResponse response, boolean letIn) {}

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!peers.isEnabled() || !isThere()) {
      JsonError.send(response, 404, JsonError.messageFor(404));
      return;
    }
    String peer;
    try {
      peer =
          authentication(peers)
              .authenticate(
                  new HttpSignature.Request(
                      request.getMethod(),
                      request.getRequestURI() + query(request),
                      name -> field(request, name)),
                  request.getLocalPort(),
                  field(request, HttpSignature.INPUT_HEADER),
                  field(request, HttpSignature.HEADER));
    } catch (StorageException unavailable) {
      LOG.log(
          Level.WARNING, "The request of a peer cannot be checked: {0}", unavailable.getMessage());
      decided(response, false);
      JsonError.send(response, 503, "database unavailable");
      return;
    } catch (PeerAuthentication.Refused refused) {
      metrics.refused(refused.status());
      security.peerRefused(String.valueOf(refused.getMessage()), addresses.of(request));
      decided(response, false);
      JsonError.send(response, refused.status(), String.valueOf(refused.getMessage()));
      return;
    }
    if (peers.isPaused(peer)) {
      metrics.refused(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
      decided(response, false);
      JsonError.send(response, 503, "this peer is paused");
      return;
    }
    decided(response, true);
    chain.doFilter(new Authenticated(request, new PeerPrincipal(peer)), response);
  }

  private static String query(HttpServletRequest request) {
    return request.getQueryString() == null ? "" : "?" + request.getQueryString();
  }

  /**
   * A header field as it is signed: the values of all its lines, in order (RFC 9421, section 2.1).
   */
  private static @Nullable String field(HttpServletRequest request, String name) {
    List<String> values = Collections.list(request.getHeaders(name));
    return values.isEmpty() ? null : String.join(", ", values);
  }

  /** The request, with the peer as its principal. */
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
