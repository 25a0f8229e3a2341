package dev.betterbase.sync.membership;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.identity.Permission;
import dev.betterbase.sync.membership.MembershipStore.Addition;
import dev.betterbase.sync.membership.MembershipStore.AppendOutcome;
import dev.betterbase.sync.protocol.CborReader;
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
import dev.betterbase.sync.rpc.method.RequestHandler;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.space.SpaceAccess;
import dev.betterbase.sync.space.SpaceAction;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code membership.append} (methods.md). */
@ApplicationScoped
public class MembershipAppendHandler implements RequestHandler<MembershipAppendHandler.Params> {
  private static final int HASH_LENGTH = 32;
  private static final int PAYLOAD_AT_MOST = 1024 * 1024;

  @Inject private SpaceAccess access;
  @Inject private RateLimits limits;
  @Inject private MembershipStore store;
  @Inject private Subscriptions subscriptions;

  /**
   * The params as they were sent.
   *
   * @param space the space's id, in the caller's spelling
   * @param ucan by what the caller may write, where it is not its own space
   * @param addition the entry, unchecked
   */
  public record Params(String space, @Nullable String ucan, Addition addition) {}

  @Override
  public Set<String> methods() {
    return Set.of("membership.append");
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
  public Reply handle(Connection connection, Params params) {
    SpaceId space = SpaceId.require(params.space());
    // Decided before its turn, for whether anybody is limited depends on it.
    SpaceAccess.Decision decision =
        access.decide(
            connection.caller(),
            new SpaceAccess.Request(space, params.ucan(), SpaceAction.MEMBERSHIP_APPEND));
    Optional<Allowance> allowance =
        isByAdmin(decision)
            ? Optional.empty()
            : limits.allowance(connection.caller(), LimitedAction.MEMBERSHIP_APPEND);
    allowance.ifPresent(limits::requireRoom);
    Addition addition = params.addition();
    requireSound(addition);
    return switch (store.append(decision.orForbidden(), addition, allowance).orFail()) {
      case AppendOutcome.Appended appended ->
          Reply.of(
                  writer ->
                      writer
                          .beginMap(2)
                          .field("chain_seq", appended.chainSeq())
                          .field("metadata_version", appended.metadataVersion())
                          .endMap())
              .then(
                  () ->
                      subscriptions.announce(
                          announcement(space, addition, appended), whoKnows(connection)));
      case AppendOutcome.Conflict() -> throw new Failure.Conflict();
      case AppendOutcome.RateLimited() -> throw limits.exceeded(LimitedAction.MEMBERSHIP_APPEND);
    };
  }

  /** A peer is told too: its one connection stands for others who do not know. */
  private static @Nullable Connection whoKnows(Connection connection) {
    return switch (connection.caller()) {
      case Caller.Member unused -> connection;
      case Caller.Peer unused -> null;
    };
  }

  /** Removing one member makes an admin append anew for every other: that is not limited. */
  private static boolean isByAdmin(SpaceAccess.Decision decision) {
    return decision
        .granted()
        .flatMap(Access::capability)
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
