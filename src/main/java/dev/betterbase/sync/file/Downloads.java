package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.settings.Settings;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.Semaphore;

/** Sends files to clients. */
@ApplicationScoped
public class Downloads {
  private static final Logger LOG = System.getLogger(Downloads.class.getName());

  @Inject private Settings settings;

  private Semaphore places;

  @PostConstruct
  void prepare() {
    places = new Semaphore(Transfers.atMost(settings));
  }

  /**
   * Opens a part of a file before the response begins, while a storage failure can still get its
   * own status. The caller must write the result: that releases the download slot.
   *
   * @throws HttpError if the storage fails, or too many downloads are in progress
   */
  StreamingOutput open(Storage storage, StoredFile file, ByteRange part) {
    if (!places.tryAcquire()) {
      throw new HttpError(503, "too many downloads");
    }
    boolean opened = false;
    try {
      InputStream bytes = storage.read(file.key(), part.from(), part.length());
      opened = true;
      return to -> write(bytes, to);
    } catch (NoSuchFileException lost) {
      LOG.log(Level.ERROR, "The bytes of a file are missing: {0}", file.key().path());
      throw new HttpError(500, "internal");
    } catch (IOException failure) {
      throw Transfers.unavailable("download", failure);
    } finally {
      if (!opened) {
        places.release();
      }
    }
  }

  private void write(InputStream bytes, OutputStream to) throws IOException {
    try {
      Transfers.send(bytes, to);
    } finally {
      places.release();
    }
  }
}
