package dev.betterbase.sync.federation;

import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Servers that several classes share, because a start takes seconds. They run until this JVM ends,
 * so never stop one. Each test uses users and spaces of its own, and each class peers of its own.
 */
public final class SharedServers {
  /** The domain of {@link #caller}, not in its normal form. */
  private static final String CALLER_DOMAIN = "Sync.Example.com:443";

  private SharedServers() {}

  private static final class Trio {
    static final Servers INSTANCE =
        Servers.start(
            3,
            (index, builder) ->
                index == 0 ? builder.with("FILE_STORAGE_BACKEND", "local") : builder);
  }

  /** Three servers that trust one another. Only the first keeps files. */
  public static Servers trio() {
    return Trio.INSTANCE;
  }

  private static final class Caller {
    static final String DATABASE = TestPostgres.shared().newDatabase().url();
    static final Map<String, TestPeer> PEERS =
        peers("rubbish", "flooder", "liar", "slow", "good", "localhost");
    static final TestServer INSTANCE =
        TestServer.start(
            options ->
                options
                    .name("caller")
                    .with("DATABASE_URL", DATABASE)
                    .with("FRAMES_PER_SECOND", "100")
                    .with("FEDERATION_DOMAIN", CALLER_DOMAIN)
                    .with(
                        "FEDERATION_TRUSTED_DOMAINS",
                        "localhost,localhost:7001,localhost:7002,"
                            + PEERS.keySet().stream()
                                .map(SharedServers::domain)
                                .filter(domain -> !domain.equals("localhost"))
                                .collect(Collectors.joining(",")))
                    .with("FEDERATION_TRUSTED_KEYS", keys(PEERS)));
  }

  /**
   * A server of the domain {@code sync.example.com} with a signing key, which trusts homes at
   * {@code localhost} and some peers, and lets a connection send only 100 frames a second.
   */
  public static TestServer caller() {
    return Caller.INSTANCE;
  }

  /** The database of {@link #caller}. */
  public static String callerDatabase() {
    return Caller.DATABASE;
  }

  /**
   * A peer that {@link #caller} trusts.
   *
   * @param name {@code rubbish}, {@code flooder}, {@code liar}, {@code slow} or {@code good}, of
   *     the domain with that name in {@code example}, or {@code localhost}
   */
  public static TestPeer callersPeer(String name) {
    return peer(Caller.PEERS, name);
  }

  private static final class Called {
    static final Map<String, TestPeer> PEERS =
        peers(
            "peer0", "peer1", "peer2", "peer3", "peer4", "peer5", "peer6", "flooder", "other",
            "files", "greedy", "paused");
    static final TestServer INSTANCE =
        TestServer.start(
            options ->
                options
                    .name("called")
                    .with("ADMIN_TOKEN", AdminClient.TOKEN)
                    .with("FEDERATION_TRUSTED_KEYS", keys(PEERS))
                    .with("FEDERATION_FST_SECRET", "the new secret, of more than 32 bytes")
                    .with("FEDERATION_FST_PREVIOUS_SECRET", "the old secret, of more than 32 bytes")
                    .with("FEDERATION_MAX_CONNECTIONS", "2")
                    .with("FEDERATION_MAX_SPACES", "3")
                    .with("FEDERATION_MAX_RECORDS_PER_HOUR", "40")
                    .with("FEDERATION_MAX_BYTES_PER_HOUR", "200000")
                    .with("FEDERATION_MAX_INVITATIONS_PER_HOUR", "2")
                    .with("FILE_STORAGE_BACKEND", "local"));
  }

  /**
   * A server that keeps files and trusts some peers, each with a small quota: 2 connections, 3
   * spaces, 40 records, 200,000 bytes and 2 invitations.
   */
  public static TestServer called() {
    return Called.INSTANCE;
  }

  /**
   * A peer that {@link #called} trusts.
   *
   * @param name {@code peer0} to {@code peer6}, {@code flooder}, {@code other}, {@code files},
   *     {@code greedy} or {@code paused}, of the domain with that name in {@code example}
   */
  public static TestPeer calledsPeer(String name) {
    return peer(Called.PEERS, name);
  }

  private static Map<String, TestPeer> peers(String... names) {
    return Stream.of(names)
        .collect(Collectors.toMap(Function.identity(), name -> new TestPeer(domain(name))));
  }

  private static String domain(String name) {
    return name.equals("localhost") ? name : name + ".example";
  }

  private static String keys(Map<String, TestPeer> peers) {
    return peers.values().stream().map(TestPeer::trustedKeysEntry).collect(Collectors.joining(" "));
  }

  private static TestPeer peer(Map<String, TestPeer> peers, String name) {
    TestPeer known = peers.get(name);
    if (known == null) {
      throw new IllegalArgumentException(name);
    }
    return known;
  }
}
