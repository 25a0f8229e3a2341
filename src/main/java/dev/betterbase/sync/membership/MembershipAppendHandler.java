package dev.betterbase.sync.membership;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.membership.MembershipStore.Addition;
import dev.betterbase.sync.membership.MembershipStore.AppendOutcome;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Encoded;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.FrameWriter;
import dev.betterbase.sync.protocol.Sha256;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.ratelimit.Allowance;
import dev.betterbase.sync.ratelimit.LimitedAction;
import dev.betterbase.sync.ratelimit.RateLimits;
import dev.betterbase.sync.realtime.Announcement;
import dev.betterbase.sync.realtime.Subscriptions;
import dev.betterbase.sync.rpc.method.Caller;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.Notification;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.HomeSubscriptions;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.space.SpaceAction;
import dev.betterbase.sync.space.SpaceParams;
import dev.betterbase.sync.space.SpaceRequestHandler;
import dev.betterbase.sync.space.SpaceTask;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code membership.append} (methods.md). */
@ApplicationScoped
public class MembershipAppendHandler extends SpaceRequestHandler<MembershipAppendHandler.Params> {
  private static final int HASH_LENGTH = 32;
  private static final int PAYLOAD_AT_MOST = 1024 * 1024;

  @Inject private RateLimits limits;
  @Inject private MembershipStore store;
  @Inject private Subscriptions subscriptions;
  @Inject private HomeSubscriptions homes;
  @Inject private SecurityLog security;

  /**
   * The params as they were sent.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan the UCAN that lets the caller write, unless it is the caller's own space
   * @param addition the entry, unchecked
   */
  public record Params(String space, @Nullable String ucan, Addition addition)
      implements SpaceParams {}

  @Override
  public Set<String> methods() {
    return Set.of("membership.append");
  }

  @Override
  public SpaceAction action() {
    return SpaceAction.MEMBERSHIP_APPEND;
  }

  @Override
  public Callers callers() {
    return Callers.ALL;
  }

  @Override
  public String invalidParams() {
    return "invalid membership append params";
  }

  @Override
  public Params read(CborReader reader) {
    String space = null;
    String ucan = null;
    Integer expectedVersion = null;
    byte[] prevHash = null;
    byte[] entryHash = null;
    byte[] payload = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "space" -> space = reader.text();
        case "ucan" -> ucan = reader.text();
        case "expected_version" -> expectedVersion = reader.int32();
        case "prev_hash" -> prevHash = reader.bytes();
        case "entry_hash" -> entryHash = reader.bytes();
        case "payload" -> payload = reader.bytes();
        default -> reader.skip();
      }
    }
    if (space == null || expectedVersion == null || entryHash == null || payload == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(space, ucan, new Addition(expectedVersion, prevHash, entryHash, payload));
  }

  @Override
  protected SpaceTask prepare(Connection connection, Params params) {
    return new Append(connection, params.addition());
  }

  /** One entry on its way into the log. */
  private final class Append implements SpaceTask {
    private final Connection connection;
    private final Addition addition;

    Append(Connection connection, Addition addition) {
      this.connection = connection;
      this.addition = addition;
    }

    @Override
    public Reply here(Access access) {
      Optional<Allowance> allowance = requireRoom(access);
      requireSound(addition);
      return switch (store.append(access, addition, allowance).orFail()) {
        case AppendOutcome.Appended appended -> {
          if (isByAdmin(access)) {
            security.membershipChanged(access.space(), connection.caller().in(security));
          }
          yield Reply.of(
                  writer ->
                      writer
                          .beginMap(2)
                          .field("chain_seq", appended.chainSeq())
                          .field("metadata_version", appended.metadataVersion())
                          .endMap())
              .then(
                  () ->
                      subscriptions.announce(
                          announcement(access.space(), addition, appended), whoKnows(connection)));
        }
        case AppendOutcome.Conflict() -> throw new Failure.Conflict();
        case AppendOutcome.RateLimited() -> throw limits.exceeded(LimitedAction.MEMBERSHIP_APPEND);
      };
    }

    /** A home server knows no person, so the limit by person is this server's to apply. */
    @Override
    public CompletionStage<Reply> elsewhere(
        Access access, Supplier<CompletionStage<Encoded>> home) {
      Optional<Allowance> allowance = requireRoom(access);
      return home.get()
          .thenApply(
              result -> {
                allowance.ifPresent(limits::record);
                homes.appended(access.space(), connection, addition.entryHash());
                return Reply.of(result);
              });
    }

    /** A caller without access is limited too, and hears of a bad entry first. */
    @Override
    public void beforeRefusal() {
      limits
          .allowance(connection.caller(), LimitedAction.MEMBERSHIP_APPEND)
          .ifPresent(limits::requireRoom);
      requireSound(addition);
    }

    /** Removing one member makes an admin append anew for every other: that is not limited. */
    private Optional<Allowance> requireRoom(Access access) {
      if (isByAdmin(access)) {
        return Optional.empty();
      }
      Optional<Allowance> allowance =
          limits.allowance(connection.caller(), LimitedAction.MEMBERSHIP_APPEND);
      allowance.ifPresent(limits::requireRoom);
      limits.countInMemory(connection.caller(), LimitedAction.MEMBERSHIP_APPEND);
      return allowance;
    }
  }

  /**
   * The connection that needs no notice. A peer's is told, because it stands for others as well.
   */
  private static @Nullable Connection whoKnows(Connection connection) {
    return switch (connection.caller()) {
      case Caller.Member unused -> connection;
      case Caller.Peer unused -> null;
    };
  }

  private static boolean isByAdmin(Access access) {
    return access
        .capability()
        .map(Capability::permission)
        .filter(Permission.ADMIN::equals)
        .isPresent();
  }

  private static void requireSound(Addition addition) {
    if (addition.entryHash().length != HASH_LENGTH) {
      throw new Failure.BadRequest("entry_hash must be 32 bytes");
    }
    if (addition.payload().length == 0) {
      throw new Failure.BadRequest("payload must not be empty");
    }
    if (addition.payload().length > PAYLOAD_AT_MOST) {
      throw new Failure.PayloadTooLarge();
    }
    if (!MessageDigest.isEqual(addition.entryHash(), Sha256.of(addition.payload()))) {
      throw new Failure.BadRequest("entry_hash does not match SHA-256 of payload");
    }
  }

  private static Announcement announcement(
      SpaceId space, Addition addition, AppendOutcome.Appended appended) {
    var entry =
        new MembershipEntry(
            appended.chainSeq(), addition.prevHash(), addition.entryHash(), addition.payload());
    return new Announcement(
        space,
        appended.cursor(),
        spelling -> new Notification.Lasting(space, frame(spelling, appended.cursor(), entry)));
  }

  private static byte[] frame(String spelling, long cursor, MembershipEntry entry) {
    return FrameWriter.notification(
        "membership",
        params -> {
          params
              .beginMap(3)
              .field("space", spelling)
              .field("cursor", cursor)
              .key("entries")
              .beginList(1);
          entry.write(params);
          params.endList().endMap();
        });
  }
}
