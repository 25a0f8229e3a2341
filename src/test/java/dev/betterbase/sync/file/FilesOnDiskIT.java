package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

@IntegrationTest
@Order(1)
class FilesOnDiskIT extends FileLifeContract {
  private final TestServer server = SharedServers.peered();

  @Override
  TestServer server() {
    return server;
  }

  @Override
  Path stored() {
    return server.process().folder().resolve("data").resolve("files");
  }

  @Test
  void aFileThatHasLostBytesIsInternalAndOneLineOfTheLog() throws IOException {
    String file = newId();
    files.put(file, record, blob(70));
    Files.write(bytesOf(file), blob(69));
    assertThat(error(files.get(file))).isEqualTo(error(500, "internal"));
    assertThat(server.process().output().lines().filter(line -> line.contains(file)))
        .singleElement()
        .asString()
        .contains("The bytes of a file are missing");
    assertThat(files.get(file, "Range", "bytes=0-68").body()).hasSize(69);
  }

  /** What follows on the connection must not be taken for the rest of the file. */
  @Test
  void aDownloadWhoseBytesEndEarlyEndsItsConnection() throws IOException {
    String file = newId();
    int length = 40_000_000;
    files.put(file, record, blob(length));
    try (Socket client = files.beginDownload(file, "Connection: keep-alive")) {
      assertThat(new String(client.getInputStream().readNBytes(10_000), ISO_8859_1))
          .startsWith("HTTP/1.1 200 ");
      try (FileChannel bytes = FileChannel.open(bytesOf(file), StandardOpenOption.WRITE)) {
        bytes.truncate(1_000);
      }
      client
          .getOutputStream()
          .write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
      client.setSoTimeout(60_000);
      long received = 0;
      String end = "";
      try {
        byte[] buffer = new byte[64 * 1024];
        for (int read; (read = client.getInputStream().read(buffer)) >= 0; ) {
          received += read;
          end = new String(buffer, 0, read, ISO_8859_1);
        }
      } catch (SocketException reset) {
        assertThat(reset).hasMessageContaining("reset");
      }
      assertThat(end).doesNotContain("HTTP/1.1");
      assertThat(received).isLessThan(length);
    }
    assertThat(server.process().output().lines().filter(line -> line.contains(file)))
        .singleElement()
        .asString()
        .contains("The source of a download failed");
  }

  @Test
  void whatIsTransferredAndRefusedIsInTheMetrics() throws IOException {
    double uploaded = metric("betterbase_file_transferred_bytes_total{kind=\"upload\"}");
    double downloaded = metric("betterbase_file_transferred_bytes_total{kind=\"download\"}");
    double notFound = metric("betterbase_http_refused_total{status=\"404\"}");
    String file = newId();
    files.put(file, record, blob(100_000));
    assertThat(files.get(file, "Range", "bytes=0-59999").body()).hasSize(60_000);
    assertThat(files.get(newId()).statusCode()).isEqualTo(404);
    assertThat(metric("betterbase_file_transferred_bytes_total{kind=\"upload\"}"))
        .isGreaterThanOrEqualTo(uploaded + 100_000);
    assertThat(metric("betterbase_file_transferred_bytes_total{kind=\"download\"}"))
        .isGreaterThanOrEqualTo(downloaded + 60_000);
    assertThat(metric("betterbase_http_refused_total{status=\"404\"}"))
        .isGreaterThanOrEqualTo(notFound + 1);
  }

  /** The value of a series; 0 if there is none yet. */
  private double metric(String series) throws IOException {
    return TestServer.metric(server.process(), series).orElse(0);
  }
}
