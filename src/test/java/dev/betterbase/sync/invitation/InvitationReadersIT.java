package dev.betterbase.sync.invitation;

import static dev.betterbase.sync.testing.Requests.map;

import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many who read with JPA at once, on a server whose pool has six connections. */
@IntegrationTest
class InvitationReadersIT {
  private static final int READERS = 24;

  /** A reader that held one connection while it waited for another would wait for the others. */
  @Test
  @Timeout(300)
  void readersDoNotWaitForEachOther() throws Exception {
    TestServer server = SharedServers.pair().server(0);
    Callable<Void> reader =
        () -> {
          try (WireClient client = server.connect(server.newUser().withOwnMailbox())) {
            for (int i = 0; i < 10; i++) {
              client.request("invitation.list", map()).ok();
            }
          }
          return null;
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      for (Future<Void> done : threads.invokeAll(Collections.nCopies(READERS, reader))) {
        done.get();
      }
    }
  }
}
