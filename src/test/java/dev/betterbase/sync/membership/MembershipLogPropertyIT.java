package dev.betterbase.sync.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.membership.MembershipStore.Addition;
import dev.betterbase.sync.membership.MembershipStore.AppendOutcome;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.space.Access;
import dev.betterbase.sync.space.MembershipEntry;
import dev.betterbase.sync.space.Space;
import dev.betterbase.sync.space.SpaceStore;
import dev.betterbase.sync.space.SpaceStores;
import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.PooledConnection;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

/** After any sequence of attempts, the log consists of the valid additions in their order. */
@DatabaseTest
@SuppressWarnings("NullAway.Init") // the fields are set before the first try
class MembershipLogPropertyIT {
  private static final int ENTRY_BYTES = 100;

  private static Connection connection;
  private static PooledConnection pool;
  private static SpaceStore spaces;

  /** What the caller believes about the log. */
  private enum Belief {
    RIGHT,
    OLD_VERSION,
    NEW_VERSION,
    NO_HASH,
    OTHER_HASH
  }

  /** An attempt to append, and the list that follows. */
  private record Step(Belief belief, int length, int since, int pageBytes) {}

  @BeforeContainer
  static void start() throws Exception {
    pool = new PooledConnection(Databases.migrated());
    connection = pool.physical();
    spaces = SpaceStores.on(pool);
  }

  @AfterContainer
  static void stop() throws Exception {
    connection.close();
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.frequency(
                Tuple.of(6, Belief.RIGHT),
                Tuple.of(1, Belief.OLD_VERSION),
                Tuple.of(1, Belief.NEW_VERSION),
                Tuple.of(1, Belief.NO_HASH),
                Tuple.of(1, Belief.OTHER_HASH)),
            Arbitraries.integers().between(1, 600),
            Arbitraries.integers().between(-1, 12),
            Arbitraries.integers().between(1, 3_000))
        .as(Step::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(25);
  }

  @Property(tries = 60)
  void isTheListOfTheGoodAdditions(@ForAll("steps") List<Step> steps) {
    MembershipStore store = new MembershipStore(new Database(pool));
    Access owner = Accesses.owner(new SpaceId(UUID.randomUUID()));
    List<MembershipEntry> model = new ArrayList<>();
    for (Step step : steps) {
      append(store, owner, model, step);
      Integer since = step.since() < 0 ? null : step.since();
      Space space = spaces.open(owner).orFail();
      assertThat(space.metadataVersion()).isEqualTo(model.size());
      assertSame(
          store.list(space, since, step.pageBytes(), ENTRY_BYTES),
          expected(model, since, step.pageBytes()));
    }
  }

  private static void append(
      MembershipStore store, Access owner, List<MembershipEntry> model, Step step) {
    byte[] hash = new byte[32];
    byte[] payload = new byte[step.length()];
    Arrays.fill(hash, (byte) (model.size() + 1));
    byte @Nullable [] last = model.isEmpty() ? null : model.getLast().entryHash();
    Addition addition =
        switch (step.belief()) {
          case RIGHT -> new Addition(model.size(), last, hash, payload);
          case OLD_VERSION -> new Addition(model.size() - 1, last, hash, payload);
          case NEW_VERSION -> new Addition(model.size() + 1, last, hash, payload);
          case NO_HASH -> new Addition(model.size(), null, hash, payload);
          case OTHER_HASH -> new Addition(model.size(), new byte[32], hash, payload);
        };
    boolean good =
        step.belief() == Belief.RIGHT || (step.belief() == Belief.NO_HASH && last == null);
    AppendOutcome outcome = store.append(owner, addition, Optional.empty()).orFail();
    if (!good) {
      assertThat(outcome).isEqualTo(new AppendOutcome.Conflict());
      return;
    }
    int seq = model.size() + 1;
    assertThat(outcome).isEqualTo(new AppendOutcome.Appended(seq, seq, seq));
    model.add(new MembershipEntry(seq, last, hash, payload));
  }

  /** As in methods.md: the first entries after a number that fit, or the last of all that fit. */
  private static List<MembershipEntry> expected(
      List<MembershipEntry> model, @Nullable Integer since, int pageBytes) {
    List<MembershipEntry> candidates =
        since == null
            ? model.reversed()
            : model.subList(Math.min(since, model.size()), model.size());
    List<MembershipEntry> page = new ArrayList<>();
    int bytes = 0;
    for (MembershipEntry each : candidates) {
      bytes += ENTRY_BYTES + each.payload().length;
      if (!page.isEmpty() && bytes > pageBytes) {
        break;
      }
      page.add(each);
    }
    return since == null ? page.reversed() : page;
  }

  private static void assertSame(List<MembershipEntry> read, List<MembershipEntry> expected) {
    assertThat(read)
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactlyElementsOf(expected);
  }
}
