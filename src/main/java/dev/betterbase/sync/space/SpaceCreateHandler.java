package dev.betterbase.sync.space;

import dev.betterbase.sync.identity.P256Point;
import dev.betterbase.sync.protocol.CborReader;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.quota.StorageQuota;
import dev.betterbase.sync.quota.StorageQuotas;
import dev.betterbase.sync.rate.RecentCount;
import dev.betterbase.sync.rate.TokenBuckets;
import dev.betterbase.sync.rpc.method.Connection;
import dev.betterbase.sync.rpc.method.ConnectionLocal;
import dev.betterbase.sync.rpc.method.Reply;
import dev.betterbase.sync.rpc.method.RequestHandler;
import dev.betterbase.sync.settings.Domain;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.storage.StorageException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code space.create} (methods.md): makes a shared space. */
@ApplicationScoped
public class SpaceCreateHandler implements RequestHandler<SpaceCreateHandler.Params> {

  /** The most spaces that one connection may create in an hour. */
  private static final int PER_HOUR = 100;

  /**
   * The most spaces that one person may create at once, through however many connections. In the
   * long run, a person may create as many in an hour as one connection.
   */
  private static final int BURST_OF_PERSON = 10 * PER_HOUR;

  private static final int FIRST_KEY_GENERATION = 1;

  /** The version of derived UUIDs. Personal spaces have them, and anyone can compute them. */
  private static final int DERIVED_UUID = 5;

  @Inject private SpaceStore spaces;
  @Inject private StorageQuotas quotas;
  @Inject private Settings settings;

  private final ConnectionLocal<RecentCount> counts =
      new ConnectionLocal<>(() -> new RecentCount(Duration.ofHours(1), System::nanoTime));

  private final TokenBuckets<Object> people =
      new TokenBuckets<>(
          (double) PER_HOUR / Duration.ofHours(1).toSeconds(), BURST_OF_PERSON, System::nanoTime);

  /**
   * The params.
   *
   * @param id the new space's id, in the caller's spelling
   * @param rootPublicKey a compressed P-256 point, 33 bytes; checked by the handler
   * @param homeServer the peer where the space lives; null if it lives here
   */
  public record Params(String id, byte[] rootPublicKey, @Nullable String homeServer) {}

  @Override
  public Set<String> methods() {
    return Set.of("space.create");
  }

  @Override
  public String invalidParams() {
    return "invalid space create params";
  }

  @Override
  public Params read(CborReader reader) {
    String id = null;
    byte[] rootPublicKey = null;
    String homeServer = null;
    reader.beginMap();
    for (String key; (key = reader.nextKey()) != null; ) {
      switch (key) {
        case "id" -> id = reader.text();
        case "root_public_key" -> rootPublicKey = reader.bytes();
        case "home_server" -> homeServer = reader.text();
        default -> reader.skip();
      }
    }
    if (id == null || rootPublicKey == null) {
      throw new Failure.InvalidParams();
    }
    return new Params(id, rootPublicKey, homeServer);
  }

  @Override
  public Reply handle(Connection connection, Params params) {
    SpaceId id = SpaceId.require(params.id());
    if (P256Point.decode(params.rootPublicKey()).isEmpty()) {
      throw new Failure.BadRequest("invalid root public key");
    }
    requireTrusted(params.homeServer());
    if (id.value().version() == DERIVED_UUID
        || connection.token().personalSpace().filter(id::equals).isPresent()) {
      throw new Failure.Conflict("space already exists");
    }
    if (!counts.of(connection).permits(PER_HOUR) || !people.permits(connection.caller().party())) {
      throw new Failure.RateLimited("too many spaces");
    }
    create(connection, id, params.rootPublicKey(), params.homeServer());
    return Reply.of(
        writer ->
            writer
                .beginMap(2)
                .field("id", params.id())
                .field("key_generation", FIRST_KEY_GENERATION)
                .endMap());
  }

  private void requireTrusted(@Nullable String homeServer) {
    if (homeServer != null
        && Domain.of(homeServer)
            .map(Domain::host)
            .filter(settings.federation()::trusts)
            .isEmpty()) {
      throw new Failure.BadRequest("home server is not trusted");
    }
  }

  private void create(
      Connection connection, SpaceId id, byte[] rootPublicKey, @Nullable String homeServer) {
    SpaceStore.Creation outcome;
    try {
      outcome =
          spaces.create(
              id,
              connection.token().clientId(),
              rootPublicKey,
              homeServer,
              quotas.of(connection.caller()));
    } catch (StorageException e) {
      throw new Failure.Internal("failed to create space", e);
    }
    switch (outcome) {
      case SpaceStore.Creation.Created() -> {}
      case SpaceStore.Creation.Taken() -> throw new Failure.Conflict("space already exists");
      case SpaceStore.Creation.OverQuota(StorageQuota.Exceeded(long limit, long used)) ->
          throw new Failure.QuotaExceeded(
              "storage quota exceeded: max " + limit + " spaces", limit, used);
    }
  }
}
