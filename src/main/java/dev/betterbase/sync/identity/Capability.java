package dev.betterbase.sync.identity;

import dev.betterbase.sync.protocol.SpaceId;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What a chain of UCANs gives its holder, once everything but revocation was checked (auth.md,
 * UCAN): that changes at any time, and is the database's to say.
 *
 * @param space where
 * @param permission what the given token allows, which no token of the chain exceeds
 * @param audience the DID of the holder
 * @param cids of all tokens of the chain, each in both spellings of its signature: the chain is
 *     revoked where one of them is
 * @param expiresAt the earliest expiry in the chain, whole seconds; good until that second is over
 */
public record Capability(
    SpaceId space, Permission permission, String audience, List<String> cids, Instant expiresAt) {

  private static final Pattern CID = Pattern.compile("[0-9a-f]{64}");

  public Capability {
    Objects.requireNonNull(space);
    Objects.requireNonNull(permission);
    Objects.requireNonNull(expiresAt);
    cids = List.copyOf(cids);
    if (audience.isEmpty() || cids.isEmpty()) {
      throw new IllegalArgumentException("a capability has a holder and a chain");
    }
  }

  /** Whether this text has the form of a CID: 64 lower-case hex digits. */
  public static boolean isCid(String text) {
    return CID.matcher(text).matches();
  }

  /** Whether this chain holds the token of that CID, in either spelling of its signature. */
  public boolean restsOn(String cid) {
    return cids.contains(cid);
  }

  /** Whether it is no longer good at that time. */
  public boolean isExpired(Instant now) {
    return expiresAt.getEpochSecond() < now.getEpochSecond();
  }

  /** Names neither holder nor tokens. */
  @Override
  public String toString() {
    return "Capability[" + permission + " on " + space + ", expires " + expiresAt + "]";
  }
}
