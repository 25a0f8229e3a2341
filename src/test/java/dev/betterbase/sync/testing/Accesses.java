package dev.betterbase.sync.testing;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.space.Access;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** {@link Access} values for tests of code that runs after access to a space has been decided. */
public final class Accesses {
  private Accesses() {}

  /** The access of the owner to a personal space. */
  public static Access owner(SpaceId space) {
    return new Access.Owner(space, "client");
  }

  /** The access of an admin to a shared space, with a new chain of UCANs. */
  public static Access member(SpaceId space) {
    return member(space, newCid());
  }

  /** The access of an admin to a shared space, with a chain of the given CIDs. */
  public static Access member(SpaceId space, String... cids) {
    return new Access.Member(
        new Capability(
            space,
            Permission.ADMIN,
            "did:key:test",
            List.of(cids),
            Instant.now().plus(Duration.ofHours(1))),
        Optional.empty());
  }

  /** A new random CID. */
  public static String newCid() {
    return (UUID.randomUUID() + "" + UUID.randomUUID()).replace("-", "");
  }
}
