package dev.betterbase.sync.file;

import dev.betterbase.sync.file.FileAccess.Permit;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.http.JsonError;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.storage.Entry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.ResponseBuilder;
import java.io.InputStream;
import java.util.Base64;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Answers requests for the files of this server (http.md, Files), from callers with access. A
 * failure is thrown, as a {@link Failure} or an {@link dev.betterbase.sync.http.HttpError}.
 */
@ApplicationScoped
public class FileAnswers {
  static final String OUT_OF_RANGE = "range not satisfiable";

  @Inject private FileStorages storages;
  @Inject private FileStore files;
  @Inject private Uploads uploads;
  @Inject private Downloads downloads;

  /**
   * Answers a PUT.
   *
   * @param sharer whose place the upload takes
   * @param beforeBody is told the number of bytes of the upload, its DEK included, before the body
   *     is read; an exception from it ends the request
   */
  public Response put(
      Permit permit,
      HttpHeaders headers,
      Sharer sharer,
      InputStream body,
      LongConsumer beforeBody) {
    NewFile file = FileHeaders.read(permit.key(), headers);
    long bytes = file.size() + WrappedDek.LENGTH;
    try {
      return answer(
          uploads.add(permit, file, storage(), sharer, body, () -> beforeBody.accept(bytes)));
    } catch (Failure.NotFound | Failure.Forbidden late) {
      throw refusal(permit.access(), "space not found");
    }
  }

  /** The answer to a PUT that succeeded. */
  static Response answer(Uploads.Outcome outcome) {
    return switch (outcome) {
      case CREATED -> Response.status(Response.Status.CREATED).build();
      case EXISTED -> Response.noContent().build();
    };
  }

  /** Without file storage the route does not exist. */
  private Storage storage() {
    return storages.chosen().orElseThrow(NotFoundException::new);
  }

  /** Answers a GET, for a caller with access. */
  public Response get(Permit permit, HttpHeaders headers, Sharer sharer) {
    Storage storage = storage();
    StoredFile file = find(permit);
    if (isKnown(file, headers)) {
      return notModified(file);
    }
    String range =
        EntityTags.allowsRange(headers.getHeaderString("If-Range"), tag(file))
            ? headers.getHeaderString("Range")
            : null;
    return switch (ByteRange.parse(range, file.size())) {
      case ByteRange.Wanted.Whole() ->
          content(storage, file, sharer, Response.ok(), new ByteRange(0, file.size()));
      case ByteRange.Wanted.Part(ByteRange part) ->
          content(
              storage,
              file,
              sharer,
              Response.status(Response.Status.PARTIAL_CONTENT)
                  .header(
                      "Content-Range",
                      "bytes " + part.from() + "-" + part.last() + "/" + file.size()),
              part);
      case ByteRange.Wanted.Unsatisfiable() ->
          Response.status(Response.Status.REQUESTED_RANGE_NOT_SATISFIABLE)
              .header("Content-Range", "bytes */" + file.size())
              .type(JsonError.MEDIA_TYPE)
              .entity(JsonError.body(OUT_OF_RANGE))
              .build();
    };
  }

  /** Answers a HEAD, for a caller with access. */
  public Response head(Permit permit, HttpHeaders headers) {
    StoredFile file = find(permit);
    return isKnown(file, headers)
        ? notModified(file)
        : described(Response.ok(), file)
            .type(MediaType.APPLICATION_OCTET_STREAM_TYPE)
            .header(HttpHeaders.CONTENT_LENGTH, file.size())
            .build();
  }

  private Response content(
      Storage storage, StoredFile file, Sharer sharer, ResponseBuilder response, ByteRange part) {
    return described(response, file)
        .type(MediaType.APPLICATION_OCTET_STREAM_TYPE)
        .header(HttpHeaders.CONTENT_LENGTH, part.length())
        .entity(downloads.open(storage, file, part, sharer))
        .build();
  }

  private static boolean isKnown(StoredFile file, HttpHeaders headers) {
    return EntityTags.matchesNone(headers.getHeaderString("If-None-Match"), tag(file));
  }

  /** The client has the current file; its DEK may have changed. */
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

  private StoredFile find(Permit permit) {
    Entry<Optional<StoredFile>> found = files.find(permit.access(), permit.key());
    if (found instanceof Entry.Entered<Optional<StoredFile>>(Optional<StoredFile> file)) {
      return file.orElseThrow(() -> new Failure.NotFound("file not found"));
    }
    throw refusal(permit.access(), "file not found");
  }

  /** The database refused entry: the chain is revoked, or the space is not the caller's. */
  private static RuntimeException refusal(Access access, String notFound) {
    return access.capability().isPresent()
        ? new Failure.Forbidden("access denied")
        : new Failure.NotFound(notFound);
  }
}
