package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.storage.ShardedServer;
import dev.betterbase.sync.testing.BucketServer;
import dev.betterbase.sync.testing.IntegrationTest;
import org.junit.jupiter.api.Order;

/** With one server, which keeps its files in a bucket. */
@IntegrationTest
@Order(1)
class SpaceMoveIT extends SpaceMoveContract {
  private final ShardedServer sharded =
      new ShardedServer(
          BucketServer.shared(), BucketServer.database(), BucketServer.secondDatabase());

  @Override
  ShardedServer sharded() {
    return sharded;
  }

  @Override
  int secondPort() {
    return sharded.server().process().port();
  }
}
