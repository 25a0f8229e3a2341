package dev.betterbase.sync.invitation;

import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.UuidText;
import java.util.UUID;

/**
 * The params of {@code invitation.get} and {@code invitation.delete} (methods.md).
 *
 * @param id the id of the invitation, as it was sent
 */
record InvitationName(String id) {
  static InvitationName read(CborReader reader) {
    String id = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "id" -> id = reader.text();
        default -> reader.skip();
      }
    }
    if (id == null) {
      throw new Failure.InvalidParams();
    }
    return new InvitationName(id);
  }

  /**
   * The id.
   *
   * @throws Failure.BadRequest if it is not a UUID
   */
  UUID require() {
    return UuidText.parse(id).orElseThrow(() -> new Failure.BadRequest("invalid invitation id"));
  }
}
