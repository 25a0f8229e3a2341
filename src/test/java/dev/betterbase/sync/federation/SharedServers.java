package dev.betterbase.sync.federation;

import dev.betterbase.sync.testing.AdminClient;
import dev.betterbase.sync.testing.TestPostgres;
import dev.betterbase.sync.testing.TestServer;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Servers that several classes share, because a start takes seconds. They run until this JVM ends,
 * so never stop one. Each test uses users and spaces of its own, and each class peers of its own.
 */
public final class SharedServers {
  /** The domain of {@link #peered}, not in its normal form. */
  private static final String PEERED_DOMAIN = "Sync.Example.com:443";

  private SharedServers() {}

  private static final class Pair {
    static final Servers INSTANCE =
        Servers.start(
            2,
            (index, builder) ->
                index == 0 ? builder.with("FILE_STORAGE_BACKEND", "local") : builder);
  }

  /** Two servers that trust each other. Only the first keeps files. */
  public static Servers pair() {
    return Pair.INSTANCE;
  }

  private static final class Peered {
    static final TestPostgres.Database DATABASE = TestPostgres.shared().newDatabase();
    static final Map<String, TestPeer> PEERS =
        Stream.of(
                "peer0",
                "peer1",
                "peer2",
                "peer3",
                "peer4",
                "peer5",
                "peer6",
                "other",
                "files",
                "greedy",
                "paused",
                "quota",
                "rubbish",
                "flooder",
                "liar",
                "slow",
                "good0",
                "good1",
                "good2",
                "localhost")
            .collect(Collectors.toMap(Function.identity(), name -> new TestPeer(domain(name))));
    static final TestServer INSTANCE =
        TestServer.start(
            options ->
                options
                    .name("peered")
                    .with("DATABASE_URL", DATABASE.url())
                    .with("ADMIN_TOKEN", AdminClient.TOKEN)
                    .with("FRAMES_PER_SECOND", "100")
                    .with("FEDERATION_DOMAIN", PEERED_DOMAIN)
                    .with("FEDERATION_TRUSTED_DOMAINS", String.join(",", peeredTrusts()))
                    .with(
                        "FEDERATION_TRUSTED_KEYS",
                        PEERS.values().stream()
                            .map(TestPeer::trustedKeysEntry)
                            .collect(Collectors.joining(" ")))
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
   * A server among servers that tests play, with an admin page, files on disk, and a database that
   * tests may use as well. Its domain is {@code sync.example.com}, and it has a signing key. It
   * trusts homes at {@code localhost} and the peers of {@link #peer}, each with a small quota: 2
   * connections, 3 spaces, 40 records, 200,000 bytes and 2 invitations. A connection may send 100
   * frames a second.
   */
  public static TestServer peered() {
    return Peered.INSTANCE;
  }

  /** The database of {@link #peered}. */
  public static TestPostgres.Database peeredDatabase() {
    return Peered.DATABASE;
  }

  /** The domains that {@link #peered} trusts, in order. */
  public static SortedSet<String> peeredTrusts() {
    return Stream.concat(
            Peered.PEERS.keySet().stream().map(SharedServers::domain),
            Stream.of("localhost:7001", "localhost:7002"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * A peer that {@link #peered} trusts.
   *
   * @param name its domain without {@code .example}; {@code localhost} is a domain by itself
   */
  public static TestPeer peer(String name) {
    TestPeer known = Peered.PEERS.get(name);
    if (known == null) {
      throw new IllegalArgumentException(name);
    }
    return known;
  }

  private static String domain(String name) {
    return name.equals("localhost") ? name : name + ".example";
  }
}
