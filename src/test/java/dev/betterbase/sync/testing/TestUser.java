package dev.betterbase.sync.testing;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.UUID;

/** A person at an issuer, with the personal space that follows from the name (auth.md). */
public record TestUser(TestIssuer issuer, String subject, String client, Optional<String> mailbox) {
  // UUIDv5(DNS, "betterbase.dev"), auth.md, Personal space.
  private static final UUID NAMESPACE = UUID.fromString("c8362c28-0504-5522-9ba6-6e7ed1d76153");

  /** Somebody nobody has seen before, without a mailbox. */
  public static TestUser unknown(TestIssuer issuer) {
    return new TestUser(issuer, "user-" + UUID.randomUUID(), "test-client", Optional.empty());
  }

  /** The same person, whose tokens name a mailbox (64 hex digits). */
  public TestUser withMailbox(String value) {
    return new TestUser(issuer, subject, client, Optional.of(value));
  }

  /** The same person in another client application. */
  public TestUser withClient(String value) {
    return new TestUser(issuer, subject, value, mailbox);
  }

  /**
   * The same person with a new mailbox: the cap on connections counts by mailbox, so that any
   * number of them may work in one personal space at once.
   */
  public TestUser withOwnMailbox() {
    return withMailbox((UUID.randomUUID() + "" + UUID.randomUUID()).replace("-", ""));
  }

  /** A good token. */
  public String token() {
    return issuer.token().of(this).sign();
  }

  /** The canonical id of the personal space: UUIDv5 over issuer, 0, subject, 0, client. */
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
