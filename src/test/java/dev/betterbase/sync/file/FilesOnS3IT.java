package dev.betterbase.sync.file;

import dev.betterbase.sync.testing.BucketServer;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.Order;

@IntegrationTest
@Order(1)
class FilesOnS3IT extends FileLifeContract {
  private final TestServer server = BucketServer.shared();

  @Override
  TestServer server() {
    return server;
  }

  @Override
  Path stored() {
    return BucketServer.bucket().objects();
  }
}
