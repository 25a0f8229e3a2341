package dev.betterbase.sync.rpc.transport.upgrade;

import dev.betterbase.sync.rpc.transport.TransportAcceptor;
import dev.betterbase.sync.rpc.transport.upgrade.payara.PayaraUpgrade;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.util.concurrent.Executor;
import org.eclipse.jetty.websocket.core.util.WebSocketUtils;

/**
 * Registers the upgrade transport at a path. It is for servers that announce readable bytes on a
 * worker thread, which may block and has the context of the application. Payara does.
 */
public final class UpgradeTransport {

  private UpgradeTransport() {}

  /**
   * Serves a path.
   *
   * @param context the application
   * @param path the path below the context root, with its leading slash
   * @param subprotocol the only sub-protocol; a filter has already refused other handshakes
   * @param budget memory for incoming messages
   * @param executor resumes reading after a suspension, in the application's context
   * @param writers write when the container's own thread must not; never block
   * @param acceptor takes the connections
   */
  public static void serve(
      ServletContext context,
      String path,
      String subprotocol,
      ReceiveBudget budget,
      Executor executor,
      Executor writers,
      TransportAcceptor acceptor) {
    var shared = new UpgradeConnection.Shared(budget, new ReadBuffers(), executor, writers);
    var served = new UpgradeServlet(subprotocol, acceptor, shared);
    var servlet = context.addServlet("upgrade " + path, served);
    servlet.addMapping(path);
    servlet.setAsyncSupported(true);
    context.setAttribute(attribute(path), served);
  }

  /**
   * Completes a handshake from within a filter, if this transport serves the path. The filters that
   * would follow, among them that of the server's own WebSockets, cost as much as the handshake.
   *
   * @return false if another transport has to complete it
   */
  public static boolean complete(
      HttpServletRequest request, HttpServletResponse response, String path)
      throws IOException, ServletException {
    if (request.getServletContext().getAttribute(attribute(path))
        instanceof UpgradeServlet served) {
      served.doGet(request, response);
      return true;
    }
    return false;
  }

  private static String attribute(String path) {
    return UpgradeTransport.class.getName() + path;
  }

  /** Completes the handshake, after a filter has checked its headers (RFC 6455, section 4.2.2). */
  private static final class UpgradeServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private final transient String subprotocol;
    private final transient TransportAcceptor acceptor;
    private final transient UpgradeConnection.Shared shared;

    UpgradeServlet(
        String subprotocol, TransportAcceptor acceptor, UpgradeConnection.Shared shared) {
      this.subprotocol = subprotocol;
      this.acceptor = acceptor;
      this.shared = shared;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException, ServletException {
      String key = request.getHeader("Sec-WebSocket-Key");
      response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
      response.setHeader("Upgrade", "websocket");
      response.setHeader("Connection", "Upgrade");
      response.setHeader("Sec-WebSocket-Accept", WebSocketUtils.hashKey(key));
      response.setHeader("Sec-WebSocket-Protocol", subprotocol);
      Principal principal = request.getUserPrincipal();
      PayaraUpgrade.of(request, UpgradeHandler.class, UpgradeHandler::new)
          .bind(connection -> acceptor.opened(connection, principal), shared);
      response.flushBuffer();
    }
  }
}
