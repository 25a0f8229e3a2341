package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/**
 * A server with small limits, a heap of 256 MiB and one trusted peer that never answers. Classes
 * share it because a start takes seconds, and they use it one after another: each of them holds
 * {@link #LOCK}.
 */
public final class LimitedServer {
  /** The {@link org.junit.jupiter.api.parallel.ResourceLock} of the server. */
  public static final String LOCK = "the server with small limits";

  /** MAX_FRAME_BYTES. */
  public static final int MAX_FRAME = 1 << 20;

  /** MAX_UNAUTHENTICATED. */
  public static final int MAX_UNAUTHENTICATED = 5;

  /** FRAMES_PER_SECOND of a connection. */
  public static final int FRAMES_PER_SECOND = 50;

  /** INVITATIONS_PER_HOUR of a person. */
  public static final int INVITATIONS = 3;

  /** MEMBERSHIP_APPENDS_PER_HOUR of a person. */
  public static final int APPENDS = 2;

  /** QUOTA_SPACE_BYTES. */
  public static final int QUOTA_SPACE = 2_000_000;

  private LimitedServer() {}

  private static final class HangingPeer {
    static final ServerSocket INSTANCE = listen();

    private static ServerSocket listen() {
      try {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final class Shared {
    static final TestPostgres.Database DATABASE = TestPostgres.shared().newDatabase();
    static final TestServer INSTANCE =
        TestServer.start(
            options ->
                options
                    .name("limits")
                    .with("DATABASE_URL", DATABASE.url())
                    .with("MAX_FRAME_BYTES", Integer.toString(MAX_FRAME))
                    .with("MAX_UNAUTHENTICATED", Integer.toString(MAX_UNAUTHENTICATED))
                    .with("TRUSTED_PROXIES", "127.0.0.0/8, ::1")
                    .with("MAX_CONNECTIONS_PER_MAILBOX", "1")
                    .with("FRAMES_PER_SECOND", Integer.toString(FRAMES_PER_SECOND))
                    .with("IDENTITY_HASH_KEY", "AB".repeat(32))
                    .with("INVITATIONS_PER_HOUR", Integer.toString(INVITATIONS))
                    .with("MEMBERSHIP_APPENDS_PER_HOUR", Integer.toString(APPENDS))
                    .with("FILE_STORAGE_BACKEND", "local")
                    .with("QUOTA_SPACE_BYTES", Integer.toString(QUOTA_SPACE))
                    .with("QUOTA_PERSON_BYTES", "3000000")
                    .with("QUOTA_PERSON_SPACES", "2")
                    .with("FEDERATION_DOMAIN", "sync.example.com")
                    .with(
                        "FEDERATION_TRUSTED_DOMAINS",
                        "peer.example.com,localhost:" + hangingPeerPort()));
  }

  /** The server; never stop it. */
  public static TestServer shared() {
    return Shared.INSTANCE;
  }

  /** The database of the server. */
  public static TestPostgres.Database database() {
    return Shared.DATABASE;
  }

  /** The port of a trusted peer on localhost that accepts connections and does not answer. */
  public static int hangingPeerPort() {
    return HangingPeer.INSTANCE.getLocalPort();
  }
}
