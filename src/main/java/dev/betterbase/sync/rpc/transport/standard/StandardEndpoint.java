package dev.betterbase.sync.rpc.transport.standard;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.transport.TransportAcceptor;
import dev.betterbase.sync.rpc.transport.TransportListener;
import jakarta.websocket.CloseReason;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint of the standard transport, with one instance for each connection.
 *
 * <p>Both Tyrus and Undertow deliver the messages of one session one after another, which is the
 * order that protocol.md asks for, so nothing is queued here. Public because Tyrus calls it by
 * reflection.
 */
public final class StandardEndpoint extends Endpoint {

  private static final Logger LOG = System.getLogger(StandardEndpoint.class.getName());

  private final int maxMessageBytes;
  private final TransportAcceptor acceptor;
  private volatile @Nullable TransportListener listener;

  StandardEndpoint(int maxMessageBytes, TransportAcceptor acceptor) {
    this.maxMessageBytes = maxMessageBytes;
    this.acceptor = acceptor;
  }

  @Override
  public void onOpen(Session session, EndpointConfig config) {
    // The protocol decides how long a connection lives, not the container.
    session.setMaxIdleTimeout(0);
    // The limit does not change: Undertow reads on while a message is handled, so a limit that grew
    // after the auth frame would come too late for the next message.
    session.setMaxBinaryMessageBufferSize(maxMessageBytes);
    session.setMaxTextMessageBufferSize(maxMessageBytes);
    var connection = new StandardConnection(session, this::gone);
    TransportListener opened = acceptor.opened(connection, session.getUserPrincipal());
    listener = opened;
    session.addMessageHandler(
        new MessageHandler.Whole<byte[]>() {
          @Override
          public void onMessage(byte[] message) {
            opened.heard();
            opened.frame();
            if (message.length > opened.messageLimit()) {
              opened.refused(Close.MESSAGE_TOO_BIG);
            } else {
              opened.binary(message);
            }
          }
        });
    session.addMessageHandler(
        new MessageHandler.Whole<String>() {
          @Override
          public void onMessage(String message) {
            opened.heard();
            opened.frame();
            opened.text(message);
          }
        });
    session.addMessageHandler(
        new MessageHandler.Whole<PongMessage>() {
          @Override
          public void onMessage(PongMessage message) {
            opened.heard();
            opened.frame();
          }
        });
  }

  @Override
  public void onClose(Session session, CloseReason reason) {
    gone();
  }

  @Override
  public void onError(Session session, Throwable cause) {
    // Both a reset by the peer and a bug come here. If the connection is gone, the container goes
    // on to call onClose.
    LOG.log(Level.DEBUG, "WebSocket error", cause);
  }

  private void gone() {
    TransportListener opened = listener;
    if (opened != null) {
      opened.closed();
    }
  }
}
