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
 * In the caller's personal space that is everything; in a shared one what a chain of UCANs carries.
 * What only the database can say is left to the statement that does the work: see {@link Access}.
 */
@ApplicationScoped
public class SpaceAccess {
  @Inject private RootKeys rootKeys;
  @Inject private UcanVerifier ucans;

  /** Why a caller may not. Over an RPC all of them are one, so that a stranger learns nothing. */
  public enum Refusal {
    /** The space does not exist, or is somebody else's own. */
    NO_SPACE,
    /** The space is shared, and the caller shows no UCAN or has no DID. */
    NO_PROOF,
    /** The chain does not carry what is needed. */
    DENIED
  }

  /** What was decided. */
  public sealed interface Decision {
    record Granted(Access access) implements Decision {}

    record Refused(Refusal why) implements Decision {}

    /** The access that was granted; empty where none was. */
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
   * What somebody wants to do where, and by what.
   *
   * @param ucan as it was sent; null where none was
   */
  public record Request(SpaceId space, @Nullable String ucan, SpaceAction action) {}

  /** A request of which everything was looked at that costs next to nothing. */
  public sealed interface Claim {
    /** Nothing is left to be looked at. */
    record Settled(Decision decision) implements Claim {}

    /** A chain whose signatures are left. */
    record Chain(UcanChain chain) implements Claim {}

    /** Signatures that {@link SpaceAccess#settle} would have to verify. */
    default int unverifiedSignatures() {
      return this instanceof Chain(UcanChain chain) ? chain.unverifiedSignatures() : 0;
    }
  }

  /**
   * Lets a caller of an RPC pass, or not.
   *
   * @throws Failure.Forbidden whatever the reason
   * @throws StorageException where the database failed
   */
  public Access require(Caller caller, SpaceId space, @Nullable String ucan, SpaceAction action) {
    return decide(caller, new Request(space, ucan, action)).orForbidden();
  }

  /**
   * Decides.
   *
   * @throws StorageException where the database failed
   */
  public Decision decide(Caller caller, Request request) {
    RootKeys.Found space =
        caller instanceof Caller.Member(AccessToken token) && isPersonal(token, request.space())
            ? null
            : rootKeys.find(request.space());
    return settle(claim(caller, request, space));
  }

  /**
   * Looks at many requests, with one statement at most and without verifying a signature.
   *
   * @return one claim for each, in their order
   * @throws StorageException where the database failed
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
      // It is told whether there is such a space.
      case Caller.Peer unused -> true;
    };
  }

  /** Verifies the signatures that are left, and decides. */
  public Decision settle(Claim claim) {
    return switch (claim) {
      case Claim.Settled(Decision decision) -> decision;
      case Claim.Chain(UcanChain chain) -> {
        try {
          yield new Decision.Granted(new Access.Member(ucans.verify(chain)));
        } catch (InvalidUcan invalid) {
          yield new Decision.Refused(Refusal.DENIED);
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
      // Only to its home: a space that lives elsewhere is not this server's to answer for.
      case Caller.Peer unused when space != null && space.home().isPresent() ->
          refused(Refusal.DENIED);
      case Caller.Peer unused -> claim((String) null, request, space);
    };
  }

  /**
   * @param audience whose chain it must be: "" nobody's, null whoever's
   */
  private Claim claim(@Nullable String audience, Request request, RootKeys.@Nullable Found space) {
    if (space == null || space.kind() != RootKeys.Kind.SHARED) {
      return refused(Refusal.NO_SPACE);
    }
    if (request.ucan() == null || (audience != null && audience.isEmpty())) {
      return refused(Refusal.NO_PROOF);
    }
    Optional<P256Point> rootKey = space.rootKey();
    if (rootKey.isEmpty()) {
      return refused(Refusal.DENIED);
    }
    var demand =
        new UcanChain.Demand(request.space(), rootKey.get(), audience, request.action().needed());
    try {
      return new Claim.Chain(ucans.check(request.ucan(), demand));
    } catch (InvalidUcan invalid) {
      return refused(Refusal.DENIED);
    }
  }

  private static Claim refused(Refusal why) {
    return new Claim.Settled(new Decision.Refused(why));
  }

  /** Whether this is the caller's personal space. */
  private static boolean isPersonal(AccessToken caller, SpaceId space) {
    return caller.personalSpace().filter(space::equals).isPresent();
  }
}
