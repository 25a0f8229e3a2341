package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.file.SlowUpload;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire;
import dev.betterbase.sync.testing.WireClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * What one person does with one account, on a server with little memory and few threads, does not
 * take it from others. The tests run one after another because they share what is scarce.
 */
@SequentialIntegrationTest
@ResourceLock(ScarceServer.LOCK)
@Order(1)
class FairSharesIT {
  /** Nearly all memory for messages that a heap of 256 MiB leaves. */
  private static final int LONG_MESSAGE = 57 << 20;

  /** The length of a file that comes in slowly, in bytes. */
  private static final int LENGTH = 1_000_000;

  /** The length of a file that the buffers of a connection have no room for, in bytes. */
  private static final int UNREAD = 30_000_000;

  /** For a machine that runs other tests meanwhile. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final TestServer server = ScarceServer.shared();

  @Test
  void aLongMessageThatHardlyComesInDelaysNobody() {
    TestServer.assumeUpgradeTransport();
    TestUser other = server.newUser();
    try (WireClient slow = server.connect(server.newUser());
        WireClient client = server.connect(other)) {
      slow.expectOpen();
      client.expectOpen();
      slow.wire().sendRaw(WebSocketWire.header(WebSocketWire.BINARY, true, true, LONG_MESSAGE));
      slow.wire().sendRaw(new byte[1_000]);
      pushBlob(client, other, 100 * 1024);
      slow.readFor(Duration.ofMillis(1));
      assertThat(slow.closed()).as("the slow one goes on").isEmpty();
      // One that does not fit beside it waits until the slow one is closed.
      pushBlob(client, other, 3 << 20);
      slow.expectClose(4005, "message too slow");
    }
  }

  private static void pushBlob(WireClient client, TestUser user, int bytes) {
    client.request("push", push(user.personalSpace(), put(newId(), 0, blob(bytes)))).ok();
  }

  @Test
  void slowUploadsGiveWayToAnotherPerson() throws Exception {
    String record = newId();
    FileClient hog = files(record);
    FileClient other = files(record);
    var sent = new AtomicInteger();
    try (SlowUpload first = SlowUpload.begin(hog, newId(), record, LENGTH);
        SlowUpload second = SlowUpload.begin(hog, newId(), record, LENGTH);
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      // A third one may come before the second has a place, and then the second is refused. Until
      // both have one they send, so that they do not end because they are silent.
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                first.send(1_000);
                second.send(1_000);
                sent.addAndGet(1_000);
                return server.metrics().contains("betterbase_file_transfers{kind=\"upload\"} 2");
              });
      assertThat(hog.put(newId(), record, blob(10))).isEqualTo(503);
      assertThat(other.put(newId(), record, blob(100_000))).isEqualTo(201);
      Future<String> firstAnswer = threads.submit(first::status);
      Future<String> secondAnswer = threads.submit(second::status);
      first.send(1_000);
      second.send(1_000);
      sent.addAndGet(1_000);
      await().atMost(PATIENCE).until(() -> firstAnswer.isDone() || secondAnswer.isDone());
      boolean firstGaveWay = firstAnswer.isDone();
      assertThat((firstGaveWay ? firstAnswer : secondAnswer).get()).startsWith("HTTP/1.1 503 ");
      (firstGaveWay ? second : first).send(LENGTH - sent.get());
      assertThat((firstGaveWay ? secondAnswer : firstAnswer).get(60, TimeUnit.SECONDS))
          .startsWith("HTTP/1.1 201 ");
    }
  }

  @Test
  void downloadsThatNobodyReadsGiveWayToAnotherPerson() throws Exception {
    String record = newId();
    FileClient hog = files(record);
    FileClient other = files(record);
    String large = newId();
    String small = newId();
    assertThat(hog.put(large, record, blob(UNREAD))).isEqualTo(201);
    assertThat(other.put(small, record, blob(1_000))).isEqualTo(201);
    try (Socket first = unread(hog, large);
        Socket second = unread(hog, large)) {
      assertThat(hog.get(large).statusCode()).as("one more of the same person").isEqualTo(503);
      assertThat(other.get(small).body()).hasSize(1_000);
      // The one that began last gives way as soon as its client takes something.
      assertThat(rest(second)).isLessThan(UNREAD);
      assertThat(rest(first)).isGreaterThan(UNREAD);
    }
  }

  /** A download that has begun and of which nothing but the first byte of its head is read. */
  private static Socket unread(FileClient client, String file) throws IOException {
    Socket socket = client.beginDownload(file);
    assertThat(socket.getInputStream().read()).isEqualTo('H');
    return socket;
  }

  /** How many bytes still come. */
  private static long rest(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[64 * 1024];
    long bytes = 0;
    try {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        bytes += read;
      }
    } catch (SocketException brokenOff) {
      // A server that ends a download early may reset the connection.
    }
    return bytes;
  }

  /** The files of a new user, who has a record of this id. */
  private FileClient files(String record) {
    TestUser user = server.newUser();
    try (WireClient client = server.connect(user)) {
      client.request("push", push(user.personalSpace(), put(record, 0, blob(1), dek(1)))).ok();
    }
    return FileClient.of(
        server,
        user.issuer().token().of(user).claim("scope", "sync files").sign(),
        user.personalSpace());
  }
}
