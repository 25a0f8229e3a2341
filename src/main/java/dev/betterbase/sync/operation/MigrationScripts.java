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
 * The migrations, listed by name. Flyway's own search of the class path does not work in the class
 * loader of every application server (on WildFly it needs one more library).
 */
final class MigrationScripts implements ResourceProvider {
  private static final String FOLDER = "/db/migration/";

  private static final List<Script> SCRIPTS =
      List.of(
          new Script("V1__earlier_release.sql"),
          new Script("V2__additions.sql"),
          new Script("V3__database_origin.sql"),
          new Script("V4__peer_signatures.sql"),
          new Script("R__dek.sql"),
          new Script("R__epoch.sql"),
          new Script("R__file.sql"),
          new Script("R__invitation.sql"),
          new Script("R__membership.sql"),
          new Script("R__pull.sql"),
          new Script("R__push.sql"),
          new Script("R__rate_limit.sql"),
          new Script("R__restored.sql"),
          new Script("R__revocation.sql"),
          new Script("R__signing_key.sql"),
          new Script("R__space_access.sql"));

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
