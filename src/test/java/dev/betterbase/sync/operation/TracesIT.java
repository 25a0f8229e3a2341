package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Requests.newId;
import static dev.betterbase.sync.testing.Requests.pull;
import static dev.betterbase.sync.testing.Requests.push;
import static dev.betterbase.sync.testing.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.NightlyTest;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.TestUser;
import dev.betterbase.sync.testing.TraceCollector;
import dev.betterbase.sync.testing.WireClient;
import org.junit.jupiter.api.Test;

/** The traces of requests over HTTP and on WebSockets, as a collector gets them (operating.md). */
@IntegrationTest
@NightlyTest
class TracesIT {
  @Test
  void aCollectorGetsEachRequestAndNoIdentity() throws Exception {
    try (TraceCollector collector = TraceCollector.start();
        TestServer server =
            TestServer.start(
                options -> {
                  collector.environment().forEach(options.name("traces")::with);
                  return options;
                })) {
      TestUser user = server.newUser();
      String space = user.personalSpace();
      assertThat(server.process().get("/.well-known/jwks.json").statusCode()).isEqualTo(200);
      try (WireClient client = server.connect(user)) {
        client.request("push", push(space, put(newId(), 0, new byte[100]))).ok();
        client.request("pull", pull(space, 0)).ok();
        client.request("made up by a client", push(space)).error();
      }
      collector.await("GET /.well-known/jwks.json", "betterbase-rpc-v1");
      collector.await("push", "pull", "unknown", "error.type", "method_not_found");
      assertThat(collector.all()).doesNotContain(user.subject(), "made up", "Bearer", "eyJ");
    }
  }
}
