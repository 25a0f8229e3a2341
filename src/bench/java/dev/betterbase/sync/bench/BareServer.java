package dev.betterbase.sync.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import dev.betterbase.sync.testing.Requests;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The limit of a cold connection: the least that a program in Java can do for one, with the same
 * libraries and without a container, a database or limits. It upgrades the connection, reads the
 * auth frame, verifies the signature of the token, and answers one request with an empty result.
 */
final class BareServer {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final ObjectMapper CBOR = new ObjectMapper(new CBORFactory());
  private static final int THREADS = 8;
  private static final int TIMEOUT_MILLIS = 10_000;

  private final JWSVerifier verifier;

  private BareServer(JWSVerifier verifier) {
    this.verifier = verifier;
  }

  /**
   * Serves until the process is ended.
   *
   * @param arguments the port on loopback, and the URL of the issuer's key set
   */
  public static void main(String[] arguments) throws Exception {
    JWKSet keys = JWKSet.load(URI.create(arguments[1]).toURL());
    var server = new BareServer(new ECDSAVerifier(keys.getKeys().getFirst().toECKey()));
    try (var listener =
            new ServerSocket(
                Integer.parseInt(arguments[0]), 128, InetAddress.getLoopbackAddress());
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      while (true) {
        Socket socket = listener.accept();
        threads.execute(() -> server.serve(socket));
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      converse(in, socket.getOutputStream());
    } catch (EOFException ended) {
      // The client has what it asked for.
    } catch (Exception e) {
      System.err.println(e);
    }
  }

  private void converse(DataInputStream in, OutputStream out) throws Exception {
    String key = webSocketKey(in);
    if (key.isEmpty()) {
      out.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
      return;
    }
    out.write(upgrade(key).getBytes(ISO_8859_1));
    SignedJWT token = SignedJWT.parse(frame(in).path("params").path("token").textValue());
    if (!token.verify(verifier) || token.getJWTClaimsSet().getSubject() == null) {
      throw new IOException("not signed by the issuer");
    }
    String id = frame(in).path("id").textValue();
    Object result = Map.of("spaces", List.of(), "errors", List.of());
    byte[] reply = CBOR.writeValueAsBytes(Requests.map("type", 1, "id", id, "result", result));
    out.write(new byte[] {(byte) 0x82, (byte) reply.length});
    out.write(reply);
    in.readByte();
  }

  /** Reads the header of a request; an empty text if it asks for no WebSocket. */
  private static String webSocketKey(DataInputStream in) throws IOException {
    String name = "Sec-WebSocket-Key:";
    String key = "";
    String line = line(in);
    while (!line.isEmpty()) {
      if (line.regionMatches(true, 0, name, 0, name.length())) {
        key = line.substring(name.length()).strip();
      }
      line = line(in);
    }
    return key;
  }

  private static String line(DataInputStream in) throws IOException {
    var line = new StringBuilder();
    int next = in.readUnsignedByte();
    while (next != '\n') {
      line.append((char) next);
      next = in.readUnsignedByte();
    }
    return line.toString().strip();
  }

  private static String upgrade(String key) throws NoSuchAlgorithmException {
    byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(ISO_8859_1));
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Protocol: betterbase-rpc-v1\r\nSec-WebSocket-Accept: "
        + Base64.getEncoder().encodeToString(hash)
        + "\r\n\r\n";
  }

  /** Reads a masked frame of a client, and its CBOR. */
  private static JsonNode frame(DataInputStream in) throws IOException {
    in.readUnsignedByte();
    int length = in.readUnsignedByte() & 0x7F;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      throw new IOException("a frame of more than 64 KiB");
    }
    byte[] mask = in.readNBytes(4);
    byte[] payload = in.readNBytes(length);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= mask[i & 3];
    }
    return CBOR.readTree(payload);
  }
}
