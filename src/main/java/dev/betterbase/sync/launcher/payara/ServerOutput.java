package dev.betterbase.sync.launcher.payara;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** The standard output without a line for debugging that Payara prints whenever it stops. */
final class ServerOutput extends PrintStream {
  private static final String NOISE = "JdbcRuntimeExtension,  getAllSystemRAResourcesAndPools";

  /**
   * @param out gets everything else
   */
  ServerOutput(PrintStream out) {
    super(out, true);
  }

  @Override
  public void println(@Nullable String line) {
    if (line == null || !line.startsWith(NOISE)) {
      super.println(line);
    }
  }
}
