package dev.betterbase.sync.file.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.betterbase.sync.settings.FileStorage;
import dev.betterbase.sync.settings.Secret;
import dev.betterbase.sync.testing.NightlyTest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server of S3 that takes its time. */
@NightlyTest
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SlowS3Test {
  private static final FileKey KEY = new FileKey(UUID.randomUUID(), UUID.randomUUID());

  /** Together these take longer than a reading may wait for its first byte. */
  private static final int PARTS = 14;

  private static final int PART_BYTES = 10_000;
  private static final long PAUSE_MILLIS = 5_000;

  private static Storage storage(int port) {
    return new S3Storage(
        new FileStorage.S3(
            URI.create("http://127.0.0.1:" + port),
            new Secret("key"),
            new Secret("secret"),
            "bucket",
            "us-east-1"));
  }

  /** The first byte counts, with all attempts to get it. */
  @Test
  void aServerThatAcceptsAndStaysSilentIsGivenUpInTheMiddleOfAnAttempt() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Storage storage = storage(silent.getLocalPort())) {
      assertThatThrownBy(() -> storage.read(KEY, 0, 1))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("S3 did not read: ")
          .hasMessageContaining("60000 millis");
    }
  }

  @Test
  void aDownloadMayTakeLongerThanItsFirstByte() throws IOException {
    byte[] bytes = new byte[PARTS * PART_BYTES];
    new Random(1).nextBytes(bytes);
    HttpServer slow =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    slow.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, bytes.length);
          try (OutputStream body = exchange.getResponseBody()) {
            for (int part = 0; part < PARTS; part++) {
              body.write(bytes, part * PART_BYTES, PART_BYTES);
              body.flush();
              pause();
            }
          }
        });
    slow.start();
    try (Storage storage = storage(slow.getAddress().getPort());
        InputStream in = storage.read(KEY, 0, bytes.length)) {
      assertThat(in.readAllBytes()).isEqualTo(bytes);
    } finally {
      slow.stop(0);
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
