package dev.betterbase.sync.ratelimit;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.Accesses;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.IndexScans;
import dev.betterbase.sync.testing.JpaProvider;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The counted actions, on a real PostgreSQL. */
@DatabaseTest
@ParameterizedClass
@Execution(ExecutionMode.CONCURRENT)
@EnumSource
class RateLimitStoreIT {
  private final DataSource database = Databases.migrated();
  private final JpaProvider provider;
  private final RateLimitStore store;
  private final String actor = Accesses.newCid();

  RateLimitStoreIT(JpaProvider provider) {
    this.provider = provider;
    this.store = new RateLimitStore(new Database(database), provider.entities(database));
  }

  private void did(LimitedAction action, String who, String ago) {
    execute(
        database,
        "insert into rate_limit_actions (action, actor_hash, created_at)"
            + " values ('%s', '%s', now() - interval '%s')".formatted(action.stored(), who, ago));
  }

  @Test
  void countsWhatAPersonDidInTheLastHour() {
    did(LimitedAction.INVITATION_CREATE, actor, "0");
    did(LimitedAction.INVITATION_CREATE, actor, "59 minutes 50 seconds");
    did(LimitedAction.INVITATION_CREATE, actor, "1 hour");
    did(LimitedAction.INVITATION_CREATE, actor, "3 days");
    did(LimitedAction.MEMBERSHIP_APPEND, actor, "0");
    did(LimitedAction.INVITATION_CREATE, Accesses.newCid(), "0");
    assertThat(store.count(LimitedAction.INVITATION_CREATE, actor)).isEqualTo(2);
    assertThat(store.count(LimitedAction.MEMBERSHIP_APPEND, actor)).isEqualTo(1);
    assertThat(store.count(LimitedAction.INVITATION_CREATE, Accesses.newCid())).isZero();
  }

  @Test
  void countsAsTheStatementsDoThatDoWhatIsCounted() {
    String count =
        "select count_action('%s', '%s', 2)"
            .formatted(LimitedAction.MEMBERSHIP_APPEND.stored(), actor);
    did(LimitedAction.MEMBERSHIP_APPEND, actor, "1 hour");
    assertThat(value(database, count)).isEqualTo("t");
    assertThat(value(database, count)).isEqualTo("t");
    assertThat(value(database, count)).isEqualTo("f");
    assertThat(store.count(LimitedAction.MEMBERSHIP_APPEND, actor)).isEqualTo(2);
  }

  @Test
  void doesNotCountWhatWasDoneBeforeTheClockWasSetBack() {
    did(LimitedAction.MEMBERSHIP_APPEND, actor, "-1 day");
    did(LimitedAction.MEMBERSHIP_APPEND, actor, "-61 minutes");
    did(LimitedAction.MEMBERSHIP_APPEND, actor, "-1 minute");
    String count =
        "select count_action('%s', '%s', 2)"
            .formatted(LimitedAction.MEMBERSHIP_APPEND.stored(), actor);
    assertThat(store.count(LimitedAction.MEMBERSHIP_APPEND, actor)).isEqualTo(1);
    assertThat(value(database, count)).isEqualTo("t");
    assertThat(value(database, count)).isEqualTo("f");
    assertThat(store.purge(10)).isEqualTo(2);
    assertThat(store.count(LimitedAction.MEMBERSHIP_APPEND, actor)).isEqualTo(2);
  }

  @Test
  void countsThroughTheIndex() throws SQLException {
    IndexScans.assertIndexed(
        "rate_limit_actions",
        pool ->
            new RateLimitStore(new Database(pool), provider.entities(pool))
                .count(LimitedAction.INVITATION_CREATE, actor));
  }

  @Test
  void purgeDeletesWhatNoLongerCountsSoManyAtOnce() {
    did(LimitedAction.INVITATION_CREATE, actor, "0");
    did(LimitedAction.MEMBERSHIP_APPEND, actor, "59 minutes");
    for (int i = 0; i < 25; i++) {
      did(
          LimitedAction.INVITATION_CREATE,
          i % 2 == 0 ? actor : Accesses.newCid(),
          i + 1 + " hours");
    }
    assertThat(store.purge(10)).isEqualTo(10);
    assertThat(store.purge(10)).isEqualTo(10);
    assertThat(store.purge(10)).isEqualTo(5);
    assertThat(store.purge(10)).isZero();
    assertThat(value(database, "select count(*) from rate_limit_actions")).isEqualTo("2");
    assertThat(store.count(LimitedAction.INVITATION_CREATE, actor)).isEqualTo(1);
  }
}
