package dev.betterbase.sync.launcher.admin;

import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.DatabaseSettings;
import java.io.PrintWriter;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code admin}: looks after what is stored (storage-care.md). */
@Command(
    name = "admin",
    description =
        "Looks after what is stored: spaces, persons, usage, and whether everything fits together."
            + " Servers may run meanwhile.",
    synopsisSubcommandLabel = "COMMAND")
public final class AdminCommand extends Group {
  private AdminCommand() {}

  /**
   * The command with its subcommands.
   *
   * @param source gives the value of a setting
   * @param connect connects to the database, also while a server runs on it
   * @param log opens the security log
   */
  public static CommandLine of(
      Function<String, @Nullable String> source,
      Function<DatabaseSettings, PostgresAccess> connect,
      Function<PrintWriter, SecurityLog> log) {
    AdminDatabase database = new AdminDatabase(source, connect);
    return new CommandLine(new AdminCommand())
        .addSubcommand(new SpacesCommand(database, log))
        .addSubcommand(new PersonCommand(database, log))
        .addSubcommand(new UsageCommand(database))
        .addSubcommand(new DoctorCommand(database, log));
  }
}
