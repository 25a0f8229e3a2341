package dev.betterbase.sync.space;

import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.SharedCacheMode;
import jakarta.persistence.ValidationMode;
import jakarta.persistence.spi.ClassTransformer;
import jakarta.persistence.spi.PersistenceUnitInfo;
import jakarta.persistence.spi.PersistenceUnitTransactionType;
import java.net.URL;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import javax.sql.DataSource;
import org.eclipse.persistence.jpa.PersistenceProvider;
import org.jspecify.annotations.NullUnmarked;

/** The persistence unit of the server on a datasource of one's own, without a container. */
@NullUnmarked
record TestPersistenceUnit(DataSource database) implements PersistenceUnitInfo {

  static EntityManagerFactory factory(DataSource database) {
    return new PersistenceProvider()
        .createContainerEntityManagerFactory(
            new TestPersistenceUnit(database),
            Map.of(
                "eclipselink.weaving",
                "false",
                "eclipselink.logging.level",
                "OFF",
                // Else a second unit would be the first one, with its database.
                "eclipselink.session-name",
                UUID.randomUUID().toString()));
  }

  @Override
  public String getPersistenceUnitName() {
    return "betterbase-sync";
  }

  @Override
  public String getPersistenceProviderClassName() {
    return PersistenceProvider.class.getName();
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
    return SpaceEntity.class.getProtectionDomain().getCodeSource().getLocation();
  }

  @Override
  public List<String> getManagedClassNames() {
    return List.of(SpaceEntity.class.getName());
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
    Properties properties = new Properties();
    properties.setProperty("jakarta.persistence.query.timeout", "30000");
    return properties;
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
    throw new UnsupportedOperationException("entities are not woven here");
  }

  @Override
  public ClassLoader getNewTempClassLoader() {
    return new ClassLoader(getClassLoader()) {};
  }
}
