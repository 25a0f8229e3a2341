package dev.betterbase.sync.testing;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The time of day of a server process, which can be wrong and then be corrected. It needs
 * libfaketime, a package of Debian; without it the server has the true time.
 */
public final class ServerClock {
  private static final Path LIBRARIES = Path.of("/usr/lib");
  private static final String LIBRARY = "faketime/libfaketimeMT.so.1";

  private final Path file;
  private final Optional<Path> library = library();

  /** A clock that is ahead by some time. */
  public ServerClock(Duration ahead) {
    try {
      file = Files.createTempFile("clock", "");
      file.toFile().deleteOnExit();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    setAhead(ahead);
  }

  private static Optional<Path> library() {
    if (!Files.isDirectory(LIBRARIES)) {
      return Optional.empty();
    }
    try (Stream<Path> folders = Files.list(LIBRARIES)) {
      return folders.map(folder -> folder.resolve(LIBRARY)).filter(Files::exists).findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Skips the test if libfaketime is not installed. */
  public void assumeAvailable() {
    assumeThat(library).isPresent();
  }

  /** Lets a server run on this clock. Its monotonic clock is the true one. */
  public ServerProcess.Builder on(ServerProcess.Builder server) {
    library.ifPresent(
        path ->
            server
                .with("LD_PRELOAD", path.toString())
                .with("FAKETIME_TIMESTAMP_FILE", file.toString())
                .with("FAKETIME_CACHE_DURATION", "1")
                // An AOT cache is valid for the true times of files.
                .with("NO_FAKE_STAT", "1")
                .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                // The JVM waits on the monotonic clock; the "fix" would stretch each wait to
                // seconds.
                .with("FAKETIME_FORCE_MONOTONIC_FIX", "0"));
    return server;
  }

  /** Sets the clock. The server sees it a second later. */
  public void setAhead(Duration ahead) {
    try {
      Files.writeString(file, "+" + ahead.toSeconds() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
