package dev.betterbase.sync.identity;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP server on loopback that answers as it is told, at {@code /jwks} and nowhere else. */
final class JwksServer implements AutoCloseable {
  /** How one request is answered. */
  interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger fetches = new AtomicInteger();
  private volatile Answer answer = exchange -> exchange.sendResponseHeaders(404, -1);
  private volatile CountDownLatch gate = new CountDownLatch(0);

  JwksServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/jwks", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    fetches.incrementAndGet();
    try (exchange) {
      if (gate.await(60, TimeUnit.SECONDS)) {
        answer.to(exchange);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  URI url() {
    return url("127.0.0.1");
  }

  /** Its URL by another name of loopback. */
  URI url(String host) {
    return URI.create("http://" + host + ":" + server.getAddress().getPort() + "/jwks");
  }

  /** The number of requests so far. */
  int fetches() {
    return fetches.get();
  }

  void answers(Answer value) {
    answer = value;
  }

  void serves(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    answers(
        exchange -> {
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
        });
  }

  void fails() {
    answers(exchange -> exchange.sendResponseHeaders(503, -1));
  }

  /** From now on nothing is answered until {@link #resume}. */
  void hold() {
    gate = new CountDownLatch(1);
  }

  void resume() {
    gate.countDown();
  }

  @Override
  public void close() {
    resume();
    server.stop(0);
    threads.shutdownNow();
  }
}
