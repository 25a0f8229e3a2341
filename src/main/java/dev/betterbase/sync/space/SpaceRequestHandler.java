package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Call;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.storage.StorageException;

/**
 * A method on one space that has one reply.
 *
 * @param <P> its params
 */
public abstract class SpaceRequestHandler<P extends SpaceParams> extends SpaceMethod<P> {

  /**
   * Checks the params as far as possible without the space and the caller's access, and returns the
   * work that remains.
   *
   * @throws Failure if the params cannot be right for any space
   */
  protected abstract SpaceTask prepare(Connection connection, P params);

  /**
   * Answers a request that failed before it reached another server. By default the failure is
   * thrown, and so becomes an error.
   */
  protected Reply failed(Connection connection, Call<P> call, Failure why) {
    throw why;
  }

  @Override
  public Answer answer(Connection connection, Call<P> call) {
    try {
      return run(connection, call);
    } catch (Failure why) {
      return failed(connection, call, why);
    } catch (StorageException broken) {
      return failed(connection, call, new Failure.Internal(broken));
    }
  }

  private Answer run(Connection connection, Call<P> call) {
    P params = call.params();
    SpaceId space = SpaceId.require(params.space());
    SpaceTask task = prepare(connection, params);
    SpaceAccess.Decision decision = decide(connection, space, params);
    if (decision instanceof SpaceAccess.Decision.Refused) {
      task.beforeRefusal();
    }
    Access access = granted(decision, params);
    String home = access.home().orElse(null);
    if (home == null) {
      return task.here(access);
    }
    HomeServer.Request request = forwarded(call);
    return new Answer.Later(task.elsewhere(access, () -> homes().call(home, request)));
  }
}
