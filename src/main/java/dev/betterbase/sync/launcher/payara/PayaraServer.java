package dev.betterbase.sync.launcher.payara;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.ListenAddress;
import dev.betterbase.sync.settings.Settings;
import fish.payara.micro.BootstrapException;
import fish.payara.micro.ClusterCommandResult;
import fish.payara.micro.ClusterCommandResult.ExitStatus;
import fish.payara.micro.PayaraMicro;
import fish.payara.micro.PayaraMicroRuntime;
import fish.payara.micro.boot.AdminCommandRunner;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/** Payara Micro with the application at the root context, set up from the settings. */
public final class PayaraServer {
  private static final Logger LOG = Logger.getLogger(PayaraServer.class.getName());

  /** Header fields up to 128 KiB are taken (http.md): X-UCAN alone may have 64. */
  private static final int HEADER_BYTES = 131_072;

  /** The name of the thread that Payara Micro registers as its shutdown hook. */
  private static final String HOOK = "Payara Micro Shutdown Hook";

  private static final Duration STOP_LIMIT = Duration.ofMinutes(1);

  private static final String APPLICATION = "betterbase-sync";
  private static final String CONFIG = "configs.config.server-config.";
  private static final String LISTENER =
      CONFIG + "network-config.network-listeners.network-listener.http-listener.";
  private static final String HTTP =
      CONFIG + "network-config.protocols.protocol.http-listener.http.";
  private static final String THREADS = CONFIG + "thread-pools.thread-pool.http-thread-pool.";

  /** References in the server's configuration, so that no password stands in its file. */
  private static final String URL_PROPERTY = "dev.betterbase.sync.database.url";

  private static final String USER_PROPERTY = "dev.betterbase.sync.database.user";
  private static final String PASSWORD_PROPERTY = "dev.betterbase.sync.database.password";

  private final Path folder;
  private final PayaraMicro micro;

  /** Set when the server has booted. */
  private volatile @Nullable AdminCommandRunner runner;

  /**
   * Its libraries are unpacked first: loading a class out of a jar within the jar takes so long
   * that the start would take half as long again, and so would every later look-up of a resource.
   *
   * @param folder the folder of this run, with the application unpacked in {@code ROOT}
   */
  public PayaraServer(Path folder) {
    this.folder = folder;
    PayaraMicro.setUpackedJarDir(folder.resolve("payara").toFile());
    PayaraMicro.unpackJars();
    micro = PayaraMicro.getInstance();
  }

  /**
   * Boots the server, which listens on no port yet: until the application is there, the server
   * would answer in its place.
   *
   * @param address with a port that is not 0
   * @throws StartRefused where the server does not start
   */
  public void boot(Settings settings, ListenAddress address) {
    micro.addLibrary(driver().toFile());
    micro
        .setRootDir(folder.resolve("server").toFile())
        .setNoHazelcast(true)
        .setPrintLogo(false)
        .setPreBootHandler(commands -> configureHttp(commands, settings, address))
        .setPostBootHandler(
            commands -> {
              runner = commands;
              configureServices(commands, settings.database());
            });
    try {
      micro.bootStrap();
    } catch (BootstrapException e) {
      throw new StartRefused("the server does not start: " + FirstFailure.reason(e), e);
    }
  }

  /**
   * Deploys the application on the booted server, and opens the port.
   *
   * @throws StartRefused where the application does not start
   */
  public void deploy(PostgresAccess database, DatabaseSettings settings) {
    System.setProperty(URL_PROPERTY, database.pooledUrl(settings));
    System.setProperty(USER_PROPERTY, database.user().orElse(System.getProperty("user.name")));
    System.setProperty(
        PASSWORD_PROPERTY, database.password().map(secret -> secret.value()).orElse(""));
    try (FirstFailure failures = FirstFailure.watch()) {
      UnscannedLibraries.mark(folder.resolve("ROOT"));
      PayaraMicroRuntime runtime = micro.getRuntime();
      // What it returns is true where the application failed, too.
      boolean taken = runtime.deploy(APPLICATION, "/", folder.resolve("ROOT").toFile());
      if (!taken || !runtime.getDeployedApplicationNames().contains(APPLICATION)) {
        throw new StartRefused("the application does not start: " + failures.reason());
      }
      run(Objects.requireNonNull(runner), "set", LISTENER + "enabled=true");
      MalformedTargets.refuse(runtime, "http-listener");
    } catch (IOException e) {
      throw new StartRefused("the server does not start: " + FirstFailure.reason(e), e);
    }
  }

  /** The file of the JDBC driver, which the pool needs as a library of the server. */
  private static Path driver() {
    try {
      return Path.of(Driver.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Undeploys the application, which closes its connections in order, and stops the server. */
  public void stop() throws InterruptedException {
    try {
      micro.shutdown();
    } catch (IllegalStateException e) {
      // It does not run any more: its own shutdown hook was quicker, and is still at it.
      LOG.log(Level.FINE, "The server is being stopped", e);
    } catch (BootstrapException e) {
      LOG.log(Level.WARNING, "The server did not stop in order", e);
    }
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals(HOOK)) {
        thread.join(STOP_LIMIT);
      }
    }
  }

  private static void configureHttp(
      AdminCommandRunner commands, Settings settings, ListenAddress address) {
    run(
        commands,
        "set",
        LISTENER + "enabled=false",
        LISTENER + "address=" + address.host(),
        LISTENER + "port=" + address.port(),
        HTTP + "header-buffer-length-bytes=" + HEADER_BYTES,
        HTTP + "server-header=false",
        HTTP + "xframe-options=false",
        // Nobody speaks it without TLS but those who look for holes.
        HTTP + "http2-enabled=false",
        // Requests on one kept-alive connection: no bound of their own.
        HTTP + "max-connections=-1",
        THREADS + "min-thread-pool-size=" + Math.min(8, settings.httpThreads()),
        THREADS + "max-thread-pool-size=" + settings.httpThreads(),
        CONFIG + "phone-home-runtime-configuration.enabled=false");
  }

  /** What needs no database yet, which may still be starting. */
  private static void configureServices(AdminCommandRunner commands, DatabaseSettings settings) {
    // These servlets would answer in place of the application, and to anybody.
    run(commands, "set-microprofile-healthcheck-configuration", "--enabled=false");
    // Switched off, this one still answers: it may, where the application has no route.
    run(
        commands,
        "set-metrics-configuration",
        "--enabled=false",
        "--dynamic=true",
        "--endpoint=mp-metrics");
    // Its servlet, a whole application of Jersey's, would start in every root context, switched off
    // or not: so it is given a virtual server that does not exist.
    run(commands, "set-openapi-configuration", "--enabled=false", "--virtualServers=none");
    createDatasource(commands, settings);
  }

  private static void createDatasource(AdminCommandRunner commands, DatabaseSettings settings) {
    run(
        commands,
        "create-jdbc-connection-pool",
        "--datasourceclassname=org.postgresql.ds.PGSimpleDataSource",
        "--restype=javax.sql.DataSource",
        "--steadypoolsize=2",
        "--maxpoolsize=" + settings.poolSize(),
        "--poolresize=2",
        "--maxwait=" + settings.poolWait().toMillis(),
        "--isconnectvalidatereq=true",
        "--validationmethod=custom-validation",
        "--validationclassname=org.glassfish.api.jdbc.validation.PostgresConnectionValidation",
        // One look a second at a connection in use; the first that is dead clears the pool.
        "--validateatmostonceperiod=1",
        "--failconnection=true",
        // A proxy around each statement, for traces that nobody asks for.
        "--wrapjdbcobjects=false",
        "--property=Url=${"
            + URL_PROPERTY
            + "}:User=${"
            + USER_PROPERTY
            + "}:Password=${"
            + PASSWORD_PROPERTY
            + "}",
        "betterbase-sync");
    run(
        commands,
        "create-jdbc-resource",
        "--connectionpoolid=betterbase-sync",
        "jdbc/betterbase-sync");
  }

  private static void run(AdminCommandRunner commands, String command, String... arguments) {
    ClusterCommandResult result = commands.run(command, arguments);
    if (result.getExitStatus() == ExitStatus.FAILURE) {
      throw new StartRefused(
          "the server does not take " + command + ": " + result.getOutput(),
          result.getFailureCause());
    }
    if (result.getExitStatus() == ExitStatus.WARNING) {
      LOG.log(Level.WARNING, "{0}: {1}", new Object[] {command, result.getOutput()});
    }
  }
}
