package dev.betterbase.sync.launcher.admin;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that only has subcommands. */
abstract class Group implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "expected a command after " + spec.qualifiedName() + ": " + commands());
  }

  private String commands() {
    return String.join(", ", spec.subcommands().keySet());
  }
}
