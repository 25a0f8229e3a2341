package dev.betterbase.sync.rpc;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import dev.betterbase.sync.rpc.transport.standard.StandardTransport;
import dev.betterbase.sync.rpc.transport.upgrade.ReceiveBudget;
import dev.betterbase.sync.rpc.transport.upgrade.TextEcho;
import dev.betterbase.sync.rpc.transport.upgrade.UpgradeTransport;
import dev.betterbase.sync.rpc.transport.upgrade.payara.TrickProbe;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ContextService;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Both transports on paths of their own, without the rest of the server: for the tests that both
 * must pass, and for measuring them. As in the server, the upgrade transport is for Payara only.
 */
@WebListener
public class ProbeApplication implements ServletContextListener {

  /** The sub-protocol that the handshakes must offer. */
  public static final String SUBPROTOCOL = "probe";

  private static final String WRITERS = "probe.writers";
  private static final int MAX_MESSAGE = 64 << 20;

  @Resource private ManagedExecutorService executor;
  @Resource private ContextService contexts;
  @Resource private ManagedThreadFactory threads;
  @Resource private ManagedScheduledExecutorService scheduler;

  @Override
  public void contextInitialized(ServletContextEvent event) {
    ServletContext context = event.getServletContext();
    var group = new ProbeListener.Group(scheduler);
    StandardTransport.serve(
        context,
        "/standard",
        SUBPROTOCOL,
        MAX_MESSAGE,
        (connection, nobody) -> new ProbeListener(group, connection));
    if (context.getServerInfo().contains("Payara")) {
      serveUpgrade(context, group);
    }
  }

  private void serveUpgrade(ServletContext context, ProbeListener.Group group) {
    ExecutorService writers =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), threads);
    context.setAttribute(WRITERS, writers);
    Executor application = contexts.currentContextExecutor();
    Executor requests = task -> executor.execute(() -> application.execute(task));
    var budget = ReceiveBudget.ofHeap();
    UpgradeTransport.serve(
        context,
        "/upgrade",
        SUBPROTOCOL,
        budget,
        requests,
        writers,
        (connection, nobody) -> new ProbeListener(group, connection));
    UpgradeTransport.serve(
        context,
        "/echo",
        SUBPROTOCOL,
        budget,
        requests,
        writers,
        (connection, nobody) -> new Echo(connection));
    context.addServlet("tricks", new TrickProbe(SUBPROTOCOL)).addMapping("/tricks");
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    if (event.getServletContext().getAttribute(WRITERS) instanceof ExecutorService writers) {
      writers.shutdown();
    }
  }

  /** Sends every message back, one after another. */
  private record Echo(TransportConnection connection) implements TransportListener {
    @Override
    public void heard() {}

    @Override
    public void frame() {}

    @Override
    public int messageLimit() {
      return MAX_MESSAGE;
    }

    @Override
    public Object sender() {
      return this;
    }

    @Override
    public void binary(byte[] message) {
      boolean unused = connection.suspend();
      connection.offer(List.of(message), connection::resume);
    }

    @Override
    public void text(String message) {
      boolean unused = connection.suspend();
      TextEcho.send(connection, message, connection::resume);
    }

    @Override
    public void refused(Close close) {
      connection.close(close, () -> {});
    }

    @Override
    public void closing() {}

    @Override
    public void closed() {}
  }
}
