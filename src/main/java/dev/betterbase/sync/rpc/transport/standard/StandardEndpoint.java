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
 * The endpoint of the standard transport: one instance a connection.
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
    // Life and death of a connection are the protocol's, not the container's.
    session.setMaxIdleTimeout(0);
    // One limit for good: Undertow reads on while a message is handled, so one that grows with the
    // auth frame would come too late for what is sent right behind it.
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
    // A reset by the peer comes here as well as a fault of ours; the container goes on to onClose
    // where the connection is gone.
    LOG.log(Level.DEBUG, "WebSocket error", cause);
  }

  private void gone() {
    TransportListener opened = listener;
    if (opened != null) {
      opened.closed();
    }
  }
}
