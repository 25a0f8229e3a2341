package dev.betterbase.sync.testing;

/**
 * The development server ({@code serve --dev}), with an admin page, that the tests of this JVM
 * share.
 */
public final class DevelopmentServer {

  private static final class Shared {
    static final ServerProcess INSTANCE =
        ServerProcess.dev().with("ADMIN_TOKEN", AdminClient.TOKEN).start();
  }

  private DevelopmentServer() {}

  /** The server; never stop it. */
  public static ServerProcess shared() {
    return Shared.INSTANCE;
  }
}
