package dev.betterbase.sync.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Sends HTTP requests exactly as given, including those that no correct client would send. */
public final class RawHttp {
  private static final int LIMIT_MILLIS = 20_000;

  private RawHttp() {}

  /**
   * A response, read until the server closed the connection.
   *
   * @param headers all values by header name; the case of the name does not matter
   * @param all the whole response as it arrived
   */
  public record Response(int status, Map<String, List<String>> headers, String body, String all) {}

  /**
   * Sends a request with {@code Connection: close}.
   *
   * @param target the request target, sent without change
   * @param lines header lines; {@code Host} is sent only if it is among them
   */
  public static Response exchange(int port, String method, String target, String... lines) {
    StringBuilder request = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    for (String line : lines) {
      request.append(line).append("\r\n");
    }
    return exchange(port, request + "Connection: close\r\n\r\n");
  }

  /** Sends one byte for each character, and reads until the server closes the connection. */
  public static Response exchange(int port, String bytes) {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LIMIT_MILLIS);
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      socket.getInputStream().transferTo(answer);
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection stays open after: " + answer, e);
    } catch (IOException e) {
      // A server that refuses early may reset the connection during the request. Its response
      // counts.
      if (answer.size() == 0) {
        throw new UncheckedIOException(e);
      }
    }
    return parse(answer.toString(StandardCharsets.UTF_8));
  }

  private static Response parse(String answer) {
    int end = answer.indexOf("\r\n\r\n");
    // WildFly answers a request in HTTP/1.0 in that version.
    if (!(answer.startsWith("HTTP/1.1 ") || answer.startsWith("HTTP/1.0 ")) || end < 0) {
      throw new AssertionError("no HTTP answer: " + answer);
    }
    String[] head = answer.substring(0, end).split("\r\n", -1);
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line : List.of(head).subList(1, head.length)) {
      int colon = line.indexOf(':');
      headers
          .computeIfAbsent(
              line.substring(0, colon).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(line.substring(colon + 1).strip());
    }
    return new Response(
        Integer.parseInt(head[0].substring(9, 12)),
        Collections.unmodifiableMap(headers),
        answer.substring(end + 4),
        answer);
  }
}
