package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.SharingClassLoader;
import dev.betterbase.sync.operation.SchemaReport;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * Migrates the schemas of a server that starts, in a class loader that is then given up. Flyway and
 * the library that it reads its configuration with have a thousand classes, for which the server
 * has no use later.
 */
public final class SchemasAtStart implements BiConsumer<List<DataSource>, Consumer<String>> {
  /** The class loader that is given up makes one. */
  public SchemasAtStart() {}

  /**
   * Migrates the schema of each database.
   *
   * @param databases all databases, in the order of their numbers
   * @param news takes the lines for the operator
   * @throws StartRefused if one cannot be used
   */
  static void migrate(List<DataSource> databases, Consumer<String> news) {
    SharingClassLoader launcher = (SharingClassLoader) SchemasAtStart.class.getClassLoader();
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (SharingClassLoader once =
        launcher.again("migration", Set.of(StartRefused.class.getName()))) {
      thread.setContextClassLoader(once);
      @SuppressWarnings("unchecked") // it is this class, as the other loader has it
      var migration =
          (BiConsumer<List<DataSource>, Consumer<String>>)
              once.loadClass(SchemasAtStart.class.getName()).getConstructor().newInstance();
      migration.accept(databases, news);
    } catch (ReflectiveOperationException | IOException e) {
      throw new IllegalStateException("the classes of the migration cannot be loaded", e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Override
  public void accept(List<DataSource> databases, Consumer<String> news) {
    for (int i = 0; i < databases.size(); i++) {
      SchemaReport report = CommandDatabase.migrate(databases.get(i), i + 1, databases.size());
      if (report.isNews()) {
        report.lines().forEach(news);
      }
    }
  }
}
