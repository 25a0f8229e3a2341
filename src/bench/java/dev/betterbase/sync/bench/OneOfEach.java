package dev.betterbase.sync.bench;

import jakarta.ejb.EJB;
import jakarta.ejb.Stateless;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Id;
import jakarta.persistence.PersistenceContext;
import jakarta.websocket.OnMessage;
import jakarta.websocket.server.ServerEndpoint;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Application;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * The smallest application with one of each kind of thing that the server is made of: a JAX-RS
 * resource, a CDI bean, a stateless EJB, a JPA entity on a pooled datasource, a WebSocket endpoint
 * and a health check. It has no library and does nothing. Its start is what the container takes for
 * these, however little code an application has.
 */
final class OneOfEach {
  private static final List<Class<?>> CLASSES =
      List.of(
          OneOfEach.class,
          Routes.class,
          Resource.class,
          Bean.class,
          Store.class,
          Item.class,
          Endpoint.class,
          Live.class);

  private static final String PERSISTENCE =
      """
      <persistence xmlns="https://jakarta.ee/xml/ns/persistence" version="3.0">
        <persistence-unit name="one" transaction-type="JTA">
          <jta-data-source>java:comp/DefaultDataSource</jta-data-source>
          <class>%s</class>
          <exclude-unlisted-classes>true</exclude-unlisted-classes>
          <properties>
            <property name="jakarta.persistence.schema-generation.database.action" value="create"/>
          </properties>
        </persistence-unit>
      </persistence>
      """
          .formatted(Item.class.getName());

  private static final String BEANS =
      """
      <beans xmlns="https://jakarta.ee/xml/ns/jakartaee" version="4.0" \
      bean-discovery-mode="annotated"/>
      """;

  private OneOfEach() {}

  /** Writes the application as a WAR. */
  static void write(java.nio.file.Path war) throws IOException {
    try (var zip = new ZipOutputStream(Files.newOutputStream(war))) {
      put(zip, "WEB-INF/beans.xml", BEANS.getBytes(StandardCharsets.UTF_8));
      put(
          zip,
          "WEB-INF/classes/META-INF/persistence.xml",
          PERSISTENCE.getBytes(StandardCharsets.UTF_8));
      for (Class<?> type : CLASSES) {
        String name = type.getName().replace('.', '/') + ".class";
        try (InputStream in = OneOfEach.class.getResourceAsStream("/" + name)) {
          put(zip, "WEB-INF/classes/" + name, in.readAllBytes());
        }
      }
    }
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(content);
    zip.closeEntry();
  }

  /** JAX-RS at the root of the application. */
  @ApplicationPath("/")
  public static class Routes extends Application {}

  /** Answers through all layers. */
  @Path("/")
  public static class Resource {
    @Inject Bean bean;

    @GET
    public String count() {
      return Long.toString(bean.items());
    }
  }

  /** A CDI bean that uses an EJB. */
  @ApplicationScoped
  public static class Bean {
    @EJB Store store;

    long items() {
      return store.items();
    }
  }

  /** A stateless EJB that uses JPA. */
  @Stateless
  public static class Store {
    @PersistenceContext EntityManager entities;

    public long items() {
      return entities.createQuery("select count(i) from Item i", Long.class).getSingleResult();
    }
  }

  /** A table with one column. */
  @Entity(name = "Item")
  public static class Item {
    @Id String id = "";
  }

  /** Echoes. */
  @ServerEndpoint("/ws")
  public static class Endpoint {
    @OnMessage
    public String echo(String message) {
      return message;
    }
  }

  /** Is up. */
  @Liveness
  @ApplicationScoped
  public static class Live implements HealthCheck {
    @Override
    public HealthCheckResponse call() {
      return HealthCheckResponse.up("one");
    }
  }
}
