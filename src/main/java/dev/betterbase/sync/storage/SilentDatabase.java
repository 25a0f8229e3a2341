package dev.betterbase.sync.storage;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Notices that the machine of the database no longer answers, for example because it has lost its
 * power. No connection ends then, and a statement would wait until its time-out is over. If the
 * datasource names several hosts, there is another one to go to. So this job asks once a second on
 * a connection of its own, and ends all connections of the pool after {@link #SILENCE}. With a
 * single host it does nothing.
 */
@ApplicationScoped
public class SilentDatabase implements PeriodicJob {
  private static final Logger LOG = System.getLogger(SilentDatabase.class.getName());

  /** Far more than an empty statement takes on a database that is merely busy. */
  private static final Duration SILENCE = Duration.ofSeconds(4);

  @Inject private Database database;

  /** Unknown until the first round that had a connection. */
  private @Nullable Boolean severalHosts;

  private @Nullable Connection asking;

  @Override
  public String name() {
    return "silent_database";
  }

  @Override
  public Duration pause() {
    return Duration.ofSeconds(1);
  }

  @Override
  public synchronized void round() {
    if (Boolean.FALSE.equals(severalHosts)) {
      return;
    }
    Connection connection = asking;
    if (connection == null) {
      asking = connect();
      return;
    }
    long begun = System.nanoTime();
    if (answers(connection)) {
      return;
    }
    // The driver's time-out may end a little early. A connection that is closed fails at once.
    if (System.nanoTime() - begun > SILENCE.toNanos() / 2) {
      LOG.log(
          Level.WARNING,
          "The database has not answered for {0} s. All connections are replaced.",
          SILENCE.toSeconds());
      database.abandonConnections();
    }
    // Last, because the pool may then try to open another connection.
    close();
  }

  /** A connection to ask on; null if there is none, or nothing to ask for. */
  private @Nullable Connection connect() {
    try {
      Connection connection = database.connection();
      boolean several = hosts(connection.getMetaData().getURL()).contains(",");
      severalHosts = several;
      if (several) {
        return connection;
      }
      connection.close();
    } catch (SQLException unavailable) {
      LOG.log(Level.DEBUG, "No connection to ask on", unavailable);
    }
    return null;
  }

  /** The part of the URL between {@code //} and the next slash. */
  private static String hosts(String url) {
    int begin = url.indexOf("//") + 2;
    int end = url.indexOf('/', begin);
    return url.substring(begin, end < 0 ? url.length() : end);
  }

  private static boolean answers(Connection connection) {
    try {
      return connection.isValid(Math.toIntExact(SILENCE.toSeconds()));
    } catch (SQLException closed) {
      LOG.log(Level.DEBUG, "The connection to ask on is closed", closed);
      return false;
    }
  }

  /** Gives the connection back. */
  @PreDestroy
  synchronized void close() {
    Connection connection = asking;
    asking = null;
    if (connection == null) {
      return;
    }
    try (connection) {
      connection.abort(Runnable::run);
    } catch (SQLException closed) {
      LOG.log(Level.DEBUG, "The connection to ask on was closed", closed);
    }
  }
}
