package dev.betterbase.sync.space;

import dev.betterbase.sync.identity.Capability;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.storage.Database;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The decision of {@link SpaceAccess} that a caller may do something in a space, as far as it can
 * be made without the database. The statement that does the work asks the rest, behind the lock
 * that a revocation takes as well: whether the space is personal or shared as the caller says, and
 * whether the chain is revoked.
 */
public sealed interface Access {
  /** The space. */
  SpaceId space();

  /** The capability of a member's chain; empty for an owner. */
  Optional<Capability> capability();

  /** The server where the space lives; empty if that is this one. */
  default Optional<String> home() {
    return Optional.empty();
  }

  /** The database of the space, in which a personal space is made on its first use. */
  default Database in(Database database) {
    return clientId() == null ? database.of(space()) : database.ofNew(space());
  }

  /**
   * Does some work in the database of the space.
   *
   * @throws dev.betterbase.sync.storage.StorageException if that fails
   */
  default <T> T in(Database database, Function<Database, T> work) {
    return database.in(space(), clientId() != null, work);
  }

  /**
   * The same for work on one connection, as {@link Database#run}.
   *
   * @throws dev.betterbase.sync.storage.StorageException if it fails
   */
  default <T> T run(Database database, String what, Database.Work<T> work) {
    return in(database, where -> where.run(what, work));
  }

  /** Whether it rests on a capability for which the condition holds. */
  default boolean restsOn(Predicate<Capability> matching) {
    return capability().filter(matching).isPresent();
  }

  /** The parameter {@code client} of the statement; null for a member. */
  @Nullable String clientId();

  /**
   * The parameter {@code chain} of the statement: the CIDs of a member's tokens; null for an owner.
   */
  @Nullable List<String> chain();

  /**
   * The owner of a personal space, who may do everything. The space is made on its first use.
   *
   * @param clientId the token's {@code client_id}, kept with a space that is made
   */
  record Owner(SpaceId space, String clientId) implements Access {
    public Owner {
      Objects.requireNonNull(space);
      Objects.requireNonNull(clientId);
    }

    @Override
    public Optional<Capability> capability() {
      return Optional.empty();
    }

    @Override
    public @Nullable List<String> chain() {
      return null;
    }
  }

  /**
   * A member of a shared space.
   *
   * @param proven the capability of its chain, whose signatures were verified
   * @param home the server where the space lives; empty if that is this one
   */
  record Member(Capability proven, Optional<String> home) implements Access {
    public Member {
      Objects.requireNonNull(proven);
      Objects.requireNonNull(home);
    }

    @Override
    public SpaceId space() {
      return proven.space();
    }

    @Override
    public Optional<Capability> capability() {
      return Optional.of(proven);
    }

    @Override
    public @Nullable String clientId() {
      return null;
    }

    @Override
    public List<String> chain() {
      return proven.cids();
    }
  }

  /**
   * Binds the space, client and chain, which are parameters of every function that enters a space.
   */
  default void bind(PreparedStatement statement, int first) throws SQLException {
    statement.setObject(first, space().value());
    statement.setString(first + 1, clientId());
    List<String> cids = chain();
    statement.setArray(
        first + 2,
        cids == null ? null : statement.getConnection().createArrayOf("text", cids.toArray()));
  }
}
