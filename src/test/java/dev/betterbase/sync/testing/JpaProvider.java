package dev.betterbase.sync.testing;

import dev.betterbase.sync.storage.Entities;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.spi.PersistenceProvider;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.sql.DataSource;
import org.hibernate.jpa.HibernatePersistenceProvider;

/**
 * The persistence providers of the servers that the WAR deploys to, in those servers' versions:
 * what holds with one holds with the other.
 */
public enum JpaProvider {
  /** The provider of Payara. */
  ECLIPSELINK,
  /** The provider of WildFly. */
  HIBERNATE;

  private static final Map<Unit, EntityManagerFactory> FACTORIES = new ConcurrentHashMap<>();

  private record Unit(JpaProvider provider, DataSource database) {}

  /** The entity classes of the server. */
  public static List<Class<?>> entityClasses() {
    return TestPersistenceUnit.entities();
  }

  /** The entities of a database. */
  public Entities entities(DataSource database) {
    return new InOwnTransactions(factory(database));
  }

  /** The entity managers of a database. */
  public EntityManagerFactory factory(DataSource database) {
    return FACTORIES.computeIfAbsent(
        new Unit(this, database), unit -> create(unit.database(), Map.of()));
  }

  /** Starts the provider, with settings of its own. */
  public EntityManagerFactory create(DataSource database, Map<String, String> settings) {
    var all =
        new HashMap<String, String>(
            Map.of(
                "eclipselink.weaving",
                "false",
                "eclipselink.logging.level",
                "OFF",
                // Otherwise a second unit would be the first one, with its database.
                "eclipselink.session-name",
                UUID.randomUUID().toString()));
    all.putAll(settings);
    PersistenceProvider provider =
        switch (this) {
          case ECLIPSELINK -> new org.eclipse.persistence.jpa.PersistenceProvider();
          case HIBERNATE -> new HibernatePersistenceProvider();
        };
    return provider.createContainerEntityManagerFactory(
        new TestPersistenceUnit(database, provider.getClass().getName()), all);
  }

  /**
   * Stands in for the container, which begins and commits a transaction around a store's method.
   */
  private static final class InOwnTransactions extends Entities {
    private final EntityManagerFactory factory;

    InOwnTransactions(EntityManagerFactory factory) {
      this.factory = factory;
    }

    @Override
    public <T> T run(String what, Function<Session, T> work) {
      try (EntityManager manager = factory.createEntityManager()) {
        return run(
            manager,
            Duration.ofSeconds(30),
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
  }
}
