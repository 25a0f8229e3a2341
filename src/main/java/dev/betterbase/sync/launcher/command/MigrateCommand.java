package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.SchemaMigration;
import dev.betterbase.sync.operation.SchemaMigrationException;
import dev.betterbase.sync.operation.SchemaReport;
import dev.betterbase.sync.settings.DatabaseSettings;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code migrate}: migrates the schema of the database without starting a server. */
@Command(
    name = "migrate",
    description =
        "Brings the schema of the database up to date and exits. The server does the same at"
            + " start.")
final class MigrateCommand implements Runnable {
  private final Function<String, @Nullable String> source;

  @Spec private CommandSpec spec;

  @Option(
      names = "--check",
      description =
          "Changes nothing; prints what would be done, and which rows break a constraint.")
  private boolean check;

  /**
   * @param source gives the value of a setting
   */
  MigrateCommand(Function<String, @Nullable String> source) {
    this.source = source;
  }

  @Override
  public void run() {
    DatabaseSettings settings = DatabaseSettings.read(source);
    PrintWriter out = spec.commandLine().getOut();
    List<PostgresAccess> databases = CommandDatabase.connectAll(settings);
    try {
      for (PostgresAccess database : databases) {
        if (databases.size() > 1) {
          out.println(database.shown() + ":");
        }
        SchemaMigration migration =
            new SchemaMigration(database.dataSource(settings.connectTimeout()));
        SchemaReport report = check ? migration.check() : migration.migrate();
        report.lines().forEach(out::println);
        out.flush();
      }
    } catch (SchemaMigrationException e) {
      throw new StartRefused(String.valueOf(e.getMessage()), e);
    }
  }
}
