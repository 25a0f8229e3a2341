package dev.betterbase.sync.testing;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A PostgreSQL and its synchronous standby, on loopback. */
public final class StandbyPair implements AutoCloseable {
  private static final String NAME = "sync";

  private final DistributionPostgres primary;
  private final DistributionPostgres standby;

  private StandbyPair(DistributionPostgres primary, DistributionPostgres standby) {
    this.primary = primary;
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

  /** A DATABASE_URL that names both, and asks for the one that can be written. */
  public String url() {
    return "postgres://postgres@127.0.0.1:"
        + primary.port()
        + ",127.0.0.1:"
        + standby.port()
        + "/"
        + NAME
        + "?targetServerType=primary";
  }

  /** Kills the primary (SIGKILL). */
  public void killPrimary() {
    primary.kill();
  }

  /** Makes the standby a primary, which waits for no standby. */
  public void promoteStandby() throws IOException {
    standby.promote();
  }

  @Override
  public void close() {
    standby.close();
    primary.close();
  }
}
