package dev.betterbase.sync.testing;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.space.Access;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Ways into a space as they are once decided, for tests of what lies behind the decision. */
public final class Accesses {
  private Accesses() {}

  /** The owner's way into a personal space. */
  public static Access owner(SpaceId space) {
    return new Access.Owner(space, "client");
  }

  /** An admin's way into a shared space, by a chain that nobody has seen before. */
  public static Access member(SpaceId space) {
    return member(space, newCid());
  }

  /** The same by a chain of those CIDs. */
  public static Access member(SpaceId space, String... cids) {
    return new Access.Member(
        new Capability(
            space,
            Permission.ADMIN,
            "did:key:test",
            List.of(cids),
            Instant.now().plus(Duration.ofHours(1))));
  }

  /** A CID that nobody has seen before. */
  public static String newCid() {
    return (UUID.randomUUID() + "" + UUID.randomUUID()).replace("-", "");
  }
}
