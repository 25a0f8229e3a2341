package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.NotificationHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Set;

/** {@code unsubscribe} (methods.md): ends subscriptions, whatever the spelling. */
@ApplicationScoped
public class UnsubscribeHandler implements NotificationHandler<UnsubscribeHandler.Params> {

  @Inject private Subscriptions subscriptions;

  /**
   * The params.
   *
   * @param spaces the ids, in the caller's spelling
   */
  public record Params(List<String> spaces) {
    public Params {
      spaces = List.copyOf(spaces);
    }

    /** Reads them. */
    public static Params read(CborReader reader) {
      List<String> spaces = null;
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "spaces" -> spaces = reader.list(reader::text);
          default -> reader.skip();
        }
      }
      if (spaces == null) {
        throw new Failure.InvalidParams();
      }
      return new Params(spaces);
    }
  }

  @Override
  public Set<String> methods() {
    return Set.of("unsubscribe");
  }

  @Override
  public Params read(CborReader reader) {
    return Params.read(reader);
  }

  @Override
  public void handle(Connection connection, Params params) {
    for (String spelling : params.spaces()) {
      SpaceId.parse(spelling).ifPresent(space -> subscriptions.end(connection, space));
    }
  }
}
