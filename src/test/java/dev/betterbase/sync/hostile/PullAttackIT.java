package dev.betterbase.sync.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.HostileTest;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SequentialIntegrationTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.WebSocketWire.Incoming;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Attacks by one account that pulls 40 MB on many connections (docs/security.md, Attacks). */
@SequentialIntegrationTest
@HostileTest
@NullUnmarked
class PullAttackIT {
  private static final int RECORDS = 40;
  private static final int RECORD_BYTES = 1_000_000;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static AttackedServer attacked;
  private static TestServer server;
  private static TestUser user;

  @BeforeAll
  static void start() throws Exception {
    attacked = AttackedServer.start();
    server = attacked.server();
    user = server.newUser();
    try (WireClient client = server.connect(user)) {
      for (int i = 0; i < RECORDS; i++) {
        Object change = Requests.put(Requests.newId(), 0, Requests.blob(RECORD_BYTES));
        client.request("push", Requests.push(user.personalSpace(), change)).ok();
      }
    }
  }

  @AfterAll
  static void stop() {
    attacked.close();
  }

  private static WireClient connect() {
    return server.connect(user.withOwnMailbox());
  }

  private static void begin(WireClient client) {
    client.start("pull", Requests.pull(user.personalSpace(), 0));
  }

  @Test
  void pullsThatAreNotRead() throws Exception {
    attacked.attack(
        "pulls that are not read",
        20,
        20,
        pace -> {
          try (WireClient client = connect()) {
            begin(client);
            while (pace.next()) {
              client.notify("unsubscribe", Requests.unsubscribe(user.personalSpace()));
            }
          }
        });
  }

  /** What a connection held is given back when it ends, and the next one has the same made. */
  @Test
  void pullsThatBeginAgainAndAgain() throws Exception {
    attacked.attack(
        "pulls that begin again and again",
        20,
        40,
        pace -> {
          // A connection lasts for two acts, so 20 begin in a second.
          while (pace.next()) {
            try (WireClient client = connect()) {
              begin(client);
              pace.next();
            }
          }
        });
  }

  /** All of it is read as fast as it comes, on two connections. */
  @Test
  void pullsThatAreReadAgainAndAgain() throws Exception {
    var read = new LongAdder();
    attacked.attack(
        "pulls that are read again and again",
        2,
        200,
        pace -> {
          try (WireClient client = connect()) {
            while (pace.next()) {
              begin(client);
              for (int records = 0; records < RECORDS; ) {
                if (client.wire().read(PATIENCE).orElseThrow() instanceof Incoming.Binary message
                    && message.payload().length > RECORD_BYTES) {
                  records++;
                  read.add(message.payload().length);
                }
              }
            }
          }
        });
    assertThat(read.sum()).as("the bytes that were read").isGreaterThan(100L * RECORD_BYTES);
  }
}
