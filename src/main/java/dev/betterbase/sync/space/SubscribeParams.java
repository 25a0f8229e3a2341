package dev.betterbase.sync.space;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The params of {@code subscribe} (methods.md).
 *
 * @param spaces the spaces to subscribe to, in the caller's order
 */
public record SubscribeParams(List<Wanted> spaces) {

  /**
   * One space.
   *
   * @param id its id, in the caller's spelling
   * @param since the cursor that the caller has
   * @param ucan the UCAN that lets the caller read, unless it is the caller's own space
   * @param token the subscribe token that a peer may show instead of a UCAN
   * @param presence whether to say who is present
   */
  public record Wanted(
      String id, long since, @Nullable String ucan, @Nullable String token, boolean presence) {

    static Wanted read(CborReader reader) {
      String id = null;
      Long since = null;
      String ucan = null;
      String token = null;
      boolean presence = false;
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "id" -> id = reader.text();
          case "since" -> since = reader.int64();
          case "ucan" -> ucan = reader.text();
          case "token" -> token = reader.text();
          case "presence" -> presence = reader.bool();
          default -> reader.skip();
        }
      }
      return new Wanted(required(id), required(since), ucan, token, presence);
    }
  }

  /** The most spaces in one call. */
  public static final int SPACES_AT_MOST = 1_000;

  public SubscribeParams {
    spaces = List.copyOf(spaces);
  }

  /**
   * Checks that there are no more than {@link #SPACES_AT_MOST}.
   *
   * @throws Failure.BadRequest if there are
   */
  public void requireFewEnough() {
    if (spaces.size() > SPACES_AT_MOST) {
      throw new Failure.BadRequest("too many spaces in subscribe request");
    }
  }

  /** Reads them. */
  public static SubscribeParams read(CborReader reader) {
    List<Wanted> spaces = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "spaces" -> spaces = reader.list(() -> Wanted.read(reader));
        default -> reader.skip();
      }
    }
    return new SubscribeParams(required(spaces));
  }

  private static <T> T required(@Nullable T value) {
    if (value == null) {
      throw new Failure.InvalidParams();
    }
    return value;
  }
}
