package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WireError;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.realtime.Announcement;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code push} (methods.md): writes and deletes records, all or nothing. */
@ApplicationScoped
public class PushHandler implements RequestHandler<PushParams> {

  /** Changes in one push. */
  static final int CHANGES_AT_MOST = 100_000;

  /** 4 MiB − 400: a larger blob could never be pulled in a frame that a client takes. */
  private static final int BLOB_BYTES_AT_MOST = 4 * 1024 * 1024 - 400;

  private static final long BYTES_AT_MOST = 500L * 1024 * 1024;

  private static final Logger LOG = System.getLogger(PushHandler.class.getName());

  @Inject private SpaceAccess access;
  @Inject private RecordStore records;
  @Inject private Subscriptions subscriptions;

  @Override
  public Set<String> methods() {
    return Set.of("push");
  }

  @Override
  public String invalidParams() {
    return "invalid push params";
  }

  @Override
  public PushParams read(CborReader reader) {
    return PushParams.read(reader);
  }

  @Override
  public Reply handle(Connection connection, PushParams params) {
    try {
      return push(connection, params);
    } catch (Failure e) {
      return refused(e);
    } catch (StorageException e) {
      LOG.log(Level.WARNING, "push: {0}", e.getMessage());
      return Reply.of(refused(ErrorCode.INTERNAL));
    }
  }

  private Reply push(Connection connection, PushParams params) {
    SpaceId space = SpaceId.require(params.space());
    List<RecordChange> changes = changes(params.changes());
    Access granted = access.require(connection.caller(), space, params.ucan(), SpaceAction.PUSH);
    requireSize(changes);
    return switch (records.push(granted, changes).orFail()) {
      case PushOutcome.Pushed(long cursor) when changes.isEmpty() -> Reply.of(pushed(cursor));
      case PushOutcome.Pushed(long cursor) ->
          Reply.of(pushed(cursor))
              .then(
                  () ->
                      subscriptions.announce(
                          SyncAnnouncement.of(space, cursor, changes), connection));
      case PushOutcome.Conflict() -> throw new Failure.Conflict();
      case PushOutcome.KeyGenerationStale() -> throw new Failure.KeyGenerationStale();
    };
  }

  private static List<RecordChange> changes(List<PushParams.Change> sent) {
    var changes = new ArrayList<RecordChange>(sent.size());
    var ids = HashSet.<RecordId>newHashSet(sent.size());
    for (PushParams.Change change : sent) {
      RecordId id =
          RecordId.parse(change.id())
              .orElseThrow(() -> new Failure.BadRequest("invalid record id"));
      if (!ids.add(id)) {
        throw new Failure.BadRequest("record given twice");
      }
      changes.add(
          new RecordChange(id, change.blob(), change.expectedCursor(), wrappedDek(change.dek())));
    }
    return changes;
  }

  private static @Nullable WrappedDek wrappedDek(byte @Nullable [] sent) {
    if (sent == null) {
      return null;
    }
    return WrappedDek.of(sent)
        .filter(dek -> dek.epoch() >= 0)
        .orElseThrow(() -> new Failure.BadRequest("invalid wrapped DEK"));
  }

  private static void requireSize(List<RecordChange> changes) {
    long bytes = 0;
    for (RecordChange change : changes) {
      int length = change.blob() == null ? 0 : change.blob().length;
      bytes += length;
      if (length > BLOB_BYTES_AT_MOST) {
        throw new Failure.PayloadTooLarge();
      }
    }
    if (changes.size() > CHANGES_AT_MOST || bytes > BYTES_AT_MOST) {
      throw new Failure.PayloadTooLarge();
    }
  }

  private static Body pushed(long cursor) {
    return writer -> {
      writer.beginMap(cursor == 0 ? 1 : 2).field("ok", true);
      if (cursor != 0) {
        writer.field("cursor", cursor);
      }
      writer.endMap();
    };
  }

  /**
   * What subscribers are told of a push that another server has taken.
   *
   * @param cursor the cursor that it gave
   */
  public static Announcement announcement(SpaceId space, long cursor, PushParams params) {
    return SyncAnnouncement.of(space, cursor, changes(params.changes()));
  }

  /** The answer to a push that was refused: a result, as all but undecodable params is. */
  public static Reply refused(Failure why) {
    return Reply.of(refused(WireError.of(why).code()));
  }

  private static Body refused(ErrorCode code) {
    return writer -> writer.beginMap(2).field("ok", false).field("error", code.text()).endMap();
  }
}
