package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
