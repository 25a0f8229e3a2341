package dev.betterbase.sync.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class RecentFaultsTest {
  private final RecentFaults faults = new RecentFaults();

  @Test
  void theSameErrorIsOneEntryWithACountAndTheLatestComesFirst() {
    faults.add(Fault.Kind.HTTP, "GET /health", "503");
    faults.add(Fault.Kind.JOB, "tombstones", new IllegalStateException());
    faults.add(Fault.Kind.HTTP, "GET /health", "503");
    assertThat(faults.latestFirst())
        .extracting(fault -> fault.what() + " " + fault.error() + " " + fault.times())
        .containsExactly("GET /health 503 2", "tombstones IllegalStateException 1");
  }

  @Test
  void anExceptionIsNamedWithoutItsMessage() {
    faults.add(Fault.Kind.CALL, "push", new CompletionException(new IOException("secret")));
    faults.add(
        Fault.Kind.REQUEST,
        "pull",
        new IllegalStateException("secret", new SQLException("secret", "57014")));
    faults.add(Fault.Kind.REQUEST, "push", new SQLException("secret"));
    assertThat(faults.latestFirst())
        .extracting(Fault::error)
        .containsExactly("no SQLSTATE", "SQLSTATE 57014", "IOException");
    assertThat(faults.latestFirst().toString()).doesNotContain("secret");
  }

  /** The exception of a connection pool has no SQLSTATE. */
  @Test
  void theErrorOfThePoolIsNamedByItsCause() {
    faults.add(
        Fault.Kind.REQUEST, "push", new SQLException("pool", new SQLException("full", "53300")));
    assertThat(faults.latestFirst()).extracting(Fault::error).containsExactly("SQLSTATE 53300");
  }

  @Test
  void theOldestGivesWay() {
    for (int i = 0; i <= RecentFaults.KEPT; i++) {
      faults.add(Fault.Kind.DATABASE, "work " + i, "SQLSTATE 08006");
    }
    assertThat(faults.latestFirst())
        .hasSize(RecentFaults.KEPT)
        .extracting(Fault::what)
        .startsWith("work " + RecentFaults.KEPT)
        .endsWith("work 1");
  }
}
