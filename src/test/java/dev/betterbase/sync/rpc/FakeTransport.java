package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A transport without a socket. It keeps what goes out, and completes each batch at once or when
 * the test says so.
 */
public final class FakeTransport implements TransportConnection {

  private final List<byte[]> sent = new ArrayList<>();
  private boolean reading = true;
  private @Nullable Runnable inHand;
  private @Nullable Close close;
  private @Nullable Runnable closeBehind;
  private int pings;
  private long unsent;
  private long taken;
  private boolean cut;
  private boolean unread;

  /** A message comes in, with the calls that every transport makes. */
  public static void deliver(TransportListener listener, byte[] message) {
    listener.heard();
    listener.frame();
    if (message.length > listener.messageLimit()) {
      listener.refused(Close.MESSAGE_TOO_BIG);
    } else {
      listener.binary(message);
    }
  }

  /** A pong comes in. */
  public static void pong(TransportListener listener) {
    listener.heard();
    listener.frame();
  }

  /** The peer stops reading: the next batch is not completed. */
  public synchronized void stopReading() {
    reading = false;
  }

  /** The peer reads again. */
  public void read() {
    Runnable done;
    Runnable behind;
    synchronized (this) {
      reading = true;
      behind = closeBehind;
      done = inHand;
      inHand = null;
      taken += unsent;
      unsent = 0;
    }
    if (done != null) {
      done.run();
    }
    if (behind != null) {
      behind.run();
    }
  }

  @Override
  public void offer(List<byte[]> messages, Runnable done) {
    synchronized (this) {
      sent.addAll(messages);
      long bytes = messages.stream().mapToLong(message -> message.length).sum();
      if (!reading) {
        unsent += bytes;
        inHand = done;
        return;
      }
      taken += bytes;
    }
    done.run();
  }

  @Override
  public synchronized long unsentBytes() {
    return unsent;
  }

  @Override
  public synchronized long takenBytes() {
    return taken;
  }

  /** As on a transport that cannot suspend reading: a reply without room holds the thread. */
  @Override
  public boolean suspend() {
    return false;
  }

  @Override
  public void resume() {
    throw new IllegalStateException("was not suspended");
  }

  @Override
  public boolean receivesTooSlowly(long nanoTime) {
    return false;
  }

  @Override
  public void close(Close close, Runnable out) {
    synchronized (this) {
      if (this.close != null || closeBehind != null) {
        return;
      }
      if (inHand != null) {
        closeBehind = () -> closeNow(close, out);
        return;
      }
    }
    closeNow(close, out);
  }

  private void closeNow(Close close, Runnable out) {
    synchronized (this) {
      this.close = close;
    }
    out.run();
  }

  @Override
  public synchronized void cut() {
    cut = true;
  }

  synchronized boolean isCut() {
    return cut;
  }

  /** Something has come in that is not read yet, or no longer. */
  public synchronized void unread(boolean value) {
    unread = value;
  }

  @Override
  public synchronized boolean hasUnread() {
    return unread;
  }

  @Override
  public synchronized void ping() {
    pings++;
  }

  /** The frames that were offered so far, in order. */
  public synchronized List<byte[]> sent() {
    return List.copyOf(sent);
  }

  /** The close frame, or null before it is sent. */
  public synchronized @Nullable Close close() {
    return close;
  }

  synchronized int pings() {
    return pings;
  }
}
