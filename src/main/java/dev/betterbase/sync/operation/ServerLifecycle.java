package dev.betterbase.sync.operation;

import dev.betterbase.sync.file.FileStorages;
import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.transport.standard.StandardTransport;
import dev.betterbase.sync.rpc.transport.upgrade.ReceiveBudget;
import dev.betterbase.sync.rpc.transport.upgrade.UpgradeTransport;
import dev.betterbase.sync.settings.Settings;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;

/** What happens, in order, when the application is deployed and undeployed. */
@WebListener
public class ServerLifecycle implements ServletContextListener {

  private static final String CLIENT_PATH = "/api/v1/ws";
  private static final String SUBPROTOCOL = "betterbase-rpc-v1";

  @Inject private Settings settings;
  @Inject private RpcServer server;
  @Inject private FileStorages files;
  @Inject private PeriodicJobs jobs;

  @Override
  public void contextInitialized(ServletContextEvent event) {
    serveClients(event.getServletContext());
    files.start();
    server.start();
    jobs.start();
  }

  private void serveClients(ServletContext context) {
    boolean payara = context.getServerInfo().contains("Payara");
    boolean upgrade =
        switch (settings.webSocketTransport()) {
          case AUTO -> payara;
          case STANDARD -> false;
          case UPGRADE -> true;
        };
    if (!upgrade) {
      StandardTransport.serve(
          context, CLIENT_PATH, SUBPROTOCOL, settings.limits().maxFrameBytes(), server::accept);
      return;
    }
    UpgradeTransport.serve(
        context,
        CLIENT_PATH,
        SUBPROTOCOL,
        ReceiveBudget.ofHeap(),
        server.requestExecutor(),
        server.writers(),
        // Only Payara calls on threads that have the application's context and may block.
        payara ? UpgradeTransport.Caller.WORKER : UpgradeTransport.Caller.IO_THREAD,
        server::accept);
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    server.stop();
    jobs.stop();
  }
}
