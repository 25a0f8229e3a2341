package dev.betterbase.sync.file;

import dev.betterbase.sync.testing.Requests;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A client that uploads and downloads files of a space.
 *
 * @param port the port of the server on loopback
 * @param ucan the UCAN; null for the user's personal space
 */
public record FileClient(int port, String token, @Nullable String ucan, String space) {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Little, so that a client that does not read soon holds up the server. */
  private static final int RECEIVE_BUFFER_BYTES = 16 * 1024;

  public static FileClient of(TestServer server, String token, String space) {
    return new FileClient(server.process().port(), token, null, space);
  }

  /** The client of a member of a shared space, with the member's own chain or another one. */
  public static FileClient of(SharedSpace.Member member, @Nullable String ucan) {
    String token =
        member
            .user()
            .issuer()
            .token()
            .of(member.user())
            .claim("did", member.key().did())
            .claim("scope", "sync files")
            .sign();
    return new FileClient(member.server().process().port(), token, ucan, member.space());
  }

  public URI uri(String file) {
    return URI.create("http://127.0.0.1:" + port + "/api/v1/spaces/" + space + "/files/" + file);
  }

  /** A request with the client's credentials. */
  public HttpRequest.Builder request(String file) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(file))
            .timeout(Duration.ofSeconds(150))
            .header("Authorization", "Bearer " + token);
    return ucan == null ? request : request.header("X-UCAN", ucan);
  }

  /** A PUT that succeeds if the record exists. */
  public HttpRequest.Builder putting(String file, String record, byte[] dek, BodyPublisher body) {
    return request(file)
        .header("X-Record-ID", record)
        .header("X-Wrapped-DEK", Base64.getEncoder().encodeToString(dek))
        .PUT(body);
  }

  public int put(String file, String record, byte[] bytes) {
    return put(file, record, Requests.dek(1), bytes);
  }

  public int put(String file, String record, byte[] dek, byte[] bytes) {
    return send(putting(file, record, dek, BodyPublishers.ofByteArray(bytes))).statusCode();
  }

  public HttpResponse<byte[]> get(String file, String... headers) {
    return send(with(request(file).GET(), headers));
  }

  public HttpResponse<byte[]> head(String file, String... headers) {
    return send(with(request(file).method("HEAD", BodyPublishers.noBody()), headers));
  }

  private static HttpRequest.Builder with(HttpRequest.Builder request, String... headers) {
    return headers.length == 0 ? request : request.headers(headers);
  }

  /**
   * Requests a file and reads nothing of the answer, of which the connection holds little. The
   * server closes the connection after the answer.
   */
  public Socket beginDownload(String file) throws IOException {
    return beginDownload(file, "Connection: close");
  }

  /** The same with another field in the request. */
  public Socket beginDownload(String file, String field) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(RECEIVE_BUFFER_BYTES);
    socket.setSoTimeout(120_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    String head =
        "GET "
            + uri(file).getRawPath()
            + " HTTP/1.1\r\nHost: localhost\r\n"
            + field
            + "\r\nAuthorization: Bearer "
            + token
            + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  public static HttpResponse<byte[]> send(HttpRequest.Builder request) {
    return send(request, BodyHandlers.ofByteArray());
  }

  public static <T> HttpResponse<T> send(
      HttpRequest.Builder request, HttpResponse.BodyHandler<T> body) {
    try {
      return HTTP.send(request.build(), body);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
