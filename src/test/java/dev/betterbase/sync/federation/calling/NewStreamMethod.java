package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.rpc.method.ChunkStream;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceParams;
import dev.betterbase.sync.space.SpaceStreamHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A streaming method on a space that no release has: three chunks with the server it ran on. */
@ApplicationScoped
public class NewStreamMethod extends SpaceStreamHandler<NewStreamMethod.Params> {
  private static final String CHUNK = "test.chunk";
  private static final int CHUNKS = 3;

  @Inject private Settings settings;

  public record Params(String space, @Nullable String ucan) implements SpaceParams {}

  @Override
  public Set<String> methods() {
    return Set.of("test.stream");
  }

  @Override
  public SpaceAction action() {
    return SpaceAction.PULL;
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public Set<String> chunks() {
    return Set.of(CHUNK);
  }

  @Override
  public Callers callers() {
    return Callers.ALL;
  }

  @Override
  public String invalidParams() {
    return "invalid test stream params";
  }

  @Override
  public Params read(CborReader reader) {
    String space = null;
    String ucan = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        default -> reader.skip();
      }
    }
    if (space == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(space, ucan);
  }

  @Override
  protected ChunkStream open(Connection connection, Access access, Params params) {
    String server = settings.federation().domain().orElse("");
    return new ChunkStream() {
      @Override
      public boolean next(Chunks chunks, int bytes) {
        for (int i = 0; i < CHUNKS; i++) {
          chunks.add(CHUNK, data -> data.beginMap(1).field("server", server).endMap());
        }
        return false;
      }

      @Override
      public boolean restsOn(Predicate<Capability> ended) {
        return access.restsOn(ended);
      }

      @Override
      public Body result(int chunks) {
        return writer -> writer.beginMap(1).field("_chunks", chunks).endMap();
      }
    };
  }
}
