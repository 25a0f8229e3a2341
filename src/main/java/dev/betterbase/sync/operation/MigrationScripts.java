package dev.betterbase.sync.operation;

import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * The migrations, each by its name: Flyway's own search of the class path does not work in the
 * class loaders of every server (WildFly's needs a library for it).
 */
final class MigrationScripts implements ResourceProvider {
  private static final String FOLDER = "/db/migration/";

  private static final List<Script> SCRIPTS =
      List.of(
          new Script("V1__earlier_release.sql"),
          new Script("V2__keys_and_constraints.sql"),
          new Script("V3__functions.sql"),
          new Script("V4__shared_spaces.sql"),
          new Script("V6__files.sql"),
          new Script("V7__federation.sql"),
          new Script("V8__lean_push.sql"),
          new Script("V9__rewrap_by_place.sql"),
          new Script("V10__pull_at_once.sql"),
          new Script("V11__lean_pull.sql"));

  @Override
  public @Nullable LoadableResource getResource(String name) {
    return SCRIPTS.stream()
        .filter(script -> script.getFilename().equals(name))
        .findFirst()
        .orElse(null);
  }

  @Override
  public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
    return SCRIPTS.stream()
        .filter(script -> script.getFilename().startsWith(prefix))
        .filter(script -> Arrays.stream(suffixes).anyMatch(script.getFilename()::endsWith))
        .map(LoadableResource.class::cast)
        .toList();
  }

  private static final class Script extends LoadableResource {
    private final String name;

    Script(String name) {
      this.name = name;
    }

    @Override
    public Reader read() {
      InputStream content = MigrationScripts.class.getResourceAsStream(FOLDER + name);
      if (content == null) {
        throw new IllegalStateException("this build lacks " + FOLDER + name);
      }
      return new InputStreamReader(content, StandardCharsets.UTF_8);
    }

    @Override
    public String getAbsolutePath() {
      return FOLDER + name;
    }

    @Override
    public String getAbsolutePathOnDisk() {
      return FOLDER + name;
    }

    @Override
    public String getFilename() {
      return name;
    }

    @Override
    public String getRelativePath() {
      return name;
    }
  }
}
