package dev.betterbase.sync.federation.calling;

import static dev.betterbase.sync.testing.Requests.blob;
import static dev.betterbase.sync.testing.Requests.dek;
import static dev.betterbase.sync.testing.Requests.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.federation.SharedServers;
import dev.betterbase.sync.federation.wire.FileProtocol;
import dev.betterbase.sync.file.FileClient;
import dev.betterbase.sync.testing.IntegrationTest;
import dev.betterbase.sync.testing.Ports;
import dev.betterbase.sync.testing.SharedSpace;
import dev.betterbase.sync.testing.SharedSpace.Member;
import dev.betterbase.sync.testing.TestServer;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** federation.md, Files: a home that knows no such routes, refuses, lies, or breaks off. */
@IntegrationTest
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Order(1)
class BadFileHomeIT {
  private static final String MARK = FileProtocol.HEADER + ": answered\r\n";
  private static TestServer server;

  private final int port = Ports.free();
  private final String file = newId();
  private @Nullable Home home;
  private FileClient files;

  /** What it does with one request: the head, and the connection behind it. */
  private interface Script {
    /** Whether the connection stays. */
    boolean on(String head, InputStream in, OutputStream out) throws IOException;
  }

  /** A server that speaks HTTP as the test wants it. */
  private static final class Home implements AutoCloseable {
    private final ServerSocket listener;
    private final Script script;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final List<String> heads = new CopyOnWriteArrayList<>();

    Home(int port, Script script) throws IOException {
      this.listener = new ServerSocket(port, 16, InetAddress.getLoopbackAddress());
      this.script = script;
      Thread.ofVirtual().start(this::accept);
    }

    /** The methods it was asked by, in order. */
    List<String> methods() {
      return heads.stream().map(head -> head.substring(0, head.indexOf(' '))).toList();
    }

    private void accept() {
      try {
        while (true) {
          Socket socket = listener.accept();
          sockets.add(socket);
          Thread.ofVirtual().start(() -> serve(socket));
        }
      } catch (IOException closed) {
        // The test has closed the home.
      }
    }

    private void serve(Socket socket) {
      try (socket) {
        var in = new DataInputStream(socket.getInputStream());
        boolean stays = true;
        while (stays) {
          var head = new StringBuilder();
          while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
          }
          heads.add(head.toString());
          stays = script.on(head.toString(), in, socket.getOutputStream());
        }
      } catch (IOException gone) {
        // The caller or the test has closed the connection.
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  @BeforeAll
  static void start() {
    server = SharedServers.peered();
  }

  @BeforeEach
  void memberOfASpaceElsewhere() {
    Member member = SharedSpace.createElsewhere(server, "localhost:" + port).admin();
    files = FileClient.of(member, member.ucan());
  }

  @AfterEach
  void stopHome() throws IOException {
    if (home != null) {
      home.close();
    }
  }

  private Home open(Script script) throws IOException {
    Home opened = new Home(port, script);
    home = opened;
    return opened;
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private static String answer(HttpResponse<byte[]> response) {
    return response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8);
  }

  private static String error(int status, String message) {
    return status + " {\"error\":\"" + message + "\"}";
  }

  private String put(int length) {
    return answer(
        FileClient.send(
            files.putting(file, newId(), dek(1), BodyPublishers.ofByteArray(blob(length)))));
  }

  /** One that answers before it reads a body, and then cuts the connection. */
  @ParameterizedTest
  @CsvSource({
    "401 Unauthorized, 501, home server does not support files",
    "404 Not Found, 501, home server does not support files",
    "405 Method Not Allowed, 501, home server does not support files",
    "200 OK, 503, home server unavailable",
    "302 Found, 503, home server unavailable",
    "413 Content Too Large, 503, home server unavailable",
    "502 Bad Gateway, 503, home server unavailable",
  })
  void answersWithoutTheMarkAreNoAnswersForTheMember(String line, int status, String message)
      throws IOException {
    Home called =
        open(
            (head, in, out) -> {
              String challenge = line.startsWith("401") ? "WWW-Authenticate: Bearer\r\n" : "";
              String place = line.startsWith("302") ? "Location: http://127.0.0.1:1/\r\n" : "";
              String body = head.startsWith("HEAD") ? "" : "{}";
              write(
                  out,
                  "HTTP/1.1 "
                      + line
                      + "\r\n"
                      + challenge
                      + place
                      + "Content-Length: 2\r\n\r\n"
                      + body);
              return false;
            });
    assertThat(answer(files.get(file))).isEqualTo(error(status, message));
    assertThat(files.head(file).statusCode()).isEqualTo(status);
    assertThat(put(5_000_000)).isEqualTo(error(status, message));
    assertThat(called.methods()).containsOnly("GET", "HEAD");
  }

  @Test
  void refusalOfThisServerIsNotTheMembers() throws IOException {
    open(
        (head, in, out) -> {
          write(
              out,
              "HTTP/1.1 401 Unauthorized\r\n"
                  + FileProtocol.HEADER
                  + ": refused\r\nContent-Length: 0\r\n\r\n");
          return true;
        });
    assertThat(answer(files.get(file))).isEqualTo(error(502, "home server refused this server"));
    assertThat(put(10)).isEqualTo(error(502, "home server refused this server"));
  }

  @Test
  void noTokenOfAMemberIsSentAndTheUcanIsSigned() throws IOException {
    Home called =
        open(
            (head, in, out) -> {
              write(out, "HTTP/1.1 304 Not Modified\r\n" + MARK + "ETag: \"x\"\r\n\r\n");
              return true;
            });
    assertThat(files.get(file, "If-None-Match", "\"x\"", "Cookie", "a=b").statusCode())
        .isEqualTo(304);
    assertThat(called.heads.getFirst())
        .containsIgnoringCase("x-ucan: " + files.ucan())
        .containsIgnoringCase("if-none-match: \"x\"")
        .contains("(\"@method\" \"@target-uri\" \"host\" \"x-ucan\")")
        .doesNotContain(files.token())
        .doesNotContainIgnoringCase("cookie")
        .doesNotContainIgnoringCase("authorization");
  }

  @Test
  void whoBreaksOffInTheMiddleShowsAsSuch() throws IOException {
    open(
        (head, in, out) -> {
          write(out, "HTTP/1.1 200 OK\r\n" + MARK + "Content-Length: 1000000\r\n\r\n");
          out.write(blob(200_000));
          out.flush();
          return false;
        });
    assertThatThrownBy(() -> files.get(file)).isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void contentOfUnknownLengthIsNotPassedOn() throws IOException {
    open(
        (head, in, out) -> {
          write(out, "HTTP/1.1 200 OK\r\n" + MARK + "Connection: close\r\n\r\nabc");
          return false;
        });
    assertThat(answer(files.get(file)))
        .isEqualTo(error(502, "unexpected answer of the home server"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"not json", "[1]", "{\"error\":7}", ""})
  void errorWithoutWordsHasOurs(String body) throws IOException {
    open(
        (head, in, out) -> {
          write(
              out,
              "HTTP/1.1 403 Forbidden\r\n"
                  + MARK
                  + "Content-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body);
          return true;
        });
    assertThat(answer(files.get(file))).isEqualTo(error(403, "forbidden"));
  }

  /** Between two requests, as servers do; the second is sent again. */
  @Test
  void connectionThatHasJustEndedCostsNoAnswer() throws IOException {
    var requests = new AtomicInteger();
    Home called =
        open(
            (head, in, out) -> {
              if (requests.incrementAndGet() == 2) {
                return false;
              }
              write(out, "HTTP/1.1 200 OK\r\n" + MARK + "Content-Length: 3\r\n\r\nabc");
              return true;
            });
    assertThat(answer(files.get(file))).isEqualTo("200 abc");
    assertThat(answer(files.get(file))).isEqualTo("200 abc");
    assertThat(called.methods()).containsExactly("GET", "GET", "GET");
  }

  @Test
  void homeThatIsAwayOrGoesInTheMiddleOfAnUpload() throws IOException {
    assertThat(answer(files.get(file))).isEqualTo(error(503, "home server unavailable"));
    assertThat(put(1_000)).isEqualTo(error(503, "home server unavailable"));
    Home called =
        open(
            (head, in, out) -> {
              if (head.startsWith("HEAD")) {
                write(out, "HTTP/1.1 404 Not Found\r\n" + MARK + "Content-Length: 2\r\n\r\n");
                return true;
              }
              in.readNBytes(100_000);
              return false;
            });
    assertThat(put(5_000_000)).isEqualTo(error(503, "home server unavailable"));
    assertThat(called.methods()).containsExactly("HEAD", "PUT");
  }

  /** The home says no while the body still comes: the member hears it. */
  @Test
  void answerBeforeTheEndOfTheBodyIsPassedOn() throws IOException {
    open(
        (head, in, out) -> {
          String body = "{\"error\":\"key generation stale\"}";
          write(
              out,
              "HTTP/1.1 409 Conflict\r\n"
                  + MARK
                  + "Content-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + (head.startsWith("HEAD") ? "" : body));
          in.transferTo(OutputStream.nullOutputStream());
          return false;
        });
    assertThat(put(20_000_000)).isEqualTo(error(409, "key generation stale"));
  }

  @Test
  void homeThatNeverAnswersIsGivenUp() throws IOException {
    open(
        (head, in, out) -> {
          in.transferTo(OutputStream.nullOutputStream());
          return false;
        });
    HttpResponse<byte[]> got =
        FileClient.send(files.request(file).GET(), BodyHandlers.ofByteArray());
    assertThat(answer(got)).isEqualTo(error(503, "home server unavailable"));
  }
}
