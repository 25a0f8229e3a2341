package dev.betterbase.sync.presence;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;

/**
 * The params of {@code presence.set} and {@code event.send} (methods.md).
 *
 * @param space the space's id, in the caller's spelling
 * @param data opaque, of any length
 */
record SpaceData(String space, byte[] data) {
  static SpaceData read(CborReader reader) {
    String space = null;
    byte[] data = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "data" -> data = reader.bytes();
        default -> reader.skip();
      }
    }
    if (space == null || data == null) {
      throw new Failure.InvalidParams();
    }
    return new SpaceData(space, data);
  }
}
