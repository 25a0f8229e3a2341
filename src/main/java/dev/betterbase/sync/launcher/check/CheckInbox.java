package dev.betterbase.sync.launcher.check;

import dev.betterbase.sync.launcher.FailureReason;
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
 * What comes in on a connection of {@code check}: binary messages, and in the end the reason for
 * which there are no more. Bounded in messages and in the size of each. The HTTP client calls the
 * listener's methods one at a time.
 */
final class CheckInbox implements WebSocket.Listener {

  /** Nothing larger is ever sent to a client (protocol.md, After authentication). */
  private static final int MAX_FRAME_BYTES = 4_194_304;

  private static final int MAX_WAITING = 1024;

  private final BlockingQueue<byte[]> messages = new ArrayBlockingQueue<>(MAX_WAITING);

  /** Wakes whoever waits when the connection has ended; told apart by identity. */
  private final byte[] wakeUp = new byte[0];

  private volatile @Nullable StepFailed end;
  private ByteArrayOutputStream partial = new ByteArrayOutputStream();

  /**
   * The next message.
   *
   * @return empty where none came in time
   * @throws StepFailed where the connection has ended
   */
  Optional<byte[]> next(long nanoseconds) throws StepFailed, InterruptedException {
    byte[] message = messages.poll(nanoseconds, TimeUnit.NANOSECONDS);
    if (message == wakeUp || (message == null && end != null)) {
      throw end().orElseThrow();
    }
    return Optional.ofNullable(message);
  }

  /** Why the connection has ended, where it has. */
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
        abort(socket, "the server sent more frames than were asked for");
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
    // Where the queue is full nobody waits at it, and the next look finds the end.
    boolean woken = messages.offer(wakeUp);
    assert woken || !messages.isEmpty();
  }
}
