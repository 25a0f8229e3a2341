package dev.betterbase.sync.testing;

/**
 * A server that keeps files in a bucket, spreads its spaces over two databases, and counts what
 * people do under a known key. Classes share it because a start takes seconds.
 */
public final class BucketServer {
  /** IDENTITY_HASH_KEY. */
  public static final String IDENTITY_HASH_KEY = "abcdef0123456789".repeat(4);

  /** QUOTA_PERSON_BYTES. No upload comes near it. */
  public static final int QUOTA_PERSON = 1_000_000_000;

  /** QUOTA_PERSON_SPACES. */
  public static final int QUOTA_SPACES = 3;

  private BucketServer() {}

  private static final class Shared {
    static final S3Server BUCKET = S3Server.start();
    static final TestPostgres.Database DATABASE = TestPostgres.shared().newDatabase();
    static final TestPostgres.Database SECOND = TestPostgres.shared().newDatabase();
    static final TestServer INSTANCE =
        TestServer.start(
            options -> {
              BUCKET.environment().forEach(options::with);
              return options
                  .name("bucket")
                  .with("DATABASE_URL", DATABASE.url())
                  .with("DATABASE_SHARDS", SECOND.url())
                  .with("IDENTITY_HASH_KEY", IDENTITY_HASH_KEY)
                  .with("ADMIN_TOKEN", AdminClient.TOKEN)
                  // So that spaces are counted. No test comes near it.
                  .with("QUOTA_SPACE_BYTES", "1000000000")
                  .with("QUOTA_PERSON_BYTES", Integer.toString(QUOTA_PERSON))
                  .with("QUOTA_PERSON_SPACES", Integer.toString(QUOTA_SPACES))
                  // No proxy is there, so nothing would work if the exception did not count.
                  .with("HTTP_PROXY", "http://127.0.0.1:1")
                  .with("NO_PROXY", "127.0.0.1");
            });
  }

  /** The server; never stop it. */
  public static TestServer shared() {
    return Shared.INSTANCE;
  }

  /** The bucket; never stop its server. */
  public static S3Server bucket() {
    return Shared.BUCKET;
  }

  /** The first database of the server, with what belongs to people. */
  public static TestPostgres.Database database() {
    return Shared.DATABASE;
  }

  /** The second database of the server, with a part of its spaces. */
  public static TestPostgres.Database secondDatabase() {
    return Shared.SECOND;
  }
}
