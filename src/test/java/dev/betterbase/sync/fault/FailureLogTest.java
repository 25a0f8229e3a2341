package dev.betterbase.sync.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.System.Logger;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FailureLogTest {
  private static final Map<String, String> CONTEXT = Map.of("connection", "7");

  private record Line(Logger.Level level, String text, @Nullable Throwable trace) {}

  private static final class Lines implements Logger {
    final List<Line> all = new ArrayList<>();

    @Override
    public String getName() {
      return "lines";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String text, @Nullable Throwable trace) {
      all.add(new Line(level, text, trace));
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String text, Object... parameters) {
      throw new AssertionError("a text of the driver may contain braces, so it is no pattern");
    }
  }

  private final Lines lines = new Lines();
  private long now;
  private final FailureLog log = new FailureLog(lines, () -> now);

  @Test
  void aDatabaseThatFailsIsOneLineWithoutItsMessage() {
    var cause = new IllegalStateException(new SQLException("Key (id)=(4711) exists {x}", "23505"));
    log.failed("push", cause, CONTEXT);
    log.failed("A request", cause, null);
    assertThat(lines.all)
        .containsExactly(
            new Line(
                Logger.Level.WARNING,
                "push failed: SQLException, SQL state 23505 {connection=7}",
                null),
            new Line(
                Logger.Level.WARNING, "A request failed: SQLException, SQL state 23505", null));
  }

  @Test
  void anythingElseIsAFaultOfTheProgramWithItsStackTrace() {
    var fault = new IllegalStateException();
    log.failed("push", fault, CONTEXT);
    assertThat(lines.all)
        .containsExactly(new Line(Logger.Level.ERROR, "push failed {connection=7}", fault));
  }

  @Test
  void theStorageOfFilesIsQuoted() {
    log.failedOutside("The file storage", new IOException("no space left"), CONTEXT);
    assertThat(lines.all)
        .containsExactly(
            new Line(
                Logger.Level.ERROR,
                "The file storage failed: java.io.IOException: no space left {connection=7}",
                null));
  }

  @Test
  void aFloodOfOneKindIsCountedAndHidesNoOtherKind() {
    var away = new SQLException("refused", "08001");
    for (int i = 0; i < 1_000; i++) {
      log.failed("push", away, CONTEXT);
    }
    assertThat(lines.all).hasSize(FailureLog.LINES_AT_ONCE);
    log.failed("pull", away, CONTEXT);
    log.failed("push", new SQLException("cancelled", "57014"), CONTEXT);
    assertThat(lines.all).hasSize(FailureLog.LINES_AT_ONCE + 2);
    now += TimeUnit.SECONDS.toNanos(1);
    log.failed("push", away, CONTEXT);
    log.failed("push", away, CONTEXT);
    assertThat(lines.all).hasSize(FailureLog.LINES_AT_ONCE + 3);
    assertThat(lines.all.getLast().text())
        .isEqualTo(
            "push failed (and 970 more times before): SQLException, SQL state 08001"
                + " {connection=7}");
  }

  @Test
  void stackTracesAreFewer() {
    for (int i = 0; i < 1_000; i++) {
      log.failed("push", new IllegalStateException(), CONTEXT);
    }
    assertThat(lines.all).hasSize(FailureLog.TRACES_AT_ONCE);
  }
}
