package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.quota.StorageQuotas;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a caller may read or write a file: the checks that PUT, GET and HEAD share
 * (http.md).
 */
@ApplicationScoped
public class FileAccess {
  @Inject private SpaceAccess access;
  @Inject private StorageQuotas quotas;

  /**
   * The access of a caller to one file.
   *
   * @param quota the storage quotas that hold for an upload of the caller
   */
  public record Permit(FileKey key, Access access, StorageQuota quota) {}

  /**
   * The access of a caller.
   *
   * @param spaceId the space's id, as it stands in the path
   * @param fileId the file's id, as it stands in the path
   * @param ucan the field {@code X-UCAN}; null if there is none
   * @throws Failure or {@link HttpError}, as http.md has it, if the caller has none
   */
  public Permit require(
      Caller caller, String spaceId, String fileId, @Nullable String ucan, SpaceAction action) {
    SpaceId space =
        SpaceId.parse(spaceId).orElseThrow(() -> new Failure.BadRequest("invalid space ID"));
    RecordId file = file(fileId);
    return permit(
        caller,
        new FileKey(space, file.value()),
        action,
        access.decide(caller, new SpaceAccess.Request(space, ucan, action)));
  }

  /**
   * The access of a member to a file of a space that lives elsewhere.
   *
   * @param scope checked once it is known that the space lives elsewhere; throws the error
   * @return empty if the space does not live elsewhere
   * @throws Failure or {@link HttpError}, as http.md has it, if the member has none
   */
  Optional<Permit> requireElsewhere(
      Caller.Member caller,
      String spaceId,
      String fileId,
      @Nullable String ucan,
      SpaceAction action,
      Runnable scope) {
    SpaceId space = SpaceId.parse(spaceId).orElse(null);
    if (space == null) {
      return Optional.empty();
    }
    SpaceAccess.Decision decision =
        access.decide(caller, new SpaceAccess.Request(space, ucan, action));
    if (decision.home().isEmpty()) {
      return Optional.empty();
    }
    scope.run();
    return Optional.of(permit(caller, new FileKey(space, file(fileId).value()), action, decision));
  }

  /** A file's id is spelled as a record's is: hyphenated. */
  private static RecordId file(String id) {
    return RecordId.parse(id).orElseThrow(() -> new Failure.BadRequest("invalid file ID"));
  }

  private Permit permit(
      Caller caller, FileKey file, SpaceAction action, SpaceAccess.Decision decision) {
    return switch (decision) {
      case SpaceAccess.Decision.Granted(Access granted) ->
          new Permit(
              file,
              granted,
              action == SpaceAction.FILE_PUT ? quotas.of(caller) : StorageQuota.NONE);
      case SpaceAccess.Decision.Refused refused ->
          throw switch (refused.why()) {
            case ABSENT, PERSONAL ->
                new Failure.NotFound(
                    action == SpaceAction.FILE_PUT ? "space not found" : "file not found");
            case NO_PROOF -> new HttpError(401, "authorization required");
            case DENIED -> new Failure.Forbidden("access denied");
          };
    };
  }
}
