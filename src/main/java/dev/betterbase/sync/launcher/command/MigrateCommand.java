package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.Environment;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.AtExit;
import dev.betterbase.sync.launcher.postgres.DataFolder;
import dev.betterbase.sync.launcher.postgres.EmbeddedPostgres;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.SchemaReport;
import dev.betterbase.sync.settings.DatabaseSettings;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code migrate}: the schema, brought up to date while no server of this process runs. */
@Command(
    name = "migrate",
    description =
        "Brings the database's schema up to date and exits. A server does the same when it starts.")
final class MigrateCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = "--check",
      description = "Changes nothing: says what would be done, and which rows break a constraint.")
  private boolean check;

  @Override
  public void run() {
    DatabaseSettings settings = DatabaseSettings.read(Environment.settings());
    PostgresAccess database =
        settings.url().map(PostgresAccess::of).orElseGet(() -> embedded(settings));
    SchemaMigration migration = new SchemaMigration(database.dataSource(settings.connectTimeout()));
    try {
      SchemaReport report = check ? migration.check() : migration.migrate();
      PrintWriter out = spec.commandLine().getOut();
      report.lines().forEach(out::println);
      out.flush();
    } catch (SchemaMigrationException e) {
      throw new StartRefused(String.valueOf(e.getMessage()), e);
    }
  }

  private static PostgresAccess embedded(DatabaseSettings settings) {
    EmbeddedPostgres postgres =
        EmbeddedPostgres.start(DataFolder.open(Path.of("data")), settings.poolSize());
    AtExit.add(postgres::close);
    return postgres.access();
  }
}
