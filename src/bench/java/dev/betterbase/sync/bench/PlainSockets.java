package dev.betterbase.sync.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** The limit of a stream: the same bytes in writes of 64 KiB over bare sockets of one process. */
final class PlainSockets {
  private static final long MEASURED_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final int CONNECTIONS = 4;

  private PlainSockets() {}

  static TransportBench.Line stream() throws IOException, InterruptedException {
    var read = new LongAdder();
    long deadline = System.nanoTime() + MEASURED_NANOS;
    List<Thread> threads = new ArrayList<>();
    try (ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < CONNECTIONS; i++) {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort());
        Socket accepted = server.accept();
        threads.add(Thread.ofPlatform().start(() -> write(accepted, deadline)));
        threads.add(Thread.ofPlatform().start(() -> read(client, read)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
    double messages = (double) read.sum() / TransportLoad.STREAM_FRAME;
    double seconds = MEASURED_NANOS / 1e9;
    return new TransportBench.Line(
        "stream of 600 B, 4 connections",
        TransportBench.Line.rate(messages / seconds),
        "",
        "limit");
  }

  private static void write(Socket socket, long deadline) {
    byte[] bytes = new byte[64 * 1024];
    try (socket) {
      while (System.nanoTime() < deadline) {
        socket.getOutputStream().write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void read(Socket socket, LongAdder total) {
    byte[] bytes = new byte[256 * 1024];
    try (socket) {
      InputStream input = socket.getInputStream();
      for (int count = input.read(bytes); count >= 0; count = input.read(bytes)) {
        total.add(count);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
