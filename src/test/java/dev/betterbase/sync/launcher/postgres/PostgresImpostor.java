package dev.betterbase.sync.launcher.postgres;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A program that pretends to be PostgreSQL. It lets clients authenticate in one way, says that they
 * have, and keeps all that they send.
 */
final class PostgresImpostor implements AutoCloseable {
  private static final int OK = 0;
  private static final int CLEARTEXT = 3;
  private static final int MD5 = 5;
  private static final int SASL = 10;
  private static final int SASL_CONTINUE = 11;
  private static final int SASL_FINAL = 12;

  /** How the impostor authenticates clients. */
  enum Way {
    AT_ONCE,
    BY_CLEARTEXT,
    BY_MD5,
    BY_SCRAM_CUT_SHORT,
    BY_SCRAM_WITHOUT_PROOF,
    BY_SCRAM_WITH_A_FALSE_PROOF
  }

  private final ServerSocket socket;
  private final Thread serving;
  private final Way way;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private final AtomicInteger connections = new AtomicInteger();

  /** The connection that is served, if any. */
  private volatile @Nullable Socket current;

  PostgresImpostor(int port, Way way) throws IOException {
    this.way = way;
    socket = new ServerSocket(port, 10, InetAddress.getLoopbackAddress());
    serving = Thread.ofPlatform().daemon().name("impostor").start(this::serve);
  }

  /**
   * All bytes that clients have sent after their start-up messages, which name user and database.
   */
  String received() {
    synchronized (received) {
      return received.toString(StandardCharsets.ISO_8859_1);
    }
  }

  int connections() {
    return connections.get();
  }

  private void serve() {
    while (!socket.isClosed()) {
      try (Socket client = socket.accept()) {
        connections.incrementAndGet();
        current = client;
        converse(client);
      } catch (IOException e) {
        // The client has gone, or the test is over.
      }
    }
  }

  private void converse(Socket client) throws IOException {
    DataInputStream in = new DataInputStream(client.getInputStream());
    DataOutputStream out = new DataOutputStream(client.getOutputStream());
    in.skipNBytes(in.readInt() - 4L);
    switch (way) {
      case AT_ONCE -> {}
      case BY_CLEARTEXT -> authentication(out, CLEARTEXT, "");
      case BY_MD5 -> authentication(out, MD5, "salt");
      case BY_SCRAM_CUT_SHORT -> {
        authentication(out, SASL, "SCRAM-SHA-256\0\0");
        message(in);
      }
      case BY_SCRAM_WITHOUT_PROOF -> scram(in, out);
      case BY_SCRAM_WITH_A_FALSE_PROOF -> {
        scram(in, out);
        authentication(out, SASL_FINAL, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
      }
    }
    authentication(out, OK, "");
    send(out, 'S', "server_version\000018.4\0".getBytes(StandardCharsets.UTF_8));
    send(out, 'S', "client_encoding\0UTF8\0".getBytes(StandardCharsets.UTF_8));
    send(out, 'S', "DateStyle\0ISO\0".getBytes(StandardCharsets.UTF_8));
    send(out, 'S', "standard_conforming_strings\0on\0".getBytes(StandardCharsets.UTF_8));
    send(out, 'Z', new byte[] {'I'});
    while (true) {
      message(in);
    }
  }

  private void scram(DataInputStream in, DataOutputStream out) throws IOException {
    authentication(out, SASL, "SCRAM-SHA-256\0\0");
    String first = message(in);
    String nonce = first.substring(first.indexOf("r=") + 2);
    authentication(out, SASL_CONTINUE, "r=" + nonce + "more,s=QSXCR+Q6sek8bf92,i=4096");
    message(in);
  }

  private String message(DataInputStream in) throws IOException {
    int type = in.readUnsignedByte();
    byte[] body = in.readNBytes(in.readInt() - 4);
    synchronized (received) {
      received.write(type);
      received.write(body);
    }
    return new String(body, StandardCharsets.ISO_8859_1);
  }

  private static void authentication(DataOutputStream out, int request, String more)
      throws IOException {
    byte[] text = more.getBytes(StandardCharsets.ISO_8859_1);
    send(out, 'R', ByteBuffer.allocate(4 + text.length).putInt(request).put(text).array());
  }

  private static void send(DataOutputStream out, char type, byte[] body) throws IOException {
    out.writeByte(type);
    out.writeInt(4 + body.length);
    out.write(body);
    out.flush();
  }

  /**
   * Ends the impostor, and waits for its thread: as long as that is in a call of {@code accept},
   * the system keeps the port.
   */
  @Override
  public void close() throws IOException {
    socket.close();
    Socket served = current;
    if (served != null) {
      served.close();
    }
    try {
      serving.join(TimeUnit.SECONDS.toMillis(30));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }
}
