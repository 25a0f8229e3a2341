package dev.betterbase.sync.file;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.S3Server;
import dev.betterbase.sync.testing.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;

@IntegrationTest
@Order(1)
class FilesOnS3IT extends FileLifeContract {
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
}
