package dev.betterbase.sync.launcher;

import picocli.CommandLine.Command;

/** Brings the schema up to date. */
@Command(name = "migrate", description = "Brings the database's schema up to date and exits.")
final class MigrateCommand implements Runnable {
  @Override
  public void run() {}
}
