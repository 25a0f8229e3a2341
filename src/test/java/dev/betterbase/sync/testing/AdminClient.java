package dev.betterbase.sync.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An operator on the admin page of a server, without a browser. Each test has a loopback address of
 * its own, so that the delays of one are not those of another.
 */
public final class AdminClient {
  /** The token of the test servers that have an admin page. */
  public static final String TOKEN = "opens-the-admin-page-of-the-test-servers";

  /** What a browser sends with a request of the page itself, and the page's own header. */
  public static final Map<String, String> FROM_THE_PAGE =
      Map.of("X-Admin-Request", "1", "Sec-Fetch-Site", "same-origin", "Content-Type", "text/plain");

  private static final JsonMapper JSON = new JsonMapper();

  private final URI root;
  private final HttpClient http;
  private String cookie = "";

  private AdminClient(URI root, HttpClient http) {
    this.root = root;
    this.http = http;
  }

  /**
   * Nobody is signed in.
   *
   * @param source the address from which requests come, such as {@code 127.0.1.5}
   */
  public static AdminClient from(ServerProcess server, String source) {
    return from(server.uri("/"), source);
  }

  /**
   * Nobody is signed in.
   *
   * @param root where the application is, such as {@code http://127.0.0.1:8080/}
   * @param source the address from which requests come
   */
  public static AdminClient from(URI root, String source) {
    try {
      return new AdminClient(
          root,
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .localAddress(InetAddress.getByName(source))
              .build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Tries to sign in, and keeps the cookie if there is one. */
  public HttpResponse<String> signIn(String token) {
    HttpResponse<String> answer = send("POST", "session", token, FROM_THE_PAGE);
    answer
        .headers()
        .firstValue("Set-Cookie")
        .ifPresent(set -> cookie = set.substring(0, set.indexOf(';')));
    return answer;
  }

  /** Signs in with the right token. */
  public AdminClient signIn() {
    assertThat(signIn(TOKEN).statusCode()).isEqualTo(204);
    return this;
  }

  /** Shows this cookie from now on: name and value. */
  public void use(String other) {
    cookie = other;
  }

  /** The answer to a GET, which must be 200. */
  public JsonNode get(String path) {
    HttpResponse<String> answer = send("GET", path, "", Map.of());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    try {
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Does something as the page does. */
  public HttpResponse<String> post(String path, String body) {
    return send("POST", path, body, FROM_THE_PAGE);
  }

  /**
   * Sends a request.
   *
   * @param path below {@code /admin/api/}
   */
  public HttpResponse<String> send(
      String method, String path, String body, Map<String, String> headers) {
    return send(
        HttpRequest.newBuilder(root.resolve("/admin/api/" + path))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body)),
        headers);
  }

  /** Sends any request, with the cookie. */
  public HttpResponse<String> send(HttpRequest.Builder request, Map<String, String> headers) {
    List<String> all = new ArrayList<>(List.of("Cookie", cookie));
    headers.forEach((name, value) -> all.addAll(List.of(name, value)));
    try {
      return http.send(
          request.headers(all.toArray(String[]::new)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
