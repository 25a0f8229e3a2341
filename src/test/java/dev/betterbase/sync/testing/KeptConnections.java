package dev.betterbase.sync.testing;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A database whose closed connections are kept for whoever connects next, because a new session
 * takes PostgreSQL thirty times as long as a short statement. A borrower finds the session as a new
 * one: no transaction, lock, setting or temporary table of an earlier borrower is left.
 */
final class KeptConnections extends PGSimpleDataSource {
  private static final long serialVersionUID = 1L;

  /** Of all databases of this JVM together. */
  private static final int MOST = 30;

  /** The newest first. */
  private static final Deque<Kept> IDLE = new ArrayDeque<>();

  private record Kept(String url, Connection session) {}

  KeptConnections(TestPostgres.Database database) {
    setUrl(database.jdbcUrl());
  }

  @Override
  public Connection getConnection() throws SQLException {
    // It has all properties of this source, some of which a test may have changed meanwhile.
    String url = getUrl();
    for (Optional<Kept> kept = take(url); kept.isPresent(); kept = take(url)) {
      if (kept.get().session().isValid(10)) {
        return lend(kept.get());
      }
      // A test has ended the session in PostgreSQL.
      kept.get().session().close();
    }
    return lend(new Kept(url, super.getConnection()));
  }

  private static Optional<Kept> take(String url) {
    synchronized (IDLE) {
      for (Iterator<Kept> all = IDLE.iterator(); all.hasNext(); ) {
        Kept each = all.next();
        if (each.url().equals(url)) {
          all.remove();
          return Optional.of(each);
        }
      }
      return Optional.empty();
    }
  }

  private static void keep(Kept returned) throws SQLException {
    Kept oldest;
    synchronized (IDLE) {
      IDLE.addFirst(returned);
      oldest = IDLE.size() > MOST ? IDLE.removeLast() : null;
    }
    if (oldest != null) {
      oldest.session().close();
    }
  }

  /** Ends the sessions that are kept for this source. */
  void endSessions() throws SQLException {
    String url = getUrl();
    for (Optional<Kept> kept = take(url); kept.isPresent(); kept = take(url)) {
      kept.get().session().close();
    }
  }

  private static Connection lend(Kept kept) {
    return (Connection)
        Proxy.newProxyInstance(
            KeptConnections.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            new Borrowed(kept));
  }

  /** A connection from when it is lent until it is closed. */
  private static final class Borrowed implements InvocationHandler {
    private final Kept kept;
    private final AtomicBoolean closed = new AtomicBoolean();

    Borrowed(Kept kept) {
      this.kept = kept;
    }

    @Override
    public @Nullable Object invoke(
        Object proxy, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
      switch (method.getName()) {
        case "equals" -> {
          return arguments != null && proxy == arguments[0];
        }
        case "hashCode" -> {
          return System.identityHashCode(proxy);
        }
        case "isClosed" -> {
          return closed.get() || kept.session().isClosed();
        }
        case "close" -> {
          if (!closed.getAndSet(true)) {
            giveBack();
          }
          return null;
        }
        default -> {
          if (closed.get()) {
            throw new SQLException("The connection is closed", "08003");
          }
        }
      }
      try {
        return method.invoke(kept.session(), arguments);
      } catch (InvocationTargetException failure) {
        throw failure.getCause();
      }
    }

    private void giveBack() throws SQLException {
      Connection session = kept.session();
      if (session.isClosed()) {
        return;
      }
      try (Statement statement = session.createStatement()) {
        if (!session.getAutoCommit()) {
          session.rollback();
          session.setAutoCommit(true);
        }
        session.setReadOnly(false);
        session.setNetworkTimeout(Runnable::run, 0);
        session.clearWarnings();
        statement.execute("discard all");
      } catch (SQLException broken) {
        session.close();
        return;
      }
      keep(kept);
    }
  }
}
