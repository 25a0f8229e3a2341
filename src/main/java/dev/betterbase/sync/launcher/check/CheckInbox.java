package dev.betterbase.sync.launcher.check;

import java.io.ByteArrayOutputStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Receives the messages of a {@link CheckClient}, and the reason why the connection ended. Both the
 * number of waiting messages and the size of each are bounded. The HTTP client calls the listener's
 * methods one at a time.
 */
final class CheckInbox implements WebSocket.Listener {

  /** The largest frame that a server sends to a client (protocol.md, After authentication). */
  private static final int MAX_FRAME_BYTES = 4_194_304;

  private static final int MAX_WAITING = 1024;

  private final BlockingQueue<byte[]> messages = new ArrayBlockingQueue<>(MAX_WAITING);

  /** Queued when the connection ends, to wake a waiting {@link #next}; compared by identity. */
  private final byte[] wakeUp = new byte[0];

  private volatile @Nullable StepFailed end;
  private ByteArrayOutputStream partial = new ByteArrayOutputStream();

  /**
   * Waits for the next message.
   *
   * @param nanoseconds the longest wait
   * @return empty if no message came in time
   * @throws StepFailed if the connection has ended
   */
  Optional<byte[]> next(long nanoseconds) throws StepFailed, InterruptedException {
    byte[] message = messages.poll(nanoseconds, TimeUnit.NANOSECONDS);
    if (message == wakeUp || (message == null && end != null)) {
      throw end().orElseThrow();
    }
    return Optional.ofNullable(message);
  }

  /** The reason why the connection ended; empty while it is open. */
  Optional<StepFailed> end() {
    return Optional.ofNullable(end);
  }

  @Override
  public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
    if (partial.size() + part.remaining() > MAX_FRAME_BYTES) {
      abort(socket, "the server sent a frame of more than 4 MiB");
      return null;
    }
    byte[] bytes = new byte[part.remaining()];
    part.get(bytes);
    partial.writeBytes(bytes);
    if (last) {
      byte[] message = partial.toByteArray();
      partial = new ByteArrayOutputStream();
      if (!messages.offer(message)) {
        abort(socket, "the server sent more than " + MAX_WAITING + " unexpected frames");
        return null;
      }
    }
    socket.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
    abort(socket, "the server sent a text message");
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    end("the server closed the connection: " + code + (reason.isEmpty() ? "" : " " + reason));
    return null;
  }

  @Override
  public void onError(WebSocket socket, Throwable error) {
    end("the connection broke: " + FailureReason.of(error));
  }

  private void abort(WebSocket socket, String reason) {
    end(reason);
    socket.abort();
  }

  private void end(String reason) {
    if (end == null) {
      end = new StepFailed(reason);
    }
    // If the queue is full, no thread waits at it, and next() finds the end when it is empty.
    boolean woken = messages.offer(wakeUp);
    assert woken || !messages.isEmpty();
  }
}
