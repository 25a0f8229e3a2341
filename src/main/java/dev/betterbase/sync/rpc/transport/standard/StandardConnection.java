package dev.betterbase.sync.rpc.transport.standard;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import jakarta.websocket.CloseReason;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A connection over the standard Jakarta WebSocket API, which every server has. */
final class StandardConnection implements TransportConnection {

  private static final Logger LOG = System.getLogger(StandardConnection.class.getName());

  private final Session session;
  private final Runnable broken;
  private final AtomicLong unsent = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();

  /** Guards the fields below. */
  private final Object lock = new Object();

  private boolean sending;
  private boolean closing;
  private @Nullable Runnable closeAfterwards;

  /**
   * @param session the open session
   * @param broken run when a message could not be sent, after which the connection is useless
   */
  StandardConnection(Session session, Runnable broken) {
    this.session = session;
    this.broken = broken;
  }

  @Override
  public void offer(List<byte[]> messages, Runnable done) {
    synchronized (lock) {
      sending = true;
    }
    var left = new AtomicInteger(messages.size());
    for (byte[] message : messages) {
      unsent.addAndGet(message.length);
      try {
        // Undertow keeps the buffer until it is sent, so each message needs its own.
        session
            .getAsyncRemote()
            .sendBinary(
                ByteBuffer.wrap(message), result -> sent(result, message.length, left, done));
      } catch (IllegalStateException | IllegalArgumentException e) {
        // A session that closed meanwhile throws instead of calling the handler.
        LOG.log(Level.DEBUG, "send on a closed session", e);
        sentOne(message.length, left, done);
        broken.run();
      }
    }
  }

  private void sent(SendResult result, int length, AtomicInteger left, Runnable done) {
    sentOne(length, left, done);
    if (!result.isOK()) {
      broken.run();
    }
  }

  private void sentOne(int length, AtomicInteger left, Runnable done) {
    unsent.addAndGet(-length);
    taken.addAndGet(length);
    if (left.decrementAndGet() > 0) {
      return;
    }
    Runnable close;
    synchronized (lock) {
      sending = false;
      close = closeAfterwards;
      closeAfterwards = null;
    }
    done.run();
    if (close != null) {
      close.run();
    }
  }

  /** Counts no frame headers, since the container makes them. */
  @Override
  public long unsentBytes() {
    return unsent.get();
  }

  @Override
  public long takenBytes() {
    return taken.get();
  }

  @Override
  public boolean suspend() {
    return false;
  }

  @Override
  public void resume() {
    throw new IllegalStateException("was not suspended");
  }

  /** Never: the container hands over whole messages only. */
  @Override
  public boolean receivesTooSlowly(long nanoTime) {
    return false;
  }

  /** Waits for the end of the batch: a close in the middle of one would never reach the peer. */
  @Override
  public void close(Close close, Runnable sent) {
    synchronized (lock) {
      if (closing) {
        return;
      }
      closing = true;
      if (sending) {
        closeAfterwards = () -> closeNow(close, sent);
        return;
      }
    }
    closeNow(close, sent);
  }

  private void closeNow(Close close, Runnable sent) {
    try {
      session.close(
          new CloseReason(
              CloseReason.CloseCodes.getCloseCode(close.code().number()), close.reason()));
    } catch (IOException | IllegalStateException e) {
      LOG.log(Level.DEBUG, "close of a connection that is gone", e);
      broken.run();
    }
    sent.run();
  }

  /** The closest that the standard API offers: the container drops unsent frames. */
  @Override
  public void cut() {
    closeNow(Close.NO_SIGN_OF_LIFE, () -> {});
  }

  /** The Jakarta WebSocket API does not tell. */
  @Override
  public boolean hasUnread() {
    return false;
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
