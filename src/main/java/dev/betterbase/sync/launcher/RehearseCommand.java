package dev.betterbase.sync.launcher;

import dev.betterbase.sync.settings.ListenAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** What {@code aot-cache} runs: a server in development mode, under load for a while. */
@Command(name = RehearseCommand.NAME, hidden = true)
final class RehearseCommand implements Runnable {
  static final String NAME = "rehearse";

  private final ServeCommand serve;

  @Parameters(paramLabel = "<seconds>")
  private int seconds;

  RehearseCommand(Path folder) {
    serve = ServeCommand.forDevelopment(folder);
  }

  @Override
  public void run() {
    ListenAddress address = serve.start();
    try {
      new Rehearsal(URI.create("ws://" + address + "/api/v1/ws"), Duration.ofSeconds(seconds))
          .run();
    } catch (StepFailed failure) {
      throw new StartRefused("the rehearsal failed: " + failure.getMessage(), failure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
