package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A transport without a socket: keeps what goes out, and takes it at once or when it is told to.
 */
public final class FakeTransport implements TransportConnection {

  private final List<byte[]> sent = new ArrayList<>();
  private boolean reading = true;
  private @Nullable Runnable inHand;
  private @Nullable Close close;
  private int pings;

  /** The peer stops reading: what is offered from now on stays in hand. */
  public synchronized void stopReading() {
    reading = false;
  }

  /** The peer reads again. */
  public void read() {
    Runnable done;
    synchronized (this) {
      reading = true;
      done = inHand;
      inHand = null;
    }
    if (done != null) {
      done.run();
    }
  }

  @Override
  public void offer(List<byte[]> messages, Runnable done) {
    synchronized (this) {
      sent.addAll(messages);
      if (!reading) {
        inHand = done;
        return;
      }
    }
    done.run();
  }

  @Override
  public synchronized void close(Close close) {
    if (this.close == null) {
      this.close = close;
    }
  }

  @Override
  public synchronized void ping() {
    pings++;
  }

  /** What was handed over so far, in order. */
  public synchronized List<byte[]> sent() {
    return List.copyOf(sent);
  }

  /** The close frame, once it was sent. */
  public synchronized @Nullable Close close() {
    return close;
  }

  synchronized int pings() {
    return pings;
  }
}
