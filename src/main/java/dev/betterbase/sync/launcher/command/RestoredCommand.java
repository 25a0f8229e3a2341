package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.operation.RestoredDatabase;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.DatabaseSettings;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code restored}: prepares a database that was restored from a backup for its clients. */
@Command(
    name = "restored",
    description =
        "Run it once after the database was restored from a backup, before the servers start."
            + " Gives all data new cursors, so that every client pulls everything and misses"
            + " nothing.")
final class RestoredCommand implements Runnable {
  private final Function<String, @Nullable String> source;
  private final Function<PrintWriter, SecurityLog> log;

  @Spec private CommandSpec spec;

  @Option(
      names = "--complete",
      description =
          "The backup lacks nothing, because all servers were stopped before it was made. Keeps the"
              + " cursors; only ends the warning at start.")
  private boolean complete;

  /**
   * @param source gives the value of a setting
   * @param log opens the security log
   */
  RestoredCommand(
      Function<String, @Nullable String> source, Function<PrintWriter, SecurityLog> log) {
    this.source = source;
    this.log = log;
  }

  @Override
  public void run() {
    SecurityLog security = log.apply(spec.commandLine().getErr());
    DatabaseSettings settings = DatabaseSettings.read(source);
    List<PostgresAccess> databases = CommandDatabase.connectAll(settings);
    PrintWriter out = spec.commandLine().getOut();
    List<RestoredDatabase> restored = new ArrayList<>();
    for (PostgresAccess each : databases) {
      DataSource database = each.dataSource(settings.connectTimeout());
      CommandDatabase.migrate(database, restored.size() + 1, databases.size());
      restored.add(new RestoredDatabase(database));
    }
    try {
      if (complete) {
        for (RestoredDatabase each : restored) {
          each.confirm();
        }
        out.println("Kept the cursors.");
        security.adminAct("restored: the cursors were kept");
      } else {
        long spaces = 0;
        for (RestoredDatabase each : restored) {
          spaces += each.renumber();
        }
        out.println("Gave new cursors to the data of all spaces (" + spaces + ").");
        security.adminAct("restored: gave new cursors to the data of all spaces (" + spaces + ")");
      }
      out.flush();
    } catch (SQLException e) {
      throw StartRefused.because("the cursors could not be changed", e);
    }
  }
}
