package dev.betterbase.sync.space;

import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.identity.InvalidUcan;
import dev.betterbase.sync.identity.P256Point;
import dev.betterbase.sync.identity.UcanChain;
import dev.betterbase.sync.identity.UcanVerifier;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one place that decides what a caller may do in a space (auth.md, Authorisation on a space).
 * In their personal space callers may do everything; in a shared one, a chain of UCANs says what
 * they may do. Questions that only the database can answer are left to the statement that does the
 * work: see {@link Access}.
 */
@ApplicationScoped
public class SpaceAccess {
  @Inject private RootKeys rootKeys;
  @Inject private UcanVerifier ucans;

  /**
   * The reason why a caller has no access. An RPC does not tell them apart, so a stranger learns
   * nothing.
   */
  public enum Refusal {
    /** The space does not exist. */
    ABSENT,
    /** The space is the personal space of someone else. */
    PERSONAL,
    /** The space is shared, and the caller shows no UCAN or has no DID. */
    NO_PROOF,
    /** The chain does not carry what is needed. */
    DENIED
  }

  /** The decision on a request. */
  public sealed interface Decision {
    record Granted(Access access) implements Decision {}

    /**
     * No access.
     *
     * @param home the server where the space lives; empty if that is this one, or it is not known
     */
    record Refused(Refusal why, Optional<String> home) implements Decision {}

    /** The server where the space lives; empty if that is this one, or it is not known. */
    default Optional<String> home() {
      return switch (this) {
        case Granted(Access access) -> access.home();
        case Refused refused -> refused.home();
      };
    }

    /** The access that was granted; empty if none was. */
    default Optional<Access> granted() {
      return this instanceof Granted(Access access) ? Optional.of(access) : Optional.empty();
    }

    /**
     * For an RPC.
     *
     * @throws Failure.Forbidden whatever the reason, so that a stranger cannot tell an absent space
     *     from a closed one
     */
    default Access orForbidden() {
      return granted().orElseThrow(Failure.Forbidden::new);
    }
  }

  /**
   * The action that a caller wants in a space, and the UCAN that is to allow it.
   *
   * @param ucan as it was sent; null if none was
   */
  public record Request(SpaceId space, @Nullable String ucan, SpaceAction action) {}

  /** A request after all checks that cost next to nothing. */
  public sealed interface Claim {
    /** Nothing is left to check. */
    record Settled(Decision decision) implements Claim {}

    /**
     * A chain whose signatures are left to be verified.
     *
     * @param home the server where the space lives; empty if that is this one
     */
    record Chain(UcanChain chain, Optional<String> home) implements Claim {}

    /** The database of the space, which is one of several, has failed: nobody can say. */
    record Away() implements Claim {}

    /** Signatures that {@link SpaceAccess#settle} would have to verify. */
    default int unverifiedSignatures() {
      return this instanceof Chain chain ? chain.chain().unverifiedSignatures() : 0;
    }
  }

  /**
   * The access of a caller of an RPC.
   *
   * @throws Failure.Forbidden if the caller has none, whatever the reason
   * @throws StorageException if the database failed
   */
  public Access require(Caller caller, SpaceId space, @Nullable String ucan, SpaceAction action) {
    return decide(caller, new Request(space, ucan, action)).orForbidden();
  }

  /**
   * Decides on one request.
   *
   * @throws StorageException if the database failed
   */
  public Decision decide(Caller caller, Request request) {
    RootKeys.Found space =
        caller instanceof Caller.Member(AccessToken token) && isPersonal(token, request.space())
            ? null
            : rootKeys.find(request.space());
    return settle(claim(caller, request, space));
  }

  /**
   * Checks many requests, with at most one statement and without verifying a signature.
   *
   * @return one claim for each, in their order; {@link Claim.Away} if the database of its space
   *     failed, which is not the first
   * @throws StorageException if the database failed, or the first of several
   */
  public List<Claim> claims(Caller caller, List<Request> requests) {
    Map<SpaceId, RootKeys.Found> found =
        rootKeys.findAll(
            requests.stream()
                .filter(request -> isWorthALook(caller, request))
                .map(Request::space)
                .distinct()
                .toList());
    var claims = new ArrayList<Claim>(requests.size());
    for (Request request : requests) {
      claims.add(claim(caller, request, found.get(request.space())));
    }
    return claims;
  }

  private static boolean isWorthALook(Caller caller, Request request) {
    return switch (caller) {
      case Caller.Member(AccessToken token) ->
          !isPersonal(token, request.space()) && request.ucan() != null && token.did().isPresent();
      // A peer is told whether the space exists.
      case Caller.Peer unused -> true;
    };
  }

  /**
   * Verifies the remaining signatures, and decides.
   *
   * @throws Failure.Internal if the claim is {@link Claim.Away}
   */
  public Decision settle(Claim claim) {
    return switch (claim) {
      case Claim.Away() -> throw new Failure.Internal("the database of the space is away");
      case Claim.Settled(Decision decision) -> decision;
      case Claim.Chain(UcanChain chain, Optional<String> home) -> {
        try {
          yield new Decision.Granted(new Access.Member(ucans.verify(chain), home));
        } catch (InvalidUcan invalid) {
          yield new Decision.Refused(Refusal.DENIED, home);
        }
      }
    };
  }

  private Claim claim(Caller caller, Request request, RootKeys.@Nullable Found space) {
    return switch (caller) {
      case Caller.Member(AccessToken token) when isPersonal(token, request.space()) ->
          new Claim.Settled(
              new Decision.Granted(new Access.Owner(request.space(), token.clientId())));
      case Caller.Member(AccessToken token) -> claim(token.did().orElse(""), request, space);
      // This server does not answer a peer for a space that lives elsewhere.
      case Caller.Peer unused when space != null && space.home().isPresent() ->
          refused(Refusal.DENIED, space.home());
      case Caller.Peer unused -> claim((String) null, request, space);
    };
  }

  /**
   * @param audience whom the chain must be for: "" for no one, null for anyone
   */
  private Claim claim(@Nullable String audience, Request request, RootKeys.@Nullable Found space) {
    if (space == null || space.kind() == RootKeys.Kind.ABSENT) {
      return refused(Refusal.ABSENT, Optional.empty());
    }
    if (space.kind() == RootKeys.Kind.AWAY) {
      return new Claim.Away();
    }
    if (space.kind() == RootKeys.Kind.PERSONAL) {
      return refused(Refusal.PERSONAL, space.home());
    }
    if (request.ucan() == null || (audience != null && audience.isEmpty())) {
      return refused(Refusal.NO_PROOF, space.home());
    }
    Optional<P256Point> rootKey = space.rootKey();
    if (rootKey.isEmpty()) {
      return refused(Refusal.DENIED, space.home());
    }
    var demand =
        new UcanChain.Demand(request.space(), rootKey.get(), audience, request.action().needed());
    try {
      return new Claim.Chain(ucans.check(request.ucan(), demand), space.home());
    } catch (InvalidUcan invalid) {
      return refused(Refusal.DENIED, space.home());
    }
  }

  private static Claim refused(Refusal why, Optional<String> home) {
    return new Claim.Settled(new Decision.Refused(why, home));
  }

  /** Whether this is the caller's personal space. */
  private static boolean isPersonal(AccessToken caller, SpaceId space) {
    return caller.personalSpace().filter(space::equals).isPresent();
  }
}
