package dev.betterbase.sync.space;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Call;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.method.Connection;
import java.util.Set;

/**
 * A method on one space that answers in chunks and a closing result.
 *
 * @param <P> its params
 */
public abstract class SpaceStreamHandler<P extends SpaceParams> extends SpaceMethod<P> {

  /** The names of its chunks. A home server's chunks of another name end the call in an error. */
  public abstract Set<String> chunks();

  /**
   * Opens the stream in a space of this server, without producing anything yet.
   *
   * @throws Failure answered as an error
   */
  protected abstract ChunkStream open(Connection connection, Access access, P params);

  @Override
  public Answer answer(Connection connection, Call<P> call) {
    P params = call.params();
    SpaceId space = SpaceId.require(params.space());
    Access access = granted(decide(connection, space, params), params);
    String home = access.home().orElse(null);
    if (home == null) {
      return new Answer.Streamed(open(connection, access, params));
    }
    Capability capability = access.capability().orElseThrow(Failure.Forbidden::new);
    return new Answer.Streamed(homes().stream(home, forwarded(call), chunks(), capability));
  }
}
