package dev.betterbase.sync.launcher.check;

import dev.betterbase.sync.launcher.FailureReason;
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
 * One connection to a server, as {@code check} needs it: one request at a time, and frames that
 * nobody waits for are dropped. Not for use by several threads.
 */
public final class CheckClient implements AutoCloseable {

  private static final String SUBPROTOCOL = "betterbase-rpc-v1";

  private final WebSocket socket;
  private final Duration patience;
  private final CheckInbox inbox;
  private int lastId;

  private CheckClient(WebSocket socket, CheckInbox inbox, Duration patience) {
    this.socket = socket;
    this.inbox = inbox;
    this.patience = patience;
  }

  /**
   * Connects and sends the token; the server does not answer that.
   *
   * @param patience the longest wait for anything on this connection
   */
  public static CheckClient connect(HttpClient http, URI url, String token, Duration patience)
      throws StepFailed, InterruptedException {
    CheckInbox inbox = new CheckInbox();
    WebSocket socket =
        await(
            http.newWebSocketBuilder()
                .subprotocols(SUBPROTOCOL)
                .connectTimeout(patience)
                .buildAsync(url, inbox),
            patience,
            "connect");
    CheckClient client = new CheckClient(socket, inbox, patience);
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
  public Map<String, Object> call(String method, ClientFrame.Params params)
      throws StepFailed, InterruptedException {
    return stream(method, params, chunk -> {});
  }

  /** Sends a request, passes on the chunks that answer it, and waits for its result. */
  public Map<String, Object> stream(
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

  /** Waits for the first frame that is wanted; the others are dropped. */
  ServerFrame receive(String otherwise, Predicate<ServerFrame> wanted)
      throws StepFailed, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      Optional<byte[]> message = inbox.next(end - System.nanoTime());
      if (message.isEmpty()) {
        throw new StepFailed(otherwise + " within " + patience.toSeconds() + " s");
      }
      ServerFrame frame = ServerFrame.read(message.get());
      if (wanted.test(frame)) {
        return frame;
      }
    }
  }

  private void send(byte[] message) throws StepFailed, InterruptedException {
    try {
      await(socket.sendBinary(ByteBuffer.wrap(message), true), patience, "send");
    } catch (StepFailed failure) {
      // Where the server closed the connection, its reason tells more than the broken send.
      throw inbox.end().orElse(failure);
    }
  }

  /** Says goodbye without waiting for an answer: the process ends anyway. */
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

  private static <T> T await(CompletableFuture<T> future, Duration patience, String what)
      throws StepFailed, InterruptedException {
    try {
      return future.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException tooSlow) {
      throw new StepFailed("could not " + what + " within " + patience.toSeconds() + " s");
    } catch (ExecutionException failure) {
      throw new StepFailed("could not " + what + ": " + FailureReason.of(failure));
    }
  }
}
