package dev.betterbase.sync.operation;

import dev.betterbase.sync.cluster.Bus;
import dev.betterbase.sync.federation.serving.PeerConnections;
import dev.betterbase.sync.federation.trust.SigningKeys;
import dev.betterbase.sync.file.FileStorages;
import dev.betterbase.sync.listener.GuardedListeners;
import dev.betterbase.sync.listener.RefusalMetrics;
import dev.betterbase.sync.rpc.ConnectionThreads;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.transport.TransportAcceptor;
import dev.betterbase.sync.rpc.transport.standard.StandardTransport;
import dev.betterbase.sync.rpc.transport.upgrade.ReceiveBudget;
import dev.betterbase.sync.rpc.transport.upgrade.UpgradeTransport;
import dev.betterbase.sync.settings.DevelopmentMode;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.settings.SettingsListing;
import dev.betterbase.sync.storage.ShardCalls;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.health.Startup;

/** Starts the parts of the server in order when it is deployed, and stops them at undeployment. */
@WebListener
public class ServerLifecycle implements ServletContextListener {

  private static final Logger LOG = System.getLogger(ServerLifecycle.class.getName());

  private static final String CLIENT_PATH = "/api/v1/ws";
  private static final String PEER_PATH = "/api/v1/federation/ws";
  private static final String SUBPROTOCOL = "betterbase-rpc-v1";

  @Inject private Settings settings;
  @Inject private MeterRegistry meters;
  @Inject private RpcServer server;
  @Inject private ConnectionThreads threads;
  @Inject private Bus bus;
  @Inject private DatabaseHealth health;
  @Inject private ShardCalls shards;
  @Inject private FileStorages files;
  @Inject private PeriodicJobs jobs;
  @Inject private PeerConnections peers;
  @Inject private SigningKeys signingKeys;
  @Inject @Startup private ServerStartup startup;

  private Optional<GuardedListeners> guard = Optional.empty();
  private Optional<WildFlySuspension> suspension = Optional.empty();

  @Override
  public void contextInitialized(ServletContextEvent event) {
    StartTimeline.ended("scan of the application, persistence unit, enterprise beans and CDI");
    SharedThreads.startOutsideOfTheApplication();
    ServletContext context = event.getServletContext();
    boolean payara = HostServer.of(context) == HostServer.PAYARA;
    boolean upgrade = settings.webSocketTransport().isUpgradeOn(payara);
    StartWarnings.of(settings, DevelopmentMode.isUberJar())
        .forEach(warning -> LOG.log(Level.WARNING, warning));
    SettingsListing.unknown(System.getenv().keySet())
        .forEach(warning -> LOG.log(Level.WARNING, warning));
    health.start();
    shards.start();
    files.start();
    signingKeys.ensure();
    bus.start();
    serveSockets(context, upgrade);
    server.start(upgrade ? "upgrade" : "standard");
    jobs.start();
    if (payara) {
      RefusalMetrics.register(meters);
    }
    if (payara && !DevelopmentMode.isUberJar()) {
      // The launcher of the jar guards its listener itself, because it opens the port later.
      guard = GuardedListeners.ofApplicationServer(settings);
    }
    suspension = WildFlySuspension.watch(context, server);
    startup.completed();
    StartTimeline.ended("parts of the application");
  }

  private void serveSockets(ServletContext context, boolean upgrade) {
    var budget = ReceiveBudget.ofHeap();
    if (upgrade) {
      budget.register(meters);
    }
    Map<String, TransportAcceptor> sockets =
        Map.of(CLIENT_PATH, server::accept, PEER_PATH, peers::accept);
    sockets.forEach(
        (path, acceptor) -> {
          if (upgrade) {
            UpgradeTransport.serve(
                context,
                path,
                SUBPROTOCOL,
                budget,
                threads.requests(),
                threads.writers(),
                acceptor);
          } else {
            StandardTransport.serve(
                context, path, SUBPROTOCOL, settings.limits().maxFrameBytes(), acceptor);
          }
        });
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    suspension.ifPresent(WildFlySuspension::close);
    server.stop();
    threads.stop();
    jobs.stop();
    bus.stop();
    guard.ifPresent(GuardedListeners::close);
  }
}
