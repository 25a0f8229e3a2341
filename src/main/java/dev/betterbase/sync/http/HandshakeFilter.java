package dev.betterbase.sync.http;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.address.ClientAddresses;
import dev.betterbase.sync.rpc.ClientPrincipal;
import dev.betterbase.sync.rpc.RpcServer;
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
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;

/**
 * Refuses invalid handshakes on the clients' WebSocket before any transport sees them: a WebSocket
 * container would upgrade without the sub-protocol, or refuse in HTML.
 *
 * <p>It also refuses upgrades on every path but those of the two sockets: containers match paths
 * more loosely (decoded, or with a slash at the end) than this application does.
 */
public class HandshakeFilter extends HttpFilter {

  /** The sub-protocol that a client must offer (protocol.md, Connecting). */
  static final String SUBPROTOCOL = "betterbase-rpc-v1";

  @Inject private RpcServer server;
  @Inject private ClientAddresses addresses;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    WebSocketHandshake handshake =
        new WebSocketHandshake(
            request.getMethod(),
            request.getProtocol(),
            announcesBody(request),
            headers(request, "Upgrade"),
            headers(request, "Connection"),
            headers(request, "Sec-WebSocket-Version"),
            headers(request, "Sec-WebSocket-Key"),
            headers(request, "Sec-WebSocket-Protocol"));
    String path = RequestPath.of(request);
    boolean client = path.equals(RequestPath.CLIENT_SOCKET);
    if (client || path.equals(RequestPath.PEER_SOCKET)) {
      Optional<WebSocketHandshake.Refusal> refusal = handshake.refusal(SUBPROTOCOL);
      if (refusal.isPresent()) {
        refusal.get().headers().forEach(response::setHeader);
        JsonError.send(response, refusal.get().status(), refusal.get().message());
        return;
      }
      if (client) {
        upgrade(request, response, chain);
        return;
      }
    } else if (handshake.asksForUpgrade()) {
      JsonError.send(response, 404, JsonError.messageFor(404));
      return;
    }
    // The next filter checks what else a peer needs.
    chain.doFilter(request, response);
  }

  private void upgrade(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    ClientAddress address = addresses.of(request);
    if (!server.admitsHandshake(address)) {
      JsonError.send(response, 503, "too many unauthenticated connections");
      return;
    }
    boolean upgraded = false;
    try {
      HttpServletRequest admitted = new Admitted(request, new ClientPrincipal(address));
      if (!server.completeHandshake(admitted, response, RequestPath.CLIENT_SOCKET)) {
        chain.doFilter(admitted, response);
      }
      upgraded = response.getStatus() == HttpServletResponse.SC_SWITCHING_PROTOCOLS;
    } finally {
      if (!upgraded) {
        server.handshakeFailed(address);
      }
    }
  }

  /** An admitted handshake. */
  private static final class Admitted extends HttpServletRequestWrapper {
    private final ClientPrincipal client;

    Admitted(HttpServletRequest request, ClientPrincipal client) {
      super(request);
      this.client = client;
    }

    @Override
    public Principal getUserPrincipal() {
      return client;
    }

    /**
     * Returns the address as the local name. Payara's WebSockets ask for the name in every
     * handshake, which would be a DNS look-up.
     */
    @Override
    public String getLocalName() {
      return getLocalAddr();
    }
  }

  /** Looks at the headers alone: Payara does not count the body of a request for an upgrade. */
  private static boolean announcesBody(HttpServletRequest request) {
    return !headers(request, "Transfer-Encoding").isEmpty()
        || headers(request, "Content-Length").stream().anyMatch(length -> !length.equals("0"));
  }

  private static List<String> headers(HttpServletRequest request, String name) {
    Enumeration<String> values = request.getHeaders(name);
    return values == null ? List.of() : Collections.list(values);
  }
}
