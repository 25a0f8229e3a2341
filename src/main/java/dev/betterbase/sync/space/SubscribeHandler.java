package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.realtime.Presences;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.RequestHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;

/** {@code subscribe} (methods.md). */
@ApplicationScoped
public class SubscribeHandler implements RequestHandler<SubscribeParams> {
  @Inject private SpaceAccess access;
  @Inject private SpaceStore spaces;
  @Inject private Subscriptions subscriptions;
  @Inject private Presences presences;
  @Inject private HomeSubscriptions homes;

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
    return new SubscribeCall(access, spaces, subscriptions, presences, homes, connection)
        .subscribe(params.spaces());
  }
}
