package dev.betterbase.sync.space;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * The one place that decides what a caller may do in a space (auth.md, Authorisation on a space).
 */
@ApplicationScoped
public class SpaceAccess {

  /**
   * Lets a caller pass, or not. In the caller's personal space everything is allowed. Whether the
   * space of that id really is a personal one (it has no root key) is the stores' to see, in the
   * statement that does the work.
   *
   * @param caller who asks
   * @param space where
   * @param needed what for
   * @throws Failure.Forbidden whatever the reason, so that a stranger cannot tell an absent space
   *     from a closed one
   */
  public void require(AccessToken caller, SpaceId space, Permission needed) {
    if (!isPersonal(caller, space)) {
      throw new Failure.Forbidden();
    }
  }

  /** Whether this is the caller's personal space. */
  public boolean isPersonal(AccessToken caller, SpaceId space) {
    return caller.personalSpace().filter(space::equals).isPresent();
  }
}
