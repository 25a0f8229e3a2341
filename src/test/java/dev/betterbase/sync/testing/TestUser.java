package dev.betterbase.sync.testing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.UUID;

/** A user of an issuer, with the personal space that is derived from the name (auth.md). */
public record TestUser(TestIssuer issuer, String subject, String client, Optional<String> mailbox) {
  // UUIDv5(DNS, "betterbase.dev"), auth.md, Personal space.
  private static final UUID NAMESPACE = UUID.fromString("c8362c28-0504-5522-9ba6-6e7ed1d76153");

  /** A new user without a mailbox. */
  public static TestUser unknown(TestIssuer issuer) {
    return new TestUser(issuer, "user-" + UUID.randomUUID(), "test-client", Optional.empty());
  }

  /** The same user with a mailbox (64 hex digits) in the tokens. */
  public TestUser withMailbox(String value) {
    return new TestUser(issuer, subject, client, Optional.of(value));
  }

  /** The same user in another client application. */
  public TestUser withClient(String value) {
    return new TestUser(issuer, subject, value, mailbox);
  }

  /**
   * The same user with a new mailbox. The limit of connections counts by mailbox, so any number of
   * such users can work in one personal space at the same time.
   */
  public TestUser withOwnMailbox() {
    return withMailbox((UUID.randomUUID() + "" + UUID.randomUUID()).replace("-", ""));
  }

  /** A new valid token. */
  public String token() {
    return issuer.token().of(this).sign();
  }

  /** The id of the personal space: the UUIDv5 of issuer, NUL, subject, NUL, client. */
  public String personalSpace() {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(
          ByteBuffer.allocate(16)
              .putLong(NAMESPACE.getMostSignificantBits())
              .putLong(NAMESPACE.getLeastSignificantBits())
              .array());
      String name = issuer.url() + "\0" + subject + "\0" + client;
      ByteBuffer hash = ByteBuffer.wrap(sha1.digest(name.getBytes(StandardCharsets.UTF_8)));
      long high = (hash.getLong() & ~0xF000L) | 0x5000L;
      long low = (hash.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
      return new UUID(high, low).toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
