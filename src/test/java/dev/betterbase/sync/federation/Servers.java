package dev.betterbase.sync.federation;

import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.ServerProcess;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestKey;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import dev.betterbase.sync.testing.WireClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/**
 * Servers on loopback, each with a database of its own, that trust one another. They are known by
 * different names ({@code localhost}, {@code 127.0.0.1}) and fetch one another's keys.
 */
public final class Servers implements AutoCloseable {
  private static final List<String> NAMES = List.of("localhost", "127.0.0.1", "[::1]");

  private final List<String> domains = new ArrayList<>();
  private final List<TestServer> servers = new ArrayList<>();
  private final List<String> databases = new ArrayList<>();

  /** Starts this many servers. */
  public static Servers start(int count, UnaryOperator<ServerProcess.Builder> options) {
    return start(count, (index, builder) -> options.apply(builder));
  }

  /** Starts this many servers, each with its own options. */
  public static Servers start(
      int count, BiFunction<Integer, ServerProcess.Builder, ServerProcess.Builder> options) {
    var all = new Servers();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ports.add(Ports.free());
      all.domains.add(NAMES.get(i) + ":" + ports.get(i));
    }
    for (int i = 0; i < count; i++) {
      int port = ports.get(i);
      // The third is called by its IPv6 address, and by tests as all others are.
      String address = i == 2 ? "[::]:" + port : "127.0.0.1:" + port;
      int index = i;
      all.databases.add(TestPostgres.shared().newDatabase().url());
      all.servers.add(
          TestServer.start(
              builder ->
                  options.apply(
                      index,
                      all.configured(builder, index)
                          .name("federated-" + index)
                          .port(port)
                          .with("LISTEN_ADDR", address))));
    }
    all.connect();
    return all;
  }

  private ServerProcess.Builder configured(ServerProcess.Builder builder, int index) {
    String own = domains.get(index);
    String others =
        domains.stream().filter(each -> !each.equals(own)).collect(Collectors.joining(","));
    return builder
        .with("DATABASE_URL", databases.get(index))
        .with("DATABASE_POOL_SIZE", "6")
        .with("FEDERATION_DOMAIN", own)
        .with("FEDERATION_TRUSTED_DOMAINS", others)
        .with("FEDERATION_FST_SECRET", "the secret, of more than 32 bytes, of " + own);
  }

  /** The options of another node of a server, which peers do not call. */
  public ServerProcess.Builder secondNode(int index) {
    return configured(ServerProcess.builder(), index)
        .with("TRUSTED_ISSUERS", servers.get(index).issuer().url())
        .with("METRICS_TOKEN", TestServer.METRICS_TOKEN);
  }

  /**
   * Opens the connections between the servers. The first call to a new server is slow: on a busy
   * machine it may take longer than a call may.
   */
  private void connect() {
    for (int home = 0; home < servers.size(); home++) {
      SharedSpace space = SharedSpace.create(servers.get(home));
      for (int on = 0; on < servers.size(); on++) {
        if (on != home) {
          makeKnown(space, home, on);
          connect(invite(space, "write", on));
        }
      }
    }
  }

  private static void connect(Member member) {
    Map<String, Object> empty = member.params("changes", List.of());
    try (WireClient client = member.connect()) {
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> client.request("push", empty).ok().get("ok").asBoolean());
    }
  }

  public TestServer server(int index) {
    return servers.get(index);
  }

  public String domain(int index) {
    return domains.get(index);
  }

  public String database(int index) {
    return databases.get(index);
  }

  /** A new space on one of the servers that is known on others. */
  public SharedSpace newSpace(int home, int... elsewhere) {
    SharedSpace space = SharedSpace.create(servers.get(home));
    for (int on : elsewhere) {
      makeKnown(space, home, on);
    }
    return space;
  }

  /** Makes a space of one server known on another. */
  private void makeKnown(SharedSpace space, int home, int on) {
    TestServer server = servers.get(on);
    try (WireClient client = server.connect(server.newUser())) {
      client
          .request(
              "space.create",
              Requests.map(
                  "id",
                  space.id(),
                  "root_public_key",
                  space.admin().key().compressed(),
                  "home_server",
                  domains.get(home)))
          .ok();
    }
  }

  /** A new user on one of the servers, with a UCAN for a space. */
  public Member invite(SharedSpace space, String permission, int on) {
    TestKey theirs = TestKey.create();
    String ucan =
        space
            .admin()
            .key()
            .ucan()
            .to(theirs)
            .on(space.id())
            .allows(permission)
            .under(space.admin().ucan())
            .sign();
    return new Member(servers.get(on), servers.get(on).newUser(), theirs, space.id(), ucan);
  }

  @Override
  public void close() {
    servers.forEach(TestServer::close);
  }
}
