package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.settings.Settings;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;

/** Sends files to clients. */
@ApplicationScoped
public class Downloads {
  private static final Logger LOG = System.getLogger(Downloads.class.getName());

  @Inject private HttpServletRequest request;
  @Inject private Settings settings;

  private TransferPlaces places;

  @PostConstruct
  void prepare() {
    places = new TransferPlaces(Transfers.atMost(settings));
  }

  /** The places of this kind of transfer. */
  TransferPlaces places() {
    return places;
  }

  /**
   * Opens a part of a file before the response begins, while a storage failure can still get its
   * own status. The caller must write the result: that releases the download slot.
   *
   * @param sharer whose place the download takes
   * @throws HttpError if the storage fails, or too many downloads are in progress
   */
  StreamingOutput open(Storage storage, StoredFile file, ByteRange part, Sharer sharer) {
    TransferPlaces.Place place = places.take(sharer, FilePassage.TOO_MANY_DOWNLOADS);
    boolean opened = false;
    try {
      InputStream bytes = storage.read(file.key(), part.from(), part.length());
      opened = true;
      return to -> Transfers.send(request, file.key(), bytes, to, place);
    } catch (NoSuchFileException | EOFException lost) {
      LOG.log(
          Level.ERROR,
          "The bytes of a file are missing {0}",
          LogContext.ofFile(HttpMethod.GET, file.key().space(), file.key().file()));
      throw new HttpError(500, "internal");
    } catch (IOException failure) {
      throw Transfers.unavailable(HttpMethod.GET, file.key(), failure);
    } finally {
      if (!opened) {
        place.close();
      }
    }
  }
}
