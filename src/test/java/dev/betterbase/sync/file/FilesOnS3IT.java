package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.S3Server;
import dev.betterbase.sync.testing.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

@IntegrationTest
@Order(1)
class FilesOnS3IT extends FileLifeContract {
  private static final int SIZE = 2_000_000;

  private static S3Server s3;
  private static TestServer server;

  @BeforeAll
  static void start() {
    s3 = S3Server.start();
    server =
        TestServer.start(
            options -> {
              s3.environment().forEach(options::with);
              // No proxy is there, so nothing would work if the exception did not count.
              options.with("HTTP_PROXY", "http://127.0.0.1:1").with("NO_PROXY", "127.0.0.1");
              return options.name("files-s3");
            });
  }

  @AfterAll
  static void stop() {
    server.close();
    s3.close();
  }

  @Override
  TestServer server() {
    return server;
  }

  @Override
  Path stored() {
    return s3.objects();
  }

  /** Stops S3, and starts it again for the tests that follow. */
  @Test
  void withoutItsBucketTheServerSaysSoAndGoesOnAfterwards() {
    String record = newId();
    FileClient files = FileFaultsIT.client(server, record);
    String before = newId();
    String during = newId();
    byte[] bytes = blob(SIZE);
    assertThat(files.put(before, record, bytes)).isEqualTo(201);
    s3.down();
    try {
      assertThat(FileFaultsIT.answer(files, during, record, bytes))
          .isEqualTo("503 {\"error\":\"file storage unavailable\"}");
      assertThat(files.get(before).statusCode()).isEqualTo(503);
      assertThat(files.get(during).statusCode()).isEqualTo(404);
      assertThat(files.head(before).statusCode()).as("the row is there").isEqualTo(200);
      assertThat(server.process().health()).hasValue(200);
    } finally {
      s3.up();
    }
    assertThat(FileFaultsIT.answer(files, during, record, bytes)).startsWith("201");
    assertThat(files.get(during).body()).isEqualTo(bytes);
    assertThat(files.get(before).body()).isEqualTo(bytes);
    assertThat(server.process().output()).doesNotContain(s3.settings().secretKey().value());
  }
}
