package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.http.JsonError;
import dev.betterbase.sync.settings.Settings;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
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
import java.util.concurrent.Semaphore;

/**
 * Relays files between a member and the home server of the space, in both directions, as the bytes
 * arrive. Only a buffer is kept in memory. The caller has authorised the member.
 */
@ApplicationScoped
public class FilePassage {
  private static final List<String> OF_PUT = List.of("X-UCAN", FileHeaders.RECORD, FileHeaders.DEK);
  private static final List<String> OF_GET =
      List.of("X-UCAN", "Range", "If-Range", "If-None-Match");

  @Inject private HomeFiles homes;
  @Inject private Settings settings;

  /**
   * The limit is low because each transfer holds a thread for as long as the other server takes.
   */
  private Semaphore places;

  @PostConstruct
  void prepare() {
    places = new Semaphore(Math.max(1, settings.httpThreads() / 8));
  }

  Response put(String home, FileKey key, HttpHeaders headers, InputStream in) {
    NewFile file = FileHeaders.read(key, headers);
    var asked = new HomeFiles.Asked(home, key, fields(headers, OF_PUT));
    UploadBody body = new UploadBody(in, file.size(), System::nanoTime);
    enter("too many uploads");
    try {
      return FileAnswers.answer(
          homes.put(asked, file.size(), body) ? Uploads.Outcome.CREATED : Uploads.Outcome.EXISTED);
    } catch (IOException broken) {
      throw body.failure().orElseThrow(() -> new UncheckedIOException(broken));
    } finally {
      places.release();
    }
  }

  Response get(String home, FileKey key, HttpHeaders headers) {
    enter("too many downloads");
    boolean passing = false;
    try {
      HomeFiles.Found found = homes.get(new HomeFiles.Asked(home, key, fields(headers, OF_GET)));
      if (!isContent(found)) {
        return described(found).build();
      }
      passing = true;
      StreamingOutput content =
          to -> {
            try {
              Transfers.send(found.content(), to);
            } finally {
              places.release();
            }
          };
      return described(found).entity(content).build();
    } finally {
      if (!passing) {
        places.release();
      }
    }
  }

  Response head(String home, FileKey key, HttpHeaders headers) {
    enter("too many downloads");
    try {
      return described(homes.head(new HomeFiles.Asked(home, key, fields(headers, OF_GET)))).build();
    } finally {
      places.release();
    }
  }

  private void enter(String orElse) {
    if (!places.tryAcquire()) {
      throw new HttpError(503, orElse);
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
