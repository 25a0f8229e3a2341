package dev.betterbase.sync.file;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;

@IntegrationTest
@Order(1)
class FilesOnDiskIT extends FileLifeContract {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.start(
            options -> options.name("files-disk").with("FILE_STORAGE_BACKEND", "local"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  TestServer server() {
    return server;
  }

  @Override
  Path stored() {
    return server.process().folder().resolve("data").resolve("files");
  }
}
