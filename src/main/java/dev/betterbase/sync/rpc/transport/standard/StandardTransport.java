package dev.betterbase.sync.rpc.transport.standard;

import dev.betterbase.sync.rpc.transport.TransportAcceptor;
import jakarta.servlet.ServletContext;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.util.List;

/**
 * Registers the standard endpoint at a path. An annotation would not do: path, sub-protocol and
 * acceptor come from one place, and no server has to inject into an endpoint.
 */
public final class StandardTransport {

  private StandardTransport() {}

  /**
   * Serves a path.
   *
   * @param context the application, which knows the server's WebSocket container
   * @param path the path below the context root, with its leading slash
   * @param subprotocol the only sub-protocol; a filter has already refused other handshakes
   * @param maxMessageBytes the longest binary message that is accepted on any connection
   * @param acceptor takes the connections
   * @throws IllegalStateException if the server has no WebSocket container, or that refuses the
   *     endpoint
   */
  public static void serve(
      ServletContext context,
      String path,
      String subprotocol,
      int maxMessageBytes,
      TransportAcceptor acceptor) {
    if (!(context.getAttribute(ServerContainer.class.getName())
        instanceof ServerContainer container)) {
      throw new IllegalStateException("this server has no WebSocket container");
    }
    try {
      container.addEndpoint(
          ServerEndpointConfig.Builder.create(StandardEndpoint.class, path)
              .subprotocols(List.of(subprotocol))
              .configurator(new AcceptorConfigurator(subprotocol, maxMessageBytes, acceptor))
              .build());
    } catch (DeploymentException e) {
      throw new IllegalStateException("the server refuses the WebSocket endpoint " + path, e);
    }
  }

  private static final class AcceptorConfigurator extends ServerEndpointConfig.Configurator {
    private final String subprotocol;
    private final int maxMessageBytes;
    private final TransportAcceptor acceptor;

    AcceptorConfigurator(String subprotocol, int maxMessageBytes, TransportAcceptor acceptor) {
      this.subprotocol = subprotocol;
      this.maxMessageBytes = maxMessageBytes;
      this.acceptor = acceptor;
    }

    @Override
    public String getNegotiatedSubprotocol(List<String> supported, List<String> requested) {
      // The filter has checked that it is offered. Undertow looks only at the first of several
      // headers.
      return subprotocol;
    }

    @Override
    public <T> T getEndpointInstance(Class<T> type) {
      return type.cast(new StandardEndpoint(maxMessageBytes, acceptor));
    }
  }
}
