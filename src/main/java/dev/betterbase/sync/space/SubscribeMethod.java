package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.RequestHandler;
import java.util.List;
import java.util.Set;

/** {@code subscribe}, as clients and peers call it. */
public abstract class SubscribeMethod implements RequestHandler<SubscribeParams> {

  /**
   * Subscribes a connection.
   *
   * @param wanted at most {@link SubscribeParams#SPACES_AT_MOST} spaces
   */
  protected abstract Answer subscribe(Connection connection, List<SubscribeParams.Wanted> wanted);

  @Override
  public Set<String> methods() {
    return Set.of("subscribe");
  }

  @Override
  public String invalidParams() {
    return "invalid subscribe params";
  }

  @Override
  public SubscribeParams read(CborReader reader) {
    return SubscribeParams.read(reader);
  }

  @Override
  public Answer handle(Connection connection, SubscribeParams params) {
    params.requireFewEnough();
    return subscribe(connection, params.spaces());
  }
}
