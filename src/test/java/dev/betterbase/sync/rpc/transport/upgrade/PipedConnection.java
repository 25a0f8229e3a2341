package dev.betterbase.sync.rpc.transport.upgrade;

import dev.betterbase.sync.protocol.Close;
import dev.betterbase.sync.rpc.transport.TransportConnection;
import dev.betterbase.sync.rpc.transport.TransportListener;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.WebConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The upgrade transport on streams in memory. The test puts bytes in, sees what comes out, and says
 * whether the peer takes any. What the transport delivers is kept.
 */
class PipedConnection implements WebConnection, TransportListener {
  final List<byte[]> messages = new ArrayList<>();
  final List<String> texts = new ArrayList<>();
  final ByteArrayOutputStream written = new ByteArrayOutputStream();
  final UpgradeConnection connection;
  int limit = 1 << 20;
  Object sender = this;
  int frames;
  boolean closing;
  boolean closed;
  boolean webClosed;
  boolean suspendOnMessage;
  @Nullable Close refused;

  /** Run while the transport is in a call that asks for bytes and finds none. */
  Runnable whenNoneIsFound = () -> {};

  private byte[] incoming = new byte[0];
  private int position;
  private boolean asked = true;
  private boolean takes = true;

  PipedConnection(ReceiveBudget budget) {
    var shared =
        new UpgradeConnection.Shared(budget, new ReadBuffers(), Runnable::run, Runnable::run);
    try {
      connection = new UpgradeConnection(this, transport -> this, shared);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    connection.writable();
  }

  /** The peer sends bytes. */
  void receive(byte[] bytes) {
    byte[] all = new byte[incoming.length - position + bytes.length];
    System.arraycopy(incoming, position, all, 0, incoming.length - position);
    System.arraycopy(bytes, 0, all, incoming.length - position, bytes.length);
    incoming = all;
    position = 0;
    if (asked) {
      asked = false;
      connection.readable();
    }
  }

  /** The number of bytes that were sent and not read yet. */
  int unread() {
    return incoming.length - position;
  }

  /** The peer stops taking bytes. */
  void stopTaking() {
    takes = false;
  }

  /** The peer takes bytes again. */
  void take() {
    takes = true;
    connection.writable();
  }

  TransportConnection transport() {
    return connection;
  }

  @Override
  public ServletInputStream getInputStream() {
    return new Input();
  }

  @Override
  public ServletOutputStream getOutputStream() {
    return new Output();
  }

  @Override
  public void close() {
    webClosed = true;
  }

  @Override
  public void heard() {}

  @Override
  public void frame() {
    frames++;
  }

  @Override
  public int messageLimit() {
    return limit;
  }

  @Override
  public Object sender() {
    return sender;
  }

  @Override
  public void binary(byte[] message) {
    messages.add(message);
    if (suspendOnMessage) {
      boolean unused = connection.suspend();
    }
  }

  @Override
  public void text(String message) {
    texts.add(message);
  }

  @Override
  public void refused(Close close) {
    refused = close;
    connection.close(close, () -> {});
  }

  @Override
  public void closing() {
    closing = true;
  }

  @Override
  public void closed() {
    closed = true;
  }

  private final class Input extends ServletInputStream {
    @Override
    public boolean isFinished() {
      return false;
    }

    @Override
    public boolean isReady() {
      if (unread() == 0) {
        asked = true;
        whenNoneIsFound.run();
        return false;
      }
      return true;
    }

    @Override
    public void setReadListener(ReadListener listener) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read() {
      return incoming[position++] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      int count = Math.min(length, unread());
      System.arraycopy(incoming, position, bytes, offset, count);
      position += count;
      return count;
    }
  }

  private final class Output extends ServletOutputStream {
    @Override
    public boolean isReady() {
      return takes;
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void write(int value) {
      written.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      written.write(bytes, offset, length);
    }
  }
}
