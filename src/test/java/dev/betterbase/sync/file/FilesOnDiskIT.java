package dev.betterbase.sync.file;

import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.Order;

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
}
