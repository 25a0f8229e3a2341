package dev.betterbase.sync.rpc.transport;

import dev.betterbase.sync.protocol.Close;
import jakarta.websocket.CloseReason;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A connection over the standard Jakarta WebSocket API, which every server has. */
final class StandardConnection implements TransportConnection {

  private static final Logger LOG = System.getLogger(StandardConnection.class.getName());

  private final Session session;
  private final Runnable broken;
  private final AtomicBoolean closing = new AtomicBoolean();

  /**
   * @param session the open session
   * @param broken run when a message could not be sent: the connection is of no more use
   */
  StandardConnection(Session session, Runnable broken) {
    this.session = session;
    this.broken = broken;
  }

  @Override
  public void offer(List<byte[]> messages, Runnable done) {
    var left = new AtomicInteger(messages.size());
    for (byte[] message : messages) {
      try {
        // Undertow keeps the buffer until it was sent: each message has one of its own.
        session
            .getAsyncRemote()
            .sendBinary(ByteBuffer.wrap(message), result -> sent(result, left, done));
      } catch (IllegalStateException | IllegalArgumentException e) {
        // A session that closed meanwhile throws instead of calling the handler.
        LOG.log(Level.DEBUG, "send on a closed session", e);
        sentOne(left, done);
        broken.run();
      }
    }
  }

  private void sent(SendResult result, AtomicInteger left, Runnable done) {
    sentOne(left, done);
    if (!result.isOK()) {
      broken.run();
    }
  }

  private static void sentOne(AtomicInteger left, Runnable done) {
    if (left.decrementAndGet() == 0) {
      done.run();
    }
  }

  @Override
  public void close(Close close) {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    try {
      session.close(
          new CloseReason(
              CloseReason.CloseCodes.getCloseCode(close.code().number()), close.reason()));
    } catch (IOException | IllegalStateException e) {
      LOG.log(Level.DEBUG, "close of a connection that is gone", e);
      broken.run();
    }
  }

  @Override
  public void ping() {
    try {
      session.getAsyncRemote().sendPing(ByteBuffer.allocate(0));
    } catch (IOException | IllegalStateException e) {
      LOG.log(Level.DEBUG, "ping on a connection that is gone", e);
      broken.run();
    }
  }
}
