package dev.betterbase.sync.launcher.check;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A simple client connection to a server. It makes one request at a time and drops frames that no
 * call waits for. It is not thread-safe.
 */
final class CheckClient implements AutoCloseable {

  private static final String SUBPROTOCOL = "betterbase-rpc-v1";

  private final WebSocket socket;
  private final Duration timeout;
  private final CheckInbox inbox;
  private int lastId;

  private CheckClient(WebSocket socket, CheckInbox inbox, Duration timeout) {
    this.socket = socket;
    this.inbox = inbox;
    this.timeout = timeout;
  }

  /**
   * Connects and sends the auth frame, which the server does not answer.
   *
   * @param timeout the time-out of each wait on this connection
   */
  static CheckClient connect(HttpClient http, URI url, String token, Duration timeout)
      throws StepFailed, InterruptedException {
    CheckInbox inbox = new CheckInbox();
    WebSocket socket =
        await(
            http.newWebSocketBuilder()
                .subprotocols(SUBPROTOCOL)
                .connectTimeout(timeout)
                .buildAsync(url, inbox),
            timeout,
            "connect");
    CheckClient client = new CheckClient(socket, inbox, timeout);
    client.send(
        ClientFrame.notification(
            "auth",
            params -> {
              params.writeStartObject();
              params.writeStringField("token", token);
              params.writeEndObject();
            }));
    return client;
  }

  /** Sends a request and waits for its result. */
  Map<String, Object> call(String method, ClientFrame.Params params)
      throws StepFailed, InterruptedException {
    return stream(method, params, chunk -> {});
  }

  /** Sends a request, gives each chunk of its reply to a consumer, and waits for its result. */
  Map<String, Object> stream(
      String method, ClientFrame.Params params, Consumer<ServerFrame> onChunk)
      throws StepFailed, InterruptedException {
    String id = Integer.toString(++lastId);
    send(ClientFrame.request(id, method, params));
    ServerFrame reply =
        receive(
            "no reply to " + method,
            frame -> {
              if (frame.isChunkOf(id)) {
                onChunk.accept(frame);
              }
              return frame.isReplyTo(id);
            });
    if (reply.fields().containsKey("error")) {
      Map<String, Object> error = reply.part("error");
      throw new StepFailed(method + " failed: " + error.get("code") + ", " + error.get("message"));
    }
    return reply.part("result");
  }

  /**
   * Waits for the first frame that matches, and drops the frames before it.
   *
   * @param otherwise the failure if none comes, such as "no reply to push"
   */
  ServerFrame receive(String otherwise, Predicate<ServerFrame> wanted)
      throws StepFailed, InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    while (true) {
      Optional<byte[]> message = inbox.next(end - System.nanoTime());
      if (message.isEmpty()) {
        throw new StepFailed(otherwise + " within " + timeout.toSeconds() + " s");
      }
      ServerFrame frame = ServerFrame.read(message.get());
      if (wanted.test(frame)) {
        return frame;
      }
    }
  }

  private void send(byte[] message) throws StepFailed, InterruptedException {
    try {
      await(socket.sendBinary(ByteBuffer.wrap(message), true), timeout, "send");
    } catch (StepFailed failure) {
      // If the server closed the connection, its reason says more than the failed send.
      throw inbox.end().orElse(failure);
    }
  }

  /** Sends a close frame and closes the socket without waiting for the server's close frame. */
  @Override
  public void close() {
    if (!socket.isOutputClosed()) {
      socket
          .sendClose(WebSocket.NORMAL_CLOSURE, "")
          .orTimeout(1, TimeUnit.SECONDS)
          .handle((sent, failed) -> socket)
          .join();
    }
    socket.abort();
  }

  private static <T> T await(CompletableFuture<T> future, Duration timeout, String what)
      throws StepFailed, InterruptedException {
    try {
      return future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException tooSlow) {
      throw new StepFailed("could not " + what + " within " + timeout.toSeconds() + " s");
    } catch (ExecutionException failure) {
      throw new StepFailed("could not " + what + ": " + FailureReason.of(failure));
    }
  }
}
