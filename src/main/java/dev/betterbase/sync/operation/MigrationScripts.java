package dev.betterbase.sync.operation;

import java.io.Reader;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * The migrations, listed by name. Flyway's own search of the class path does not work in the class
 * loader of every application server (on WildFly it needs one more library).
 */
final class MigrationScripts implements ResourceProvider {
  private final List<Script> scripts;

  /**
   * @param version the last version; without the functions, unless it is {@link Integer#MAX_VALUE}
   */
  MigrationScripts(int version) {
    scripts =
        MigrationFile.ALL.stream()
            .filter(
                file ->
                    version == Integer.MAX_VALUE
                        || (file.version() > 0 && file.version() <= version))
            .map(Script::new)
            .toList();
  }

  @Override
  public @Nullable LoadableResource getResource(String name) {
    return scripts.stream()
        .filter(script -> script.getFilename().equals(name))
        .findFirst()
        .orElse(null);
  }

  @Override
  public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
    return scripts.stream()
        .filter(script -> script.getFilename().startsWith(prefix))
        .filter(script -> Arrays.stream(suffixes).anyMatch(script.getFilename()::endsWith))
        .map(LoadableResource.class::cast)
        .toList();
  }

  private static final class Script extends LoadableResource {
    private final MigrationFile file;

    Script(MigrationFile file) {
      this.file = file;
    }

    @Override
    public Reader read() {
      return file.read();
    }

    @Override
    public String getAbsolutePath() {
      return file.path();
    }

    @Override
    public String getAbsolutePathOnDisk() {
      return file.path();
    }

    @Override
    public String getFilename() {
      return file.name();
    }

    @Override
    public String getRelativePath() {
      return file.name();
    }
  }
}
