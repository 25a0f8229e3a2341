package dev.betterbase.sync.record;

import dev.betterbase.sync.protocol.Body;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.ErrorCode;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.RecordId;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.protocol.WrappedDek;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.quota.StorageQuotas;
import dev.betterbase.sync.realtime.Announcement;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.HomeSubscriptions;
import dev.betterbase.sync.space.SpaceTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code push} (methods.md): writes and deletes records, all or nothing. */
@ApplicationScoped
public class PushHandler extends PushMethod {

  /** Changes in one push. */
  static final int CHANGES_AT_MOST = 100_000;

  /** 4 MiB − 400: a larger blob could never be pulled in a frame that a client takes. */
  private static final int BLOB_BYTES_AT_MOST = 4 * 1024 * 1024 - 400;

  private static final long BYTES_AT_MOST = 500L * 1024 * 1024;

  @Inject private PushGroups pushes;
  @Inject private StorageQuotas quotas;
  @Inject private Subscriptions subscriptions;
  @Inject private HomeSubscriptions homes;

  @Override
  public SpaceTask prepare(Connection connection, PushParams params) {
    return new Push(connection, changes(params.changes()));
  }

  /** A push, whose changes are decoded once. */
  private final class Push implements SpaceTask {
    private final Connection connection;
    private final List<RecordChange> changes;

    Push(Connection connection, List<RecordChange> changes) {
      this.connection = connection;
      this.changes = changes;
    }

    @Override
    public Reply here(Access access) {
      requireSize(changes);
      return switch (pushes.push(access, changes, quotas.of(connection.caller())).orFail()) {
        case PushOutcome.Pushed(long cursor) when changes.isEmpty() -> Reply.of(pushed(cursor));
        case PushOutcome.Pushed(long cursor) ->
            Reply.of(pushed(cursor))
                .then(
                    () -> subscriptions.announce(announcement(access.space(), cursor), connection));
        case PushOutcome.Conflict() -> throw new Failure.Conflict();
        case PushOutcome.OverQuota(StorageQuota.Exceeded(long limit, long used)) ->
            throw Failure.QuotaExceeded.ofBytes(limit, used);
        case PushOutcome.KeyGenerationStale() -> throw new Failure.KeyGenerationStale();
      };
    }

    /** The home does not notify the server that pushed, so this one tells its other members. */
    @Override
    public CompletionStage<Reply> elsewhere(
        Access access, Supplier<CompletionStage<Encoded>> home) {
      return home.get()
          .thenApply(
              result -> {
                Reply reply = Reply.of(result);
                long cursor = cursor(result);
                return cursor <= 0 || changes.isEmpty()
                    ? reply
                    : reply.then(
                        () -> homes.announce(announcement(access.space(), cursor), connection));
              })
          .exceptionally(PushHandler::unreachable);
    }

    private Announcement announcement(SpaceId space, long cursor) {
      return SyncAnnouncement.of(space, cursor, changes);
    }
  }

  /** A home that cannot be reached makes a result; an error of its own stays one. */
  private static Reply unreachable(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof Failure.Internal) {
      return refused(ErrorCode.INTERNAL);
    }
    throw cause instanceof RuntimeException known ? known : new CompletionException(cause);
  }

  /** The cursor in a home server's result; 0 if the push was not done. */
  private static long cursor(Encoded result) {
    boolean ok = false;
    long cursor = 0;
    try {
      CborReader reader = result.reader();
      reader.beginMap();
      for (String key; (key = reader.nextKey()) != null; ) {
        switch (key) {
          case "ok" -> ok = reader.bool();
          case "cursor" -> cursor = reader.int64();
          default -> reader.skip();
        }
      }
    } catch (Failure.InvalidParams malformed) {
      throw new Failure.Internal(malformed);
    }
    return ok ? cursor : 0;
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
      bytes += change.blobBytes();
      if (change.blobBytes() > BLOB_BYTES_AT_MOST) {
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
}
