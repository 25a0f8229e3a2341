package dev.betterbase.sync.space;

import dev.betterbase.sync.realtime.Presences;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Answer;
import dev.betterbase.sync.rpc.method.Connection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;

/** {@code subscribe} (methods.md). */
@ApplicationScoped
public class SubscribeHandler extends SubscribeMethod {
  @Inject private SpaceAccess access;
  @Inject private SpaceStore spaces;
  @Inject private Subscriptions subscriptions;
  @Inject private Presences presences;
  @Inject private HomeSubscriptions homes;

  @Override
  protected Answer subscribe(Connection connection, List<SubscribeParams.Wanted> wanted) {
    return new SubscribeCall(access, spaces, subscriptions, presences, homes, connection)
        .subscribe(wanted);
  }
}
