package dev.betterbase.sync.launcher.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.Relay;
import dev.betterbase.sync.testing.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A move that hangs ends by itself (docs/scaling.md, Shards). Each test would wait for as long as
 * JUnit lets it if the limit that it is about were missing.
 */
@DatabaseTest
class SpaceMoveLimitsIT {
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SILENCE = Duration.ofMinutes(30);
  private static final Duration SHORT = Duration.ofSeconds(1);

  private final SpaceId space = new SpaceId(UUID.randomUUID());
  private final DataSource first = Databases.migrated();
  private final DataSource second = Databases.migrated();
  private final List<DataSource> databases = List.of(first, second);

  @BeforeEach
  void fill() {
    Databases.execute(
        first,
        """
        insert into spaces (id, client_id, cursor) values ('%1$s', 'app', 1);
        insert into records (space_id, id, cursor, blob, wrapped_dek)
          values ('%1$s', '%1$s', 1, '\\x0102', decode(repeat('00', 44), 'hex'));
        """
            .formatted(space.value()));
  }

  private static MoveLimits fenced(Duration limit) {
    return new MoveLimits(LONG, limit, LONG, LONG, SILENCE);
  }

  /** What every writer of the space does. */
  private void write() {
    Databases.execute(
        first, "update spaces set updated_at = now() where id = '%s'".formatted(space.value()));
  }

  private void assertIsInFirstAndCanMove() {
    String here = "select count(*) from spaces where elsewhere is null and id = '%s'";
    assertThat(Databases.value(first, here.formatted(space.value()))).isEqualTo("1");
    assertThat(Databases.value(second, here.formatted(space.value()))).isEqualTo("0");
    MoveResult moved = MoveResult.of(databases, space, 2);
    assertThat(moved.rows()).isEqualTo(1);
    assertThat(moved.cleared()).isTrue();
  }

  @Test
  void aCommandThatHangsWhileWritersWaitLetsThemGoOn() throws SQLException {
    try (SpaceMove move = new SpaceMove(databases, space, 2, fenced(SHORT))) {
      assertThat(move.begin()).isTrue();
      move.copy();
      assertThat(move.fence()).isEqualTo(1);
      write();
      assertThatThrownBy(move::leave).isInstanceOf(SQLException.class);
    }
    assertIsInFirstAndCanMove();
  }

  @Test
  void aNewDatabaseThatIsSlowWhileWritersWaitEndsTheMove() throws SQLException {
    try (SpaceMove move = new SpaceMove(databases, space, 2, fenced(SHORT))) {
      assertThat(move.begin()).isTrue();
      move.copy();
      write();
      Databases.execute(
          second,
          """
          create function hang() returns trigger language plpgsql
            as 'begin perform pg_sleep(3600); return new; end';
          create trigger hang before update on spaces for each row execute function hang();
          """);
      assertThatThrownBy(move::fence)
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("statement timeout");
      write();
    }
    Databases.execute(second, "drop function hang cascade");
    assertIsInFirstAndCanMove();
  }

  @Test
  void aDatabaseThatFallsSilentEndsTheMove() throws SQLException {
    MoveLimits limits = new MoveLimits(LONG, LONG, LONG, LONG, SHORT);
    PGSimpleDataSource relayed = new PGSimpleDataSource();
    try (Relay relay = Relay.to(TestPostgres.shared().port())) {
      relayed.setUrl(
          ((PGSimpleDataSource) second)
              .getUrl()
              .replace(":" + TestPostgres.shared().port(), ":" + relay.port()));
      relayed.setUser("postgres");
      relayed.setPassword("postgres");
      try (SpaceMove move = new SpaceMove(List.of(first, relayed), space, 2, limits)) {
        assertThat(move.begin()).isTrue();
        relay.silence();
        assertThatThrownBy(move::copy).isInstanceOf(SQLException.class);
      }
    }
    assertIsInFirstAndCanMove();
  }

  @Test
  void rowsThatALongTransactionMayReadStayAndAreRemovedByTheNextMove() throws SQLException {
    MoveLimits limits = new MoveLimits(LONG, LONG, LONG, SHORT, SILENCE);
    String rows = "select count(*) from records where space_id = '%s'".formatted(space.value());
    try (Connection reading = first.getConnection();
        Statement statement = reading.createStatement();
        SpaceMove move = new SpaceMove(databases, space, 2, limits)) {
      assertThat(move.begin()).isTrue();
      move.copy();
      reading.setAutoCommit(false);
      statement.execute("select 1 from spaces");
      assertThat(move.fence()).isEqualTo(1);
      move.leave();
      Duration unused = move.arrive();
      assertThat(move.clear()).isFalse();
      assertThat(Databases.value(first, rows)).isEqualTo("1");
    }
    assertThat(Databases.value(second, rows)).isEqualTo("1");
    MoveResult cleared = MoveResult.of(databases, space, 2);
    assertThat(cleared.from()).isEqualTo(2);
    assertThat(Databases.value(first, rows)).isEqualTo("0");
  }
}
