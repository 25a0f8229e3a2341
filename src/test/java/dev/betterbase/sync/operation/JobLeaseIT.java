package dev.betterbase.sync.operation;

import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.storage.PeriodicJob;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.JpaProvider;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Which of two nodes does a job. */
@DatabaseTest
@ParameterizedClass
@Execution(ExecutionMode.CONCURRENT)
@EnumSource
class JobLeaseIT {
  private record Job(String name, Duration pause) implements PeriodicJob {
    @Override
    public void round() {}
  }

  private final DataSource database = Databases.migrated();
  private final AtomicLong nanos = new AtomicLong();
  private final PeriodicJob job = new Job("clean_up", Duration.ofSeconds(60));
  private final JobLeaseStore store;
  private final JobLease first;
  private final JobLease second;

  JobLeaseIT(JpaProvider provider) {
    store = new JobLeaseStore(provider.entities(database));
    first = lease(job);
    second = lease(job);
  }

  private JobLease lease(PeriodicJob of) {
    return new JobLease(of, store, UUID.randomUUID(), nanos::get);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
    execute(
        database,
        "update job_leases set held_until = held_until - interval '%d seconds'"
            .formatted(time.toSeconds()));
  }

  @Test
  void theNodeThatHasAJobKeepsItFromRoundToRound() {
    for (int round = 0; round < 5; round++) {
      assertThat(first.take()).isTrue();
      assertThat(second.take()).isFalse();
      pass(job.pause());
    }
    assertThat(lease(new Job("another", Duration.ofSeconds(3))).take()).as("its own").isTrue();
  }

  @Test
  void anotherNodeGetsTheJobOfOneThatDoesNotComeBack() {
    assertThat(first.take()).isTrue();
    pass(job.pause());
    assertThat(second.take()).isFalse();
    pass(Duration.ofSeconds(20));
    assertThat(second.take()).isTrue();
    assertThat(first.take()).as("it was only cut off, and comes back").isFalse();
  }

  @Test
  void aLeaseFromBeforeTheClockOfTheDatabaseWasSetBackEnds() {
    assertThat(first.take()).isTrue();
    execute(database, "update job_leases set held_until = held_until + interval '1 year'");
    assertThat(second.take()).isTrue();
    assertThat(lease(job).take()).as("it lasts as long as any other").isFalse();
  }

  @Test
  void aJobThatIsGivenBackIsFreeAtOnce() {
    assertThat(first.take()).isTrue();
    first.giveBack();
    assertThat(value(database, "select count(*) from job_leases")).isEqualTo("0");
    assertThat(second.take()).isTrue();
    first.giveBack();
    assertThat(value(database, "select count(*) from job_leases")).isEqualTo("1");
  }

  @Test
  void theDatabaseIsNotAskedInEachRoundOfAJobThatComesOften() {
    JobLease often = lease(new Job("often", Duration.ofSeconds(3)));
    assertThat(often.take()).isTrue();
    String taken = value(database, "select held_until from job_leases where job = 'often'");
    assertThat(often.take()).isTrue();
    assertThat(value(database, "select held_until from job_leases where job = 'often'"))
        .isEqualTo(taken);
    pass(Duration.ofSeconds(11));
    assertThat(often.take()).isTrue();
    assertThat(
            value(
                database,
                "select held_until > now() + interval '15 seconds' from job_leases"
                    + " where job = 'often'"))
        .isEqualTo("t");
  }
}
