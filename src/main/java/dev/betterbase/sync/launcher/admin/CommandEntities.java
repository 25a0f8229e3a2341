package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.storage.Entities;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.spi.PersistenceProvider;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * The persistence unit of the server in a command: with the persistence provider of Payara, but
 * without a container. Each piece of work is a transaction of its own.
 */
final class CommandEntities extends Entities implements AutoCloseable {
  /** By name: the provider comes from the libraries of the server. */
  private static final String PROVIDER = "org.eclipse.persistence.jpa.PersistenceProvider";

  private static final String UNIT = "betterbase-sync";

  /** Long, because a command may read whole tables. */
  private static final Duration STATEMENT_LIMIT = Duration.ofHours(1);

  private final EntityManagerFactory factory;

  private CommandEntities(EntityManagerFactory factory) {
    this.factory = factory;
  }

  /** Opens the entities of a database. */
  static CommandEntities of(DataSource database) {
    ClassLoader loader = CommandEntities.class.getClassLoader();
    try {
      PersistenceProvider provider =
          Class.forName(PROVIDER, true, loader)
              .asSubclass(PersistenceProvider.class)
              .getDeclaredConstructor()
              .newInstance();
      EntityManagerFactory factory =
          provider.createEntityManagerFactory(
              UNIT,
              Map.of(
                  "jakarta.persistence.transactionType",
                  "RESOURCE_LOCAL",
                  "jakarta.persistence.nonJtaDataSource",
                  database,
                  "eclipselink.classloader",
                  loader,
                  // Otherwise a second database of this process would be the first one.
                  "eclipselink.session-name",
                  UNIT + System.identityHashCode(database),
                  "jakarta.persistence.validation.mode",
                  "NONE",
                  "eclipselink.weaving",
                  "false",
                  "eclipselink.logging.level",
                  "OFF"));
      if (factory == null) {
        throw new IllegalStateException("no persistence unit " + UNIT);
      }
      return new CommandEntities(factory);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no persistence provider", e);
    }
  }

  @Override
  public <T> T run(String what, Function<Session, T> work) {
    try (EntityManager manager = factory.createEntityManager()) {
      return run(
          manager,
          STATEMENT_LIMIT,
          what,
          session -> {
            manager.getTransaction().begin();
            try {
              T result = work.apply(session);
              manager.getTransaction().commit();
              return result;
            } finally {
              if (manager.getTransaction().isActive()) {
                manager.getTransaction().rollback();
              }
            }
          });
    }
  }

  @Override
  public void close() {
    factory.close();
  }
}
