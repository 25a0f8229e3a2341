package dev.betterbase.sync.file;

import dev.betterbase.sync.file.FileAccess.Permit;
import dev.betterbase.sync.file.storage.Storage;
import dev.betterbase.sync.file.storage.Upload;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.quota.PersonGrants;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.LogContext;
import dev.betterbase.sync.settings.FileStorage;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.storage.DiskFloor;
import dev.betterbase.sync.storage.Entry;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Receives files: checks that a file may be added, stores its bytes and publishes it. */
@ApplicationScoped
public class Uploads {
  private static final Logger LOG = System.getLogger(Uploads.class.getName());

  /** Publishing holds a database connection while the bucket copies the bytes. */
  private static final int PUBLISHING_AT_MOST = 8;

  private static final long PUBLISHING_WAIT_SECONDS = 60;

  @Inject private FileStore files;
  @Inject private FilePublication publication;
  @Inject private PersonGrants grants;
  @Inject private Subscriptions subscriptions;
  @Inject private Settings settings;
  @Inject private DiskFloor disk;

  private TransferPlaces places;
  private Semaphore publishing;

  /** The bytes of all uploads in progress, whether they have come or not. */
  private final AtomicLong promised = new AtomicLong();

  @PostConstruct
  void prepare() {
    places = new TransferPlaces(Transfers.atMost(settings));
    publishing =
        new Semaphore(Math.clamp(settings.database().poolSize() / 3, 1, PUBLISHING_AT_MOST));
  }

  /** The places of this kind of transfer. */
  TransferPlaces places() {
    return places;
  }

  /** The outcome of an upload. */
  enum Outcome {
    CREATED,
    EXISTED
  }

  /**
   * Adds a file. It becomes visible when all its bytes are stored and its row is committed; then
   * all subscribers are notified.
   *
   * @param sharer whose place the upload takes
   * @param body the bytes, as they arrive from the client
   * @param beforeBody runs after all checks and before the body is read; an exception from it ends
   *     the upload
   * @throws Failure if the file may not be added
   * @throws HttpError if the body is at fault, the storage fails, or too many uploads are in
   *     progress
   */
  Outcome add(
      Permit permit,
      NewFile file,
      Storage storage,
      Sharer sharer,
      InputStream body,
      Runnable beforeBody) {
    if (require(within(permit, () -> files.admit(permit.access(), file, permit.quota())))
        instanceof AddOutcome.Exists) {
      return Outcome.EXISTED;
    }
    Upload upload;
    try (TransferPlaces.Place place = places.take(sharer, FilePassage.TOO_MANY_UPLOADS)) {
      beforeBody.run();
      upload = receiveWithRoom(file, storage, body, place);
    }
    boolean published = false;
    try {
      AddOutcome outcome = require(within(permit, () -> publish(permit, file, storage, upload)));
      if (outcome instanceof AddOutcome.Added(long cursor)) {
        published = true;
        subscriptions.announce(FileNotice.of(file, cursor), null);
        return Outcome.CREATED;
      }
      return Outcome.EXISTED;
    } finally {
      discard(storage, upload, file, published);
    }
  }

  /** Asks for more of the quota of a person, if the database has too little of it. */
  private Entry<AddOutcome> within(Permit permit, Supplier<Entry<AddOutcome>> write) {
    return grants.write(
        permit.quota(), write, exceeded -> new Entry.Entered<>(new AddOutcome.OverQuota(exceeded)));
  }

  private Upload receiveWithRoom(
      NewFile file, Storage storage, InputStream in, TransferPlaces.Place place) {
    long all = promised.addAndGet(file.size());
    try {
      if (settings.fileStorage() instanceof FileStorage.Local(Path folder)
          && !disk.hasRoom(DiskFloor.Use.UPLOAD, folder, all)) {
        throw new HttpError(503, "file storage unavailable");
      }
      return receive(file, storage, in, place);
    } finally {
      promised.addAndGet(-file.size());
    }
  }

  private static Upload receive(
      NewFile file, Storage storage, InputStream in, TransferPlaces.Place place) {
    UploadBody body = new UploadBody(in, file.size(), place, System::nanoTime);
    try {
      return storage.receive(body, file.size());
    } catch (IOException failure) {
      throw body.failure()
          .orElseGet(() -> Transfers.unavailable(HttpMethod.PUT, file.key(), failure));
    }
  }

  private Entry<AddOutcome> publish(Permit permit, NewFile file, Storage storage, Upload upload) {
    try {
      if (!publishing.tryAcquire(PUBLISHING_WAIT_SECONDS, TimeUnit.SECONDS)) {
        throw new HttpError(503, FilePassage.TOO_MANY_UPLOADS);
      }
    } catch (InterruptedException stopping) {
      Thread.currentThread().interrupt();
      throw new HttpError(503, FilePassage.TOO_MANY_UPLOADS);
    }
    try {
      return publication.publish(permit, file, storage, upload);
    } catch (UncheckedIOException failure) {
      throw Transfers.unavailable(HttpMethod.PUT, file.key(), failure);
    } finally {
      publishing.release();
    }
  }

  /** In a bucket, unlike on a disk, the temporary object still exists after publishing. */
  private static void discard(Storage storage, Upload upload, NewFile file, boolean published) {
    try {
      storage.discard(upload);
    } catch (IOException failure) {
      LOG.log(
          Level.WARNING,
          "An upload ({0}) is left to the sweep: {1} {2}",
          published ? "published" : "given up",
          failure.getMessage(),
          LogContext.ofFile(HttpMethod.PUT, file.key().space(), file.key().file()));
    }
  }

  private static AddOutcome require(Entry<AddOutcome> entry) {
    AddOutcome outcome = entry.orFail();
    return switch (outcome) {
      case AddOutcome.UnknownRecord() ->
          throw new Failure.BadRequest("record not found in this space");
      case AddOutcome.OverQuota(StorageQuota.Exceeded(long limit, long used)) ->
          throw Failure.QuotaExceeded.ofBytes(limit, used);
      case AddOutcome.KeyGenerationStale() -> throw new Failure.KeyGenerationStale();
      case AddOutcome.Admitted admitted -> outcome;
      case AddOutcome.Added added -> outcome;
      case AddOutcome.Exists exists -> outcome;
    };
  }
}
