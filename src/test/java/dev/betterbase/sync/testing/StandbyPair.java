package dev.betterbase.sync.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A PostgreSQL, reached through a relay, and its synchronous standby, on loopback. */
public final class StandbyPair implements AutoCloseable {
  private static final String NAME = "sync";

  private final DistributionPostgres primary;
  private final Relay relay;
  private final DistributionPostgres standby;

  private StandbyPair(DistributionPostgres primary, DistributionPostgres standby) {
    this.primary = primary;
    this.relay = Relay.to(primary.port());
    this.standby = standby;
  }

  /** Starts both. A transaction that is committed is on both. */
  public static StandbyPair start() {
    DistributionPostgres primary = DistributionPostgres.start();
    try {
      StandbyPair pair = new StandbyPair(primary, primary.standby());
      primary.execute("create database " + NAME);
      primary.execute("alter system set synchronous_standby_names = '*'");
      primary.execute("select pg_reload_conf()");
      return pair;
    } catch (IOException e) {
      primary.close();
      throw new UncheckedIOException(e);
    }
  }

  /** A DATABASE_URL that names both, of which the server takes the one that can be written. */
  public String url() {
    return "postgres://postgres@127.0.0.1:"
        + relay.port()
        + ",127.0.0.1:"
        + standby.port()
        + "/"
        + NAME;
  }

  /** The database of the primary. */
  public TestPostgres.Database primary() {
    return new TestPostgres.Database(relay.port(), NAME);
  }

  /** Connections to the database of the primary, which are not pooled. */
  public DataSource primaryDatabase() {
    return database(relay.port());
  }

  /** Connections to the database of the standby, which are not pooled. */
  public DataSource standbyDatabase() {
    return database(standby.port());
  }

  private static DataSource database(int port) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl("jdbc:postgresql://127.0.0.1:" + port + "/" + NAME + "?user=postgres");
    return source;
  }

  /** The address of the standby, as DATABASE_REPLICAS names it. */
  public String replica() {
    return "127.0.0.1:" + standby.port();
  }

  /** The standby receives what the primary writes, and no longer shows it. */
  public void pauseReplay() {
    standby.execute("select pg_wal_replay_pause()");
    await()
        .until(
            () ->
                "paused"
                    .equals(
                        Databases.value(
                            standbyDatabase(), "select pg_get_wal_replay_pause_state()")));
  }

  /** The standby shows what the primary writes again. */
  public void resumeReplay() {
    standby.execute("select pg_wal_replay_resume()");
  }

  /** Kills the primary (SIGKILL). */
  public void killPrimary() {
    primary.kill();
    relay.cut();
  }

  /** The server hears no more of the primary, as if its machine had lost its power. */
  public void silencePrimary() {
    relay.silence();
  }

  /** Makes the standby a primary, which waits for no standby. */
  public void promoteStandby() throws IOException {
    standby.promote();
  }

  @Override
  public void close() {
    relay.close();
    standby.close();
    primary.close();
  }
}
