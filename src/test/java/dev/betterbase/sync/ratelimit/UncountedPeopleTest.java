package dev.betterbase.sync.ratelimit;

import static dev.betterbase.sync.ratelimit.LimitedAction.INVITATION_CREATE;
import static dev.betterbase.sync.ratelimit.LimitedAction.MEMBERSHIP_APPEND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.identity.Person;
import dev.betterbase.sync.settings.Limits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits by person where the database does not count people. */
class UncountedPeopleTest {
  private final Person alice = new Person("a".repeat(64));
  private final Person bob = new Person("b".repeat(64));
  private long now;
  private final UncountedPeople people = new UncountedPeople(Limits.defaults(), () -> now);

  @Test
  void manyHoursAtOnceAndTheHourlyLimitInTheLongRun() {
    int atOnce = 10 * UncountedPeople.HOURS_AT_ONCE;
    assertThat(permitted(INVITATION_CREATE, alice)).isEqualTo(atOnce);
    assertThat(permitted(INVITATION_CREATE, bob)).as("each person").isEqualTo(atOnce);
    assertThat(permitted(MEMBERSHIP_APPEND, alice)).as("each action").isEqualTo(atOnce);
    now += Duration.ofHours(3).toNanos();
    assertThat(permitted(INVITATION_CREATE, alice)).isEqualTo(30);
  }

  private int permitted(LimitedAction action, Person person) {
    int permitted = 0;
    for (int i = 0; i < 3_000; i++) {
      permitted += people.permits(action, person) ? 1 : 0;
    }
    return permitted;
  }
}
