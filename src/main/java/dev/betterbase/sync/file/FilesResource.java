package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.http.Caller;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.http.JsonError;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.Entry;
import dev.betterbase.sync.space.RootKeys;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.ResponseBuilder;
import jakarta.ws.rs.core.SecurityContext;
import java.io.InputStream;
import java.util.Base64;
import java.util.Optional;

/** {@code /api/v1/spaces/{space_id}/files/{id}} (http.md, Files). */
@Path("/api/v1/spaces/{space_id}/files/{id}")
@RequestScoped
public class FilesResource {
  private static final String SCOPE = "files";

  @Inject private FileStorages storages;
  @Inject private SpaceAccess spaceAccess;
  @Inject private RootKeys rootKeys;
  @Inject private FileStore files;
  @Inject private Uploads uploads;
  @Inject private Downloads downloads;

  @PathParam("space_id")
  private String spaceId;

  @PathParam("id")
  private String fileId;

  @Context private SecurityContext security;
  @Context private HttpHeaders headers;

  /** What a request is about, once the checks that all three have in common are passed. */
  private record Request(Storage storage, FileKey key, Access access) {}

  @PUT
  public Response put(InputStream body) {
    Request request = require(SpaceAction.FILE_PUT, "space not found");
    NewFile file = FileHeaders.read(request.key(), headers);
    try {
      return switch (uploads.add(request.access(), file, request.storage(), body)) {
        case CREATED -> Response.status(Response.Status.CREATED).build();
        case EXISTED -> Response.noContent().build();
      };
    } catch (Failure.NotFound | Failure.Forbidden late) {
      throw refusal(request.access(), "space not found");
    }
  }

  @GET
  public Response get() {
    Request request = require(SpaceAction.FILE_GET, "file not found");
    StoredFile file = find(request);
    if (isKnown(file)) {
      return notModified(file);
    }
    String range =
        EntityTags.allowsRange(headers.getHeaderString("If-Range"), tag(file))
            ? headers.getHeaderString("Range")
            : null;
    return switch (ByteRange.parse(range, file.size())) {
      case ByteRange.Wanted.Whole() ->
          content(request, file, Response.ok(), new ByteRange(0, file.size()));
      case ByteRange.Wanted.Part(ByteRange part) ->
          content(
              request,
              file,
              Response.status(Response.Status.PARTIAL_CONTENT)
                  .header(
                      "Content-Range",
                      "bytes " + part.from() + "-" + part.last() + "/" + file.size()),
              part);
      case ByteRange.Wanted.Unsatisfiable() ->
          Response.status(Response.Status.REQUESTED_RANGE_NOT_SATISFIABLE)
              .header("Content-Range", "bytes */" + file.size())
              .type(JsonError.MEDIA_TYPE)
              .entity(JsonError.body("range not satisfiable"))
              .build();
    };
  }

  @HEAD
  public Response head() {
    StoredFile file = find(require(SpaceAction.FILE_HEAD, "file not found"));
    return isKnown(file)
        ? notModified(file)
        : described(Response.ok(), file)
            .type(MediaType.APPLICATION_OCTET_STREAM_TYPE)
            .header(HttpHeaders.CONTENT_LENGTH, file.size())
            .build();
  }

  private Response content(
      Request request, StoredFile file, ResponseBuilder response, ByteRange part) {
    return described(response, file)
        .type(MediaType.APPLICATION_OCTET_STREAM_TYPE)
        .header(HttpHeaders.CONTENT_LENGTH, part.length())
        .entity(downloads.open(request.storage(), file, part))
        .build();
  }

  private boolean isKnown(StoredFile file) {
    return EntityTags.matchesNone(headers.getHeaderString("If-None-Match"), tag(file));
  }

  /** The file is what the client has; its DEK may be another. */
  private static Response notModified(StoredFile file) {
    return described(Response.notModified(), file).build();
  }

  private static ResponseBuilder described(ResponseBuilder response, StoredFile file) {
    return response
        .header(HttpHeaders.ETAG, tag(file))
        .header(FileHeaders.DEK, Base64.getEncoder().encodeToString(file.dek()))
        .header(HttpHeaders.CACHE_CONTROL, "private, immutable")
        .header("Accept-Ranges", "bytes");
  }

  private static String tag(StoredFile file) {
    return EntityTags.of(file.key().file());
  }

  private StoredFile find(Request request) {
    Entry<Optional<StoredFile>> found = files.find(request.access(), request.key());
    if (found instanceof Entry.Entered<Optional<StoredFile>>(Optional<StoredFile> file)) {
      return file.orElseThrow(() -> new Failure.NotFound("file not found"));
    }
    throw refusal(request.access(), "file not found");
  }

  /** The database refused: a chain that is revoked, or a space that is not the caller's. */
  private static RuntimeException refusal(Access access, String notFound) {
    return access.capability().isPresent()
        ? new Failure.Forbidden("access denied")
        : new Failure.NotFound(notFound);
  }

  private Request require(SpaceAction action, String notFound) {
    // Without a storage there is no such route.
    Storage storage = storages.chosen().orElseThrow(NotFoundException::new);
    AccessToken caller = caller();
    if (!caller.scopes().contains(SCOPE)) {
      throw new Failure.Forbidden("files scope required");
    }
    SpaceId space =
        SpaceId.parse(spaceId).orElseThrow(() -> new Failure.BadRequest("invalid space ID"));
    // Spelled as a record's id is: hyphenated.
    RecordId file =
        RecordId.parse(fileId).orElseThrow(() -> new Failure.BadRequest("invalid file ID"));
    var wanted = new SpaceAccess.Request(space, headers.getHeaderString("X-UCAN"), action);
    return switch (spaceAccess.decide(new dev.betterbase.sync.rpc.Caller.Member(caller), wanted)) {
      case SpaceAccess.Decision.Granted(Access access) -> {
        requireHomeHere(space, access);
        yield new Request(storage, new FileKey(space, file.value()), access);
      }
      case SpaceAccess.Decision.Refused(SpaceAccess.Refusal why) ->
          throw switch (why) {
            case NO_SPACE -> new Failure.NotFound(notFound);
            case NO_PROOF -> new HttpError(401, "authorization required");
            case DENIED -> new Failure.Forbidden("access denied");
          };
    };
  }

  /** Its files are where the space is, and no peer hands them on. */
  private void requireHomeHere(SpaceId space, Access access) {
    if (access.capability().isPresent() && rootKeys.find(space).home().isPresent()) {
      throw new HttpError(501, "files of a space on another server are not supported");
    }
  }

  private AccessToken caller() {
    if (security.getUserPrincipal() instanceof Caller caller) {
      return caller.token();
    }
    throw new IllegalStateException("a request without a bearer passed the filter");
  }
}
