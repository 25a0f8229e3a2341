package dev.betterbase.sync.launcher.payara;

import dev.betterbase.sync.launcher.StartRefused;
import dev.betterbase.sync.launcher.boot.OpenFiles;
import dev.betterbase.sync.launcher.boot.Program;
import dev.betterbase.sync.launcher.postgres.PostgresAccess;
import dev.betterbase.sync.listener.FileRoom;
import dev.betterbase.sync.listener.GuardedListeners;
import dev.betterbase.sync.operation.StartTimeline;
import dev.betterbase.sync.settings.DatabaseSettings;
import dev.betterbase.sync.settings.DatabaseShards;
import dev.betterbase.sync.settings.ListenAddress;
import dev.betterbase.sync.settings.Settings;
import fish.payara.micro.BootstrapException;
import fish.payara.micro.ClusterCommandResult;
import fish.payara.micro.ClusterCommandResult.ExitStatus;
import fish.payara.micro.PayaraMicroRuntime;
import fish.payara.micro.boot.AdminCommandRunner;
import fish.payara.micro.boot.PayaraMicroBoot;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Payara Micro with the application in the root context, configured from the settings. */
public final class PayaraServer {
  private static final Logger LOG = Logger.getLogger(PayaraServer.class.getName());

  /** The header of a request may have 128 KiB (http.md): X-UCAN alone may have 64 KiB. */
  private static final int HEADER_BYTES = 131_072;

  /** The name of the thread that Payara Micro registers as its shutdown hook. */
  private static final String HOOK = "Payara Micro Shutdown Hook";

  /** The name of Payara's thread that writes the log. */
  private static final String LOG_PUMP = "GFFileHandler log pump";

  private static final Duration STOP_LIMIT = Duration.ofMinutes(1);

  private static final String APPLICATION = "betterbase-sync";
  private static final String CONFIG = "configs.config.server-config.";
  private static final String LISTENER =
      CONFIG + "network-config.network-listeners.network-listener.http-listener.";
  private static final String HTTP =
      CONFIG + "network-config.protocols.protocol.http-listener.http.";
  private static final String THREADS = CONFIG + "thread-pools.thread-pool.http-thread-pool.";

  /** A system property that the server's configuration refers to, so its file has no password. */
  private static final String URL_PROPERTY = "dev.betterbase.sync.database.url";

  private static final String REPLICA_URL_PROPERTY = "dev.betterbase.sync.database.replica.url";

  /** The same for the databases of DATABASE_SHARDS, followed by a number from 0. */
  private static final String SHARD_URL_PROPERTY = "dev.betterbase.sync.database.shard.url.";

  /** The longest wait for a connection to a replica: the primary can be asked instead. */
  private static final Duration REPLICA_WAIT = Duration.ofSeconds(1);

  private static final String JDBC = "jdbc/";

  /** The class of the server behind the interface of Payara Micro. */
  private static final String MICRO = "fish.payara.micro.impl.PayaraMicroImpl";

  /**
   * The longest time in seconds that Payara scans the application for annotations, 10 by default.
   * Classes that it has not read by then do not exist for it, so on a busy machine the application
   * would have no enterprise beans, and the start would fail.
   */
  private static final String SCAN_TIMEOUT = "hk2.parser.timeout";

  private static final Duration SCAN_LIMIT = Duration.ofMinutes(5);

  private final Program program;
  private final PayaraMicroBoot micro;

  /** Set when the server has booted. */
  private volatile @Nullable AdminCommandRunner runner;

  /** Set when the port is open. */
  private volatile @Nullable GuardedListeners guard;

  public PayaraServer(Program program) {
    this.program = program;
    // Payara reads the names of its modules from the class path in this jar's manifest.
    System.setProperty("fish.payara.micro.BootJar", program.launchJar().toUri().toString());
    // Up to Java 23, the policy of Payara grants what lies there the right to look up its services.
    System.setProperty("fish.payara.micro.UnpackDir", program.installed().toString());
    if (System.getProperty(SCAN_TIMEOUT) == null) {
      System.setProperty(SCAN_TIMEOUT, Long.toString(SCAN_LIMIT.toSeconds()));
    }
    try {
      // Without Payara's own launcher, which unpacks its libraries at every start.
      this.micro =
          (PayaraMicroBoot)
              Class.forName(MICRO, true, program.server()).getMethod("getInstance").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this version of Payara has no " + MICRO, e);
    }
  }

  /**
   * Boots the server without opening a port: until the application is deployed, the server itself
   * would answer requests.
   *
   * @param address the address to listen on, with a port that is not 0
   * @throws StartRefused if the server does not start
   */
  public void boot(Settings settings, ListenAddress address) {
    CodeLeftToC1.tellJvm(program.folder());
    EmptyStores stores = EmptyStores.name(program.folder());
    micro
        .setRootDir(program.folder().resolve("server").toFile())
        .setNoHazelcast(true)
        .setPrintLogo(false)
        .setPreBootHandler(commands -> configureHttp(commands, settings, address))
        .setPostBootHandler(
            commands -> {
              runner = commands;
              StartTimeline.ended("Payara's own services");
              configureServices(commands, settings.database());
            });
    ClassLoader own = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(program.server());
    try {
      micro.bootStrap();
    } catch (BootstrapException e) {
      throw new StartRefused("the server does not start: " + FirstFailure.reason(e), e);
    } finally {
      Thread.currentThread().setContextClassLoader(own);
    }
    stores.giveBack(program.server());
  }

  /**
   * Deploys the application on the booted server, then opens the port.
   *
   * @param shards the databases of DATABASE_SHARDS
   * @throws StartRefused if the application does not start
   */
  public void deploy(PostgresAccess database, List<PostgresAccess> shards, Settings settings) {
    System.setProperty(URL_PROPERTY, database.pooledUrl(settings.database()));
    if (!settings.database().replicas().isEmpty()) {
      System.setProperty(REPLICA_URL_PROPERTY, database.replicaUrl(settings.database()));
    }
    for (int i = 0; i < shards.size(); i++) {
      System.setProperty(SHARD_URL_PROPERTY + i, shards.get(i).pooledUrl(settings.database()));
    }
    try (FirstFailure failures = FirstFailure.watch()) {
      PayaraMicroRuntime runtime = micro.getRuntime();
      // deploy also returns true if the application failed.
      boolean taken = runtime.deploy(APPLICATION, "/", program.application().toFile());
      if (!taken || !runtime.getDeployedApplicationNames().contains(APPLICATION)) {
        throw new StartRefused("the application does not start: " + failures.reason());
      }
      StartTimeline.ended("servlets and JAX-RS");
      forgetTheStart();
      run(Objects.requireNonNull(runner), "set", LISTENER + "enabled=true");
      guard =
          GuardedListeners.of(runtime.getClass().getClassLoader(), settings, fileRoom())
              .orElseThrow(
                  () ->
                      new StartRefused(
                          "LISTEN_ADDR="
                              + settings.listenAddress()
                              + ": another program has taken this port while the server started:"
                              + " stop that program, or use another port"));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "this version of Payara lacks a class that the launcher needs", e);
    }
  }

  /**
   * Frees what only the start needed, before the first request: objects, and classes that no loader
   * in use has. The serial collector would keep them until the heap has reached its limit, and give
   * their memory back to the system only after that.
   */
  private void forgetTheStart() {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals(LOG_PUMP)) {
        // It began within the deployment, whose temporary class loader it would keep.
        thread.setContextClassLoader(program.server());
      }
    }
    System.gc();
  }

  private static FileRoom fileRoom() {
    return new FileRoom(
        OpenFiles.limit().orElse(Long.MAX_VALUE), OpenFiles.count(), OpenFiles.ADVICE);
  }

  /** Undeploys the application, which closes its connections in order, and stops the server. */
  public void stop() throws InterruptedException {
    try {
      micro.shutdown();
    } catch (IllegalStateException e) {
      // The server's own shutdown hook is already stopping it.
      LOG.log(Level.FINE, "The server is already stopping", e);
    } catch (BootstrapException e) {
      LOG.log(Level.WARNING, "The server did not stop cleanly", e);
    }
    GuardedListeners guarding = guard;
    if (guarding != null) {
      guarding.close();
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
        // HTTP/2 is of no use to clients without TLS.
        HTTP + "http2-enabled=false",
        // No limit to the number of requests on a kept-alive connection.
        HTTP + "max-connections=-1",
        THREADS + "min-thread-pool-size=" + Math.min(8, settings.httpThreads()),
        THREADS + "max-thread-pool-size=" + settings.httpThreads(),
        // A full queue would drop connections of anybody. Each connection has at most one task in
        // it, so the connections bound it.
        THREADS + "max-queue-size=-1",
        // The descriptors are the build's own, and their schemas take half a second of a start.
        CONFIG + "admin-service.das-config.deploy-xml-validation=none",
        CONFIG + "phone-home-runtime-configuration.enabled=false");
  }

  /** Configures the services that need no running database, which may still be starting. */
  private static void configureServices(AdminCommandRunner commands, DatabaseSettings settings) {
    // At its usual path the servlet would hide the application's own /health.
    run(
        commands,
        "set-microprofile-healthcheck-configuration",
        "--enabled=true",
        "--endpoint=mp-health");
    // The servlet of metrics answers even if it is off, so it gets a path that the application does
    // not use, and that needs a bearer token.
    run(
        commands,
        "set-metrics-configuration",
        "--enabled=false",
        "--dynamic=true",
        "--endpoint=mp-metrics");
    // The servlet of OpenAPI, a whole Jersey application, starts in every root context even if it
    // is off, so it gets a virtual server that does not exist.
    run(commands, "set-openapi-configuration", "--enabled=false", "--virtualServers=none");
    createDatasource(
        commands, "betterbase-sync", URL_PROPERTY, 2, settings.poolSize(), settings.poolWait());
    if (!settings.replicas().isEmpty()) {
      // Without connections that the pool makes on its own: a replica may be away at the start.
      createDatasource(
          commands,
          "betterbase-sync-replicas",
          REPLICA_URL_PROPERTY,
          0,
          settings.poolSize(),
          REPLICA_WAIT);
    }
    List<DatabaseShards.Shard> shards = settings.shards().others();
    for (int i = 0; i < shards.size(); i++) {
      // Without connections that the pool makes on its own, and warns of when there is no database.
      createDatasource(
          commands,
          shards.get(i).datasource().substring(JDBC.length()),
          SHARD_URL_PROPERTY + i,
          0,
          settings.poolSize(),
          settings.poolWait());
    }
  }

  private static void createDatasource(
      AdminCommandRunner commands,
      String name,
      String urlProperty,
      int least,
      int most,
      Duration wait) {
    run(
        commands,
        "create-jdbc-connection-pool",
        "--datasourceclassname=org.postgresql.ds.PGSimpleDataSource",
        "--restype=javax.sql.DataSource",
        "--steadypoolsize=" + least,
        "--maxpoolsize=" + most,
        "--poolresize=2",
        "--maxwait=" + wait.toMillis(),
        "--isconnectvalidatereq=true",
        "--validationmethod=custom-validation",
        "--validationclassname=org.glassfish.api.jdbc.validation.PostgresConnectionValidation",
        // Validates a connection at most once a second; the first dead one clears the pool.
        "--validateatmostonceperiod=1",
        "--failconnection=true",
        // Without this, the pool puts a proxy around each statement, for tracing.
        "--wrapjdbcobjects=false",
        "--property=Url=${" + urlProperty + "}",
        name);
    run(commands, "create-jdbc-resource", "--connectionpoolid=" + name, JDBC + name);
  }

  private static void run(AdminCommandRunner commands, String command, String... arguments) {
    ClusterCommandResult result = commands.run(command, arguments);
    if (result.getExitStatus() == ExitStatus.FAILURE) {
      throw new StartRefused(
          "the server refused the command " + command + ": " + result.getOutput(),
          result.getFailureCause());
    }
    if (result.getExitStatus() == ExitStatus.WARNING) {
      LOG.log(Level.WARNING, "{0}: {1}", new Object[] {command, result.getOutput()});
    }
  }
}
