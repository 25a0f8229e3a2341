package dev.betterbase.sync.identity;

import dev.betterbase.sync.identity.InvalidUcan.Rule;
import dev.betterbase.sync.protocol.SpaceId;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A chain of UCANs of which everything was checked but signatures and revocation: {@link
 * UcanVerifier#verify} does the signatures.
 */
public final class UcanChain {

  /**
   * The demands on a chain.
   *
   * @param space the space to enter
   * @param rootKey the space's root public key
   * @param audience the caller's DID; "" if the caller has none, and then no chain is accepted;
   *     null if any audience is accepted: a peer speaks for its members
   * @param needed the permission that the call needs
   */
  public record Demand(
      SpaceId space, P256Point rootKey, @Nullable String audience, Permission needed) {}

  private final Capability capability;
  private final List<Ucan.Signed> unverified;

  private UcanChain(Capability capability, List<Ucan.Signed> unverified) {
    this.capability = capability;
    this.unverified = List.copyOf(unverified);
  }

  /** The number of signatures that are still to be verified. */
  public int unverifiedSignatures() {
    return unverified.size();
  }

  List<Ucan.Signed> unverified() {
    return unverified;
  }

  Capability capability() {
    return capability;
  }

  /**
   * Checks all rules of auth.md (UCAN) that ask for neither a signature nor the database.
   *
   * @param links at least one, the given token first, the root's last
   * @param unverified those of them whose signatures are still to be verified
   */
  static UcanChain check(List<Ucan> links, List<Ucan.Signed> unverified, Demand demand, Instant now)
      throws InvalidUcan {
    Ucan leaf = links.getFirst();
    String wanted = demand.audience() == null ? leaf.audience() : demand.audience();
    if (wanted.isEmpty() || !leaf.audience().equals(wanted)) {
      throw new InvalidUcan(Rule.AUDIENCE);
    }
    Permission permission = leaf.permission().orElseThrow(() -> new InvalidUcan(Rule.RESOURCE));
    if (!permission.includes(demand.needed())) {
      throw new InvalidUcan(Rule.RESOURCE);
    }
    var cids = new ArrayList<String>(2 * links.size());
    long expiry = Long.MAX_VALUE;
    for (int depth = 0; depth < links.size(); depth++) {
      Ucan link = links.get(depth);
      expiry = Math.min(expiry, requireGood(link, demand.space(), now.getEpochSecond()));
      if (depth + 1 < links.size()) {
        requireProven(link, links.get(depth + 1));
      } else {
        requireRoot(link, demand.rootKey());
      }
      cids.add(link.cid());
      cids.add(link.twinCid());
    }
    Instant expiresAt = Instant.ofEpochSecond(expiry);
    return new UcanChain(
        new Capability(demand.space(), permission, wanted, cids, expiresAt), unverified);
  }

  /** Returns the expiry. */
  private static long requireGood(Ucan link, SpaceId space, long now) throws InvalidUcan {
    if (link.permission().isEmpty() || !link.space().equals(Optional.of(space))) {
      throw new InvalidUcan(Rule.RESOURCE);
    }
    if (link.expiry().isEmpty()
        || link.expiry().getAsLong() < now
        || link.notBefore().orElse(now) > now
        || !link.hasNonce()) {
      throw new InvalidUcan(Rule.TIME);
    }
    return link.expiry().getAsLong();
  }

  /** Faults of the proof itself are found when its own turn comes. */
  private static void requireProven(Ucan link, Ucan proof) throws InvalidUcan {
    boolean widened =
        proof
            .permission()
            .flatMap(given -> link.permission().filter(taken -> !given.includes(taken)))
            .isPresent();
    boolean outlives =
        proof.expiry().isPresent() && link.expiry().orElseThrow() > proof.expiry().getAsLong();
    if (widened || outlives || !proof.audience().equals(link.issuer())) {
      throw new InvalidUcan(Rule.PROOF);
    }
  }

  private static void requireRoot(Ucan link, P256Point rootKey) throws InvalidUcan {
    if (!MessageDigest.isEqual(link.key().compressed(), rootKey.compressed())) {
      throw new InvalidUcan(Rule.PROOF);
    }
  }
}
