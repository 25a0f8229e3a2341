package dev.betterbase.sync.launcher.payara;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class QueuedOutputTest {
  private final PausedReader reader = new PausedReader();
  private final PrintStream log =
      new PrintStream(
          QueuedOutput.before(
              new PrintStream(reader, true, StandardCharsets.UTF_8),
              leftOut -> leftOut + " left out\n"),
          true,
          StandardCharsets.UTF_8);

  @Test
  void whatIsReadComesInOrder() throws InterruptedException {
    QueuedOutput queue = QueuedOutput.before(new PrintStream(reader), leftOut -> "left out\n");
    reader.goOn.countDown();
    List<String> lines = IntStream.range(0, 1000).mapToObj(i -> "line " + i).toList();
    try (PrintStream writer = new PrintStream(queue, true, StandardCharsets.UTF_8)) {
      lines.forEach(line -> writer.print(line + "\n"));
      queue.drain();
    }
    assertEquals(lines, reader.lines());
  }

  @Test
  void whoWritesDoesNotWaitForReader() throws InterruptedException {
    // 2 MiB, of which half has room.
    String line = "x".repeat(1023) + "\n";
    for (int i = 0; i < 2048; i++) {
      log.print(line);
    }
    reader.goOn.countDown();
    reader.await(line.length() * 1024);
    log.print("the reader is back\n");
    List<String> lines = reader.awaitLine("the reader is back");
    long kept = lines.stream().filter(each -> each.startsWith("x")).count();
    assertEquals(1024, kept);
    assertEquals("1024 left out", lines.get(1024));
  }

  @Test
  void anEventIsLeftOutAsWhole() throws InterruptedException {
    byte[] filling = "x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
    filling[filling.length - 1] = '\n';
    log.write(filling, 0, filling.length);
    log.write(filling, 0, filling.length);
    for (String part : List.of("beginning, ", "middle, ", "end\n")) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      log.write(bytes, 0, bytes.length);
    }
    reader.goOn.countDown();
    List<String> lines = reader.awaitLine("left out");
    assertTrue(lines.stream().noneMatch(each -> each.contains("middle")), lines::toString);
  }

  @Test
  void theEndDoesNotWaitForReader() throws InterruptedException {
    QueuedOutput queue = QueuedOutput.before(new PrintStream(reader), leftOut -> "left out\n");
    byte[] line = "nobody reads this\n".getBytes(StandardCharsets.UTF_8);
    queue.write(line, 0, line.length);
    queue.drain();
    assertEquals(List.of(), reader.lines());
  }

  /** A pipe that is not read until somebody lets it. */
  private static final class PausedReader extends OutputStream {
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final ByteArrayOutputStream read = new ByteArrayOutputStream();

    @Override
    public void write(int each) {
      write(new byte[] {(byte) each}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) {
      try {
        if (!goOn.await(1, TimeUnit.MINUTES)) {
          throw new IllegalStateException("nobody let the reader go on");
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      synchronized (read) {
        read.write(from, offset, length);
        read.notifyAll();
      }
    }

    List<String> lines() {
      return read.toString(StandardCharsets.UTF_8).lines().toList();
    }

    void await(int bytes) throws InterruptedException {
      synchronized (read) {
        while (read.size() < bytes) {
          read.wait(60_000);
        }
      }
    }

    List<String> awaitLine(String text) throws InterruptedException {
      synchronized (read) {
        while (lines().stream().noneMatch(line -> line.contains(text))) {
          read.wait(60_000);
        }
        return lines();
      }
    }
  }
}
