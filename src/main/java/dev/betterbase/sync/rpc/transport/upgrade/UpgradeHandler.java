package dev.betterbase.sync.rpc.transport.upgrade;

import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import jakarta.servlet.ReadListener;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Receives the calls of the container for one upgraded connection. Public, because the container
 * makes instances by reflection.
 */
public final class UpgradeHandler implements HttpUpgradeHandler {

  private static final Logger LOG = System.getLogger(UpgradeHandler.class.getName());

  private @Nullable Function<TransportConnection, TransportListener> acceptor;
  private UpgradeConnection.@Nullable Shared shared;
  private volatile @Nullable UpgradeConnection connection;

  /** For the container. */
  public UpgradeHandler() {}

  /** Sets who takes the connection. To be called before the container calls {@link #init}. */
  void bind(
      Function<TransportConnection, TransportListener> taker, UpgradeConnection.Shared common) {
    acceptor = taker;
    shared = common;
  }

  @Override
  public void init(WebConnection web) {
    try {
      var opened =
          new UpgradeConnection(
              web, Objects.requireNonNull(acceptor), Objects.requireNonNull(shared));
      connection = opened;
      listen(web, opened);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void listen(WebConnection web, UpgradeConnection opened) throws IOException {
    boolean listening = false;
    try {
      // In this order: otherwise an answer may be due before it can be written.
      web.getOutputStream().setWriteListener(new Writing(opened));
      web.getInputStream().setReadListener(new Reading(opened));
      listening = true;
    } finally {
      if (!listening) {
        opened.end();
      }
    }
    opened.opened();
  }

  @Override
  public void destroy() {
    UpgradeConnection opened = connection;
    if (opened != null) {
      opened.destroyed();
    }
  }

  private record Writing(UpgradeConnection connection) implements WriteListener {
    @Override
    public void onWritePossible() {
      connection.writable();
    }

    @Override
    public void onError(Throwable cause) {
      LOG.log(Level.DEBUG, "write failed", cause);
      connection.end();
    }
  }

  private record Reading(UpgradeConnection connection) implements ReadListener {
    @Override
    public void onDataAvailable() {
      connection.readable();
    }

    @Override
    public void onAllDataRead() {
      connection.end();
    }

    /** On Payara, the end of the stream comes here. */
    @Override
    public void onError(Throwable cause) {
      LOG.log(Level.DEBUG, "read failed", cause);
      connection.end();
    }
  }
}
