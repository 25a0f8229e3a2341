package dev.betterbase.sync.testing;

import dev.betterbase.sync.storage.Entities;
import jakarta.persistence.Entity;
import jakarta.persistence.SharedCacheMode;
import jakarta.persistence.ValidationMode;
import jakarta.persistence.spi.ClassTransformer;
import jakarta.persistence.spi.PersistenceUnitInfo;
import jakarta.persistence.spi.PersistenceUnitTransactionType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;

/**
 * The persistence unit of the server, with all its entities, on a datasource of a test: without a
 * container, so with transactions of its own.
 */
@NullUnmarked
record TestPersistenceUnit(DataSource database, String provider) implements PersistenceUnitInfo {
  private static final List<Class<?>> ENTITIES = findEntities();

  /** All entities of the server. */
  static List<Class<?>> entities() {
    return ENTITIES;
  }

  private static List<Class<?>> findEntities() {
    try {
      Path classes = Path.of(root().toURI());
      try (Stream<Path> files = Files.walk(classes)) {
        return files
            .map(file -> classes.relativize(file).toString())
            .filter(name -> name.endsWith("Entity.class"))
            .map(name -> name.replace(".class", "").replace('/', '.'))
            .sorted()
            .<Class<?>>map(TestPersistenceUnit::load)
            .filter(type -> type.isAnnotationPresent(Entity.class))
            .toList();
      }
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static URL root() {
    return Entities.class.getProtectionDomain().getCodeSource().getLocation();
  }

  @Override
  public String getPersistenceUnitName() {
    return "betterbase-sync";
  }

  @Override
  public String getPersistenceProviderClassName() {
    return provider;
  }

  @Override
  public PersistenceUnitTransactionType getTransactionType() {
    return PersistenceUnitTransactionType.RESOURCE_LOCAL;
  }

  @Override
  public DataSource getJtaDataSource() {
    return null;
  }

  @Override
  public DataSource getNonJtaDataSource() {
    return database;
  }

  @Override
  public List<String> getMappingFileNames() {
    return List.of();
  }

  @Override
  public List<URL> getJarFileUrls() {
    return List.of();
  }

  @Override
  public URL getPersistenceUnitRootUrl() {
    return root();
  }

  @Override
  public List<String> getManagedClassNames() {
    return ENTITIES.stream().<String>map(Class::getName).toList();
  }

  @Override
  public boolean excludeUnlistedClasses() {
    return true;
  }

  @Override
  public SharedCacheMode getSharedCacheMode() {
    return SharedCacheMode.NONE;
  }

  @Override
  public ValidationMode getValidationMode() {
    return ValidationMode.NONE;
  }

  @Override
  public Properties getProperties() {
    return new Properties();
  }

  @Override
  public String getPersistenceXMLSchemaVersion() {
    return "3.0";
  }

  @Override
  public ClassLoader getClassLoader() {
    return TestPersistenceUnit.class.getClassLoader();
  }

  @Override
  public void addTransformer(ClassTransformer transformer) {
    // Entities are not woven here.
  }

  @Override
  public ClassLoader getNewTempClassLoader() {
    return new ClassLoader(getClassLoader()) {};
  }
}
