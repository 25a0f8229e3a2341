package dev.betterbase.sync.operation;

import dev.betterbase.sync.rpc.RpcServer;
import dev.betterbase.sync.rpc.transport.StandardTransport;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.space.MissedNotifications;
import jakarta.inject.Inject;
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
  @Inject private MissedNotifications missedNotifications;

  @Override
  public void contextInitialized(ServletContextEvent event) {
    StandardTransport.serve(
        event.getServletContext(),
        CLIENT_PATH,
        SUBPROTOCOL,
        settings.limits().maxFrameBytes(),
        server::accept);
    server.start();
    missedNotifications.start();
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    server.stop();
    missedNotifications.stop();
  }
}
