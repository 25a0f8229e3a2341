package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.http.JsonError;
import dev.betterbase.sync.settings.Settings;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.ResponseBuilder;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Relays files between a member and the home server of the space, in both directions, as the bytes
 * arrive. Only a buffer is kept in memory. The caller has authorised the member.
 */
@ApplicationScoped
public class FilePassage {
  static final String TOO_MANY_UPLOADS = "too many uploads";
  static final String TOO_MANY_DOWNLOADS = "too many downloads";

  private static final List<String> OF_PUT = List.of("X-UCAN", FileHeaders.RECORD, FileHeaders.DEK);
  private static final List<String> OF_GET =
      List.of("X-UCAN", "Range", "If-Range", "If-None-Match");

  @Inject private HttpServletRequest request;
  @Inject private HomeFiles homes;
  @Inject private Settings settings;

  /**
   * The limit is low because each transfer holds a thread for as long as the other server takes.
   */
  private TransferPlaces places;

  @PostConstruct
  void prepare() {
    places = new TransferPlaces(Math.max(1, settings.httpThreads() / 8));
  }

  /** The places of this kind of transfer. */
  TransferPlaces places() {
    return places;
  }

  Response put(String home, FileKey key, HttpHeaders headers, InputStream in, Sharer sharer) {
    NewFile file = FileHeaders.read(key, headers);
    var asked = new HomeFiles.Asked(home, key, fields(headers, OF_PUT));
    try (TransferPlaces.Place place = places.take(sharer, TOO_MANY_UPLOADS)) {
      return put(asked, file.size(), new UploadBody(in, file.size(), place, System::nanoTime));
    }
  }

  private Response put(HomeFiles.Asked asked, long size, UploadBody body) {
    try {
      return FileAnswers.answer(
          homes.put(asked, size, body) ? Uploads.Outcome.CREATED : Uploads.Outcome.EXISTED);
    } catch (IOException broken) {
      throw body.failure().orElseThrow(() -> new UncheckedIOException(broken));
    }
  }

  Response get(String home, FileKey key, HttpHeaders headers, Sharer sharer) {
    TransferPlaces.Place place = places.take(sharer, TOO_MANY_DOWNLOADS);
    boolean passing = false;
    try {
      HomeFiles.Found found = homes.get(new HomeFiles.Asked(home, key, fields(headers, OF_GET)));
      if (!isContent(found)) {
        return described(found).build();
      }
      passing = true;
      StreamingOutput content = to -> Transfers.send(request, key, found.content(), to, place);
      return described(found).entity(content).build();
    } finally {
      if (!passing) {
        place.close();
      }
    }
  }

  Response head(String home, FileKey key, HttpHeaders headers, Sharer sharer) {
    TransferPlaces.Place place = places.take(sharer, TOO_MANY_DOWNLOADS);
    try {
      return described(homes.head(new HomeFiles.Asked(home, key, fields(headers, OF_GET)))).build();
    } finally {
      place.close();
    }
  }

  private static boolean isContent(HomeFiles.Found found) {
    return found.status() == 200 || found.status() == 206;
  }

  private static ResponseBuilder described(HomeFiles.Found found) {
    ResponseBuilder response = Response.status(found.status());
    found.fields().forEach(response::header);
    if (isContent(found)) {
      response.type(MediaType.APPLICATION_OCTET_STREAM_TYPE);
    } else if (found.status() == 416) {
      response.type(JsonError.MEDIA_TYPE).entity(JsonError.body(FileAnswers.OUT_OF_RANGE));
    }
    return response;
  }

  private static Map<String, String> fields(HttpHeaders headers, List<String> names) {
    var fields = new LinkedHashMap<String, String>();
    for (String name : names) {
      String value = headers.getHeaderString(name);
      if (value != null) {
        fields.put(name, value);
      }
    }
    return fields;
  }
}
