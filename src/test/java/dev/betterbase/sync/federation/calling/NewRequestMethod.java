package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceParams;
import dev.betterbase.sync.space.SpaceRequestHandler;
import dev.betterbase.sync.space.SpaceTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A method on a space that no release has: it answers with the server that it ran on. */
@ApplicationScoped
public class NewRequestMethod extends SpaceRequestHandler<NewRequestMethod.Params> {
  @Inject private Settings settings;

  public record Params(String space, @Nullable String ucan, String text) implements SpaceParams {}

  @Override
  public Set<String> methods() {
    return Set.of("test.request");
  }

  @Override
  public SpaceAction action() {
    return SpaceAction.MEMBERSHIP_APPEND;
  }

  @Override
  public Callers callers() {
    return Callers.ALL;
  }

  @Override
  public String invalidParams() {
    return "invalid test request params";
  }

  @Override
  public Params read(CborReader reader) {
    String space = null;
    String ucan = null;
    String text = "";
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        case "text" -> text = reader.text();
        default -> reader.skip();
      }
    }
    if (space == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(space, ucan, text);
  }

  @Override
  protected SpaceTask prepare(Connection connection, Params params) {
    return access ->
        Reply.of(
            writer ->
                writer
                    .beginMap(3)
                    .field("space", access.space().toString())
                    .field("text", params.text())
                    .field("server", settings.federation().domain().orElse(""))
                    .endMap());
  }
}
