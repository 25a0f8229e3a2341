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
    var servlet =
        context.addServlet("upgrade " + path, new UpgradeServlet(subprotocol, acceptor, shared));
    servlet.addMapping(path);
    servlet.setAsyncSupported(true);
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
