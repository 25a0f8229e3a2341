package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Call;
import dev.betterbase.sync.rpc.method.CallHandler;
import dev.betterbase.sync.rpc.method.Connection;
import jakarta.inject.Inject;

/**
 * A method on one space. It names its action in the space, and its subclass does the work. The
 * caller's access is decided here, and a request for a space that lives on another server goes
 * there. A method extends {@link SpaceRequestHandler} or {@link SpaceStreamHandler}.
 *
 * @param <P> its params
 */
public abstract class SpaceMethod<P extends SpaceParams> implements CallHandler<P> {
  @Inject private SpaceAccess access;
  @Inject private HomeServer homes;

  /** The action that the caller must be allowed in the space. */
  public abstract SpaceAction action();

  /**
   * Whether a home server may be asked a second time, over a new connection, when its answer was
   * lost. Only a method that changes nothing may say so.
   */
  public boolean repeatable() {
    return false;
  }

  /**
   * The error for a caller who may not do this in the space. By default all reasons are one, so
   * that a stranger cannot tell an absent space from a closed one.
   */
  protected Failure refusal(P params, SpaceAccess.Refusal why) {
    return new Failure.Forbidden();
  }

  /**
   * Decides what the caller may do in the space.
   *
   * @throws dev.betterbase.sync.storage.StorageException if the database failed
   */
  SpaceAccess.Decision decide(Connection connection, SpaceId space, P params) {
    return access.decide(
        connection.caller(), new SpaceAccess.Request(space, params.ucan(), action()));
  }

  /**
   * The access that was granted.
   *
   * @throws Failure if none was
   */
  Access granted(SpaceAccess.Decision decision, P params) {
    return switch (decision) {
      case SpaceAccess.Decision.Granted(Access granted) -> granted;
      case SpaceAccess.Decision.Refused refused -> throw refusal(params, refused.why());
    };
  }

  HomeServer homes() {
    return homes;
  }

  /** The request as the home server gets it: the params go on as they came. */
  HomeServer.Request forwarded(Call<P> call) {
    return new HomeServer.Request(call.method(), call.sent().encoded(), repeatable());
  }
}
