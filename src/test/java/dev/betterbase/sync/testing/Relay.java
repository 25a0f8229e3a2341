package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A port on loopback that leads to another one, until it is cut or falls silent. Once cut, it can
 * be opened again.
 */
public final class Relay implements AutoCloseable {
  private final int target;
  private final int port = Ports.free();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final CountDownLatch silent = new CountDownLatch(1);
  private volatile boolean passing = true;
  private ServerSocket listener;
  private Thread accepting;

  private Relay(int target) throws IOException {
    this.target = target;
    open();
  }

  /** Opens a relay to a port on loopback. */
  public static Relay to(int target) {
    try {
      return new Relay(target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port on which it listens. */
  public int port() {
    return port;
  }

  /**
   * Ends all connections and refuses new ones. Waits for the thread that accepts: as long as that
   * is in its call, the system keeps the port.
   */
  public void cut() {
    try {
      listener.close();
      for (Socket socket : sockets) {
        socket.close();
      }
      accepting.join(TimeUnit.SECONDS.toMillis(30));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * From now on behaves like a machine that has lost its power: no byte arrives, no connection
   * ends, and nobody answers to a new one. Closing the relay ends that.
   */
  public void silence() {
    passing = false;
    try {
      listener.close();
      accepting.join(TimeUnit.SECONDS.toMillis(30));
      // Nothing accepts from this queue. When it is full, the system drops whatever comes.
      listener = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
      while (true) {
        Socket queued = new Socket();
        sockets.add(queued);
        queued.connect(listener.getLocalSocketAddress(), 200);
      }
    } catch (SocketTimeoutException full) {
      // Now it is silent.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Accepts connections again. */
  public void reopen() {
    try {
      open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void open() throws IOException {
    ServerSocket opened = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    listener = opened;
    accepting = Thread.ofPlatform().daemon().start(() -> accept(opened));
  }

  private void accept(ServerSocket from) {
    try {
      while (true) {
        Socket near = from.accept();
        Socket far;
        try {
          far = new Socket(InetAddress.getLoopbackAddress(), target);
        } catch (IOException nobodyListens) {
          near.close();
          continue;
        }
        sockets.add(near);
        sockets.add(far);
        if (from.isClosed()) {
          // It was cut meanwhile, which did not see these two.
          near.close();
          far.close();
          return;
        }
        Thread.ofPlatform().daemon().start(() -> pass(near, far));
        Thread.ofPlatform().daemon().start(() -> pass(far, near));
      }
    } catch (IOException cut) {
      // The listener was closed.
    }
  }

  private void pass(Socket from, Socket to) {
    try (from;
        to) {
      byte[] bytes = new byte[8192];
      for (int read; (read = from.getInputStream().read(bytes)) >= 0; ) {
        if (!passing) {
          silent.await();
        }
        to.getOutputStream().write(bytes, 0, read);
      }
      if (!passing) {
        silent.await();
      }
    } catch (IOException ended) {
      // One side has hung up, or the relay was cut.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  @Override
  public void close() {
    cut();
    silent.countDown();
  }
}
