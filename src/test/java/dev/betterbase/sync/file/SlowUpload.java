package dev.betterbase.sync.file;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** A PUT whose body the test sends piece by piece. Closing it breaks off the upload. */
public final class SlowUpload implements AutoCloseable {
  private final Socket socket;

  private SlowUpload(Socket socket) {
    this.socket = socket;
  }

  /** Sends the request line and the headers. */
  public static SlowUpload begin(FileClient client, String file, String record, int length)
      throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), client.port());
    socket.setSoTimeout(120_000);
    String head =
        "PUT "
            + client.uri(file).getRawPath()
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + client.token()
            + (client.ucan() == null ? "" : "\r\nX-UCAN: " + client.ucan())
            + "\r\nX-Record-ID: "
            + record
            + "\r\nX-Wrapped-DEK: "
            + Base64.getEncoder().encodeToString(dek(1))
            + "\r\nContent-Length: "
            + length
            + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
    return new SlowUpload(socket);
  }

  /** Sends more bytes of the body. */
  public void send(int count) throws IOException {
    socket.getOutputStream().write(blob(count));
    socket.getOutputStream().flush();
  }

  /** The first line of the answer. The server may read on and drop what still comes. */
  public String status() throws IOException {
    var line = new StringBuilder();
    InputStream in = socket.getInputStream();
    for (int next = in.read(); next >= 0 && next != '\r'; next = in.read()) {
      line.append((char) next);
    }
    return line.toString();
  }

  /** The answer of the server, up to the end of the connection. */
  public String answer() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
