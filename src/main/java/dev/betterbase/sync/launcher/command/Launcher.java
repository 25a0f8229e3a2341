package dev.betterbase.sync.launcher.command;

import dev.betterbase.sync.launcher.Build;
import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.admin.AdminCommand;
import dev.betterbase.sync.launcher.backup.BackupCommand;
import dev.betterbase.sync.launcher.backup.RestoreCommand;
import dev.betterbase.sync.launcher.boot.Program;
import dev.betterbase.sync.launcher.check.CheckCommand;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.FileNames;
import dev.betterbase.sync.settings.InvalidSetting;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ScopeType;

/** The command line of the uber-jar. Without a command, it runs {@code serve}. */
@Command(
    name = "betterbase-sync",
    description =
        "Encrypted sync server for local-first apps. Its settings are environment variables.",
    versionProvider = Launcher.Version.class,
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT)
public final class Launcher implements Runnable {
  private static final int REFUSED = 1;

  /** The exit code that a shell gives for a program that SIGPIPE ended. */
  private static final int NOBODY_READS = 128 + 13;

  /** The bits of a file's mode that say what it is, and those of a pipe. */
  private static final int KIND = 0170000;

  private static final int PIPE = 0010000;

  private final ServeCommand serve;

  private Launcher(ServeCommand serve) {
    this.serve = serve;
  }

  /**
   * Runs a command until it ends. {@code Bootstrap} calls this method by reflection.
   *
   * @return the exit code of the process: 0 success, 1 failure, 2 wrong command line, 3 a backup
   *     that is not complete, 141 if the reader of the output went away
   */
  public static int run(Program program, String... arguments) {
    Function<String, @Nullable String> settings = Environment.settings();
    // Reading the annotations of all commands would take a thirtieth of a start.
    boolean serves = arguments.length == 0 || arguments[0].equals("serve");
    CommandLine commands = serves ? serveOnly(program, settings) : commandLine(program, settings);
    if (Stream.of(arguments).anyMatch(FileNames::isTextMisread)) {
      // It would be another folder, or another person.
      return refuse(commands, "an argument " + FileNames.MISREAD);
    }
    int exitCode = commands.execute(arguments);
    // A reader must not take half of the output for all of it.
    if (exitCode == ExitCode.OK && System.out.checkError()) {
      return isOutputAPipe() ? NOBODY_READS : refuse(commands, "the output could not be written");
    }
    return exitCode;
  }

  /**
   * Whether the output goes to another program. If it cannot be written then, that program has
   * ended, as {@code head} does when it has read enough, and nobody has to be told.
   */
  private static boolean isOutputAPipe() {
    try {
      return ((Integer) Files.getAttribute(Path.of("/dev/stdout"), "unix:mode") & KIND) == PIPE;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
      return false;
    }
  }

  /**
   * All commands.
   *
   * @param settings gives the value of a setting; null if it is not set
   */
  static CommandLine commandLine(Program program, Function<String, @Nullable String> settings) {
    Function<PrintWriter, SecurityLog> log = CommandLog.of(settings);
    return serveOnly(program, settings)
        .addSubcommand(new ConfigCommand(settings, () -> System.getenv().keySet()))
        .addSubcommand(new MigrateCommand(settings))
        .addSubcommand(new BackupCommand(settings, CommandDatabase::connectBesideServer, log))
        .addSubcommand(new RestoreCommand(settings, CommandDatabase::connect, log))
        .addSubcommand(new RestoredCommand(settings, log))
        .addSubcommand(AdminCommand.of(settings, CommandDatabase::connectBesideServer, log))
        .addSubcommand(new FederationKeygenCommand(settings, log))
        .addSubcommand(new SecretsRotateCommand(settings, log))
        .addSubcommand(new CheckCommand())
        .addSubcommand(new AotCacheCommand(program))
        // The name of a person may begin with @, as the name of a file would.
        .setExpandAtFiles(false)
        // For the commands added since as well.
        .setExecutionExceptionHandler(Launcher::report);
  }

  private static CommandLine serveOnly(
      Program program, Function<String, @Nullable String> settings) {
    ServeCommand serve = new ServeCommand(program, settings);
    return new CommandLine(new Launcher(serve))
        .addSubcommand(serve)
        .setExpandAtFiles(false)
        .setExecutionExceptionHandler(Launcher::report);
  }

  /** The name and version of this build: {@code betterbase-sync 1.0.0}. */
  static String version() {
    return "betterbase-sync " + Build.property("version");
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {version()};
    }
  }

  @Override
  public void run() {
    serve.run();
  }

  /** Prints the message of an expected failure; any other failure keeps its stack trace. */
  private static int report(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult arguments)
      throws Exception {
    if (failure instanceof InvalidSetting || failure instanceof StartRefused) {
      return refuse(commandLine, String.valueOf(failure.getMessage()));
    }
    throw failure;
  }

  private static int refuse(CommandLine commandLine, String reason) {
    PrintWriter err = commandLine.getErr();
    err.println("betterbase-sync: " + reason);
    err.flush();
    return REFUSED;
  }
}
