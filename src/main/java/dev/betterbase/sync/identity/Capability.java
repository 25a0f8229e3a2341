package dev.betterbase.sync.identity;

import dev.betterbase.sync.protocol.SpaceId;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The right that a chain of UCANs grants its holder, after every check except that for revocation
 * (auth.md, UCAN): a revocation may come at any time, and only the database knows it.
 *
 * @param space the space in which it is valid
 * @param permission the permission of the presented token
 * @param audience the DID of the holder
 * @param cids the CIDs of all tokens of the chain, each in both spellings of its signature: the
 *     chain is revoked if one of them is
 * @param expiresAt the earliest expiry in the chain, in whole seconds; the capability is valid
 *     until the end of that second
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

  /** Whether the chain contains the token with this CID, in either spelling of its signature. */
  public boolean restsOn(String cid) {
    return cids.contains(cid);
  }

  /** Whether it has expired at this time. */
  public boolean isExpired(Instant now) {
    return expiresAt.getEpochSecond() < now.getEpochSecond();
  }

  /** Names neither the holder nor the tokens. */
  @Override
  public String toString() {
    return "Capability[" + permission + " on " + space + ", expires " + expiresAt + "]";
  }
}
