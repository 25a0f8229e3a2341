package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import org.jspecify.annotations.Nullable;

/** Decides who may do what with a file: the checks that all methods have in common (http.md). */
@ApplicationScoped
public class FileAccess {
  @Inject private SpaceAccess spaces;

  /** That somebody may do with a file what they asked for. */
  public record Granted(FileKey key, Access access) {}

  /**
   * Lets a caller pass.
   *
   * @param spaceId as it stands in the path; and so the file's
   * @param ucan the field {@code X-UCAN}; null where there is none
   * @throws Failure or {@link HttpError}, as http.md has it, where they may not
   */
  public Granted require(
      Caller caller, String spaceId, String fileId, @Nullable String ucan, SpaceAction action) {
    SpaceId space =
        SpaceId.parse(spaceId).orElseThrow(() -> new Failure.BadRequest("invalid space ID"));
    // Spelled as a record's id is: hyphenated.
    RecordId file =
        RecordId.parse(fileId).orElseThrow(() -> new Failure.BadRequest("invalid file ID"));
    return switch (spaces.decide(caller, new SpaceAccess.Request(space, ucan, action))) {
      case SpaceAccess.Decision.Granted(Access access) ->
          new Granted(new FileKey(space, file.value()), access);
      case SpaceAccess.Decision.Refused(SpaceAccess.Refusal why) ->
          throw switch (why) {
            case NO_SPACE ->
                new Failure.NotFound(
                    action == SpaceAction.FILE_PUT ? "space not found" : "file not found");
            case NO_PROOF -> new HttpError(401, "authorization required");
            case DENIED -> new Failure.Forbidden("access denied");
          };
    };
  }
}
