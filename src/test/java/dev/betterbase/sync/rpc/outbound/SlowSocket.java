package dev.betterbase.sync.rpc.outbound;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A socket that keeps what it was given and is ready for more when the test says so. */
final class SlowSocket implements OutboundQueue.Writer {
  final List<byte[]> sent = new ArrayList<>();
  final List<Integer> batches = new ArrayList<>();
  private boolean open;
  private @Nullable Runnable done;

  @Override
  public void write(List<byte[]> frames, Runnable done) {
    sent.addAll(frames);
    batches.add(frames.size());
    if (open) {
      done.run();
    } else {
      assertThat(this.done).as("one write at a time").isNull();
      this.done = done;
    }
  }

  void takeOne() {
    Runnable now = Objects.requireNonNull(done);
    done = null;
    now.run();
  }

  void takeAll() {
    open = true;
    if (done != null) {
      takeOne();
    }
  }

  List<String> texts() {
    return sent.stream().map(frame -> new String(frame, UTF_8)).toList();
  }
}
