package dev.betterbase.sync.federation.calling;

import dev.betterbase.sync.federation.trust.FederationHttp;
import dev.betterbase.sync.federation.trust.HttpSignature;
import dev.betterbase.sync.federation.trust.Peers;
import dev.betterbase.sync.federation.trust.SigningKey;
import dev.betterbase.sync.federation.trust.SigningKeys;
import dev.betterbase.sync.federation.wire.FileProtocol;
import dev.betterbase.sync.file.HomeFiles;
import dev.betterbase.sync.http.HttpError;
import dev.betterbase.sync.http.JsonError;
import dev.betterbase.sync.identity.Json;
import dev.betterbase.sync.rpc.method.LogContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpMethod;

/** Asks home servers for files, by the routes of federation.md, Files. */
@ApplicationScoped
public class HomeFileCalls implements HomeFiles {
  private static final Logger LOG = System.getLogger(HomeFileCalls.class.getName());

  private static final String UNAVAILABLE = "home server unavailable";
  private static final long ANSWER_SECONDS = 30;

  /** A home waits up to a minute for its turn to make an upload a file. */
  private static final long UPLOADED_SECONDS = 90;

  private static final String UPLOADS = "uploads";
  private static final int ERROR_BYTES = 4096;
  private static final int NONCE_BYTES = 16;
  private static final List<String> DESCRIPTION =
      List.of(
          "Content-Length",
          "Content-Range",
          "ETag",
          "X-Wrapped-DEK",
          "Cache-Control",
          "Accept-Ranges");

  @Inject private Peers peers;
  @Inject private FederationHttp http;
  @Inject private SigningKeys keys;

  private final SecureRandom random = new SecureRandom();

  /** Homes that have answered on these routes before. */
  private final Set<URI> known = ConcurrentHashMap.newKeySet();

  @Override
  public boolean put(Asked asked, long size, InputStream body) throws IOException {
    HomeAddress home = home(asked);
    if (!known.contains(home.uri())) {
      // One that has no such route may cut off a body before its answer is read: ask without one.
      ask(new Question(home, HttpMethod.HEAD, asked)).close();
    }
    Question question = new Question(home, HttpMethod.PUT, asked);
    try (HomeFileExchange exchange = exchange(question)) {
      exchange.send(body, size);
      Response response = head(question, exchange, UPLOADED_SECONDS);
      return switch (response.getStatus()) {
        case 201 -> true;
        case 204 -> false;
        default -> throw refusal(response, exchange);
      };
    }
  }

  @Override
  public Found get(Asked asked) {
    Answered answered = ask(new Question(home(asked), HttpMethod.GET, asked));
    boolean reading = false;
    try {
      Found found = found(answered);
      if (found.status() == 200 || found.status() == 206) {
        reading = true;
        return new Found(found.status(), found.fields(), answered.exchange().body());
      }
      return found;
    } finally {
      if (!reading) {
        answered.close();
      }
    }
  }

  @Override
  public Found head(Asked asked) {
    try (Answered answered = ask(new Question(home(asked), HttpMethod.HEAD, asked))) {
      return found(answered);
    }
  }

  /** A request to a home. */
  private record Question(HomeAddress home, HttpMethod method, Asked asked) {
    /** The end of a line of the log. */
    Map<String, String> context() {
      return LogContext.ofFile(method.asString(), asked.file().space(), asked.file().file());
    }
  }

  /** A request, and the head of its answer. */
  private record Answered(HomeFileExchange exchange, Response response) implements AutoCloseable {
    @Override
    public void close() {
      exchange.close();
    }
  }

  private HomeAddress home(Asked asked) {
    return HomeAddress.of(asked.home())
        .filter(address -> peers.mayCall(address.domain()))
        .orElseThrow(() -> new HttpError(502, "home server is not trusted"));
  }

  /** Without a body; twice if the first breaks: a connection that was kept may just have ended. */
  private Answered ask(Question question) {
    try {
      return once(question);
    } catch (SocketTimeoutException late) {
      throw unavailable(question, late);
    } catch (IOException broken) {
      try {
        return once(question);
      } catch (IOException again) {
        throw unavailable(question, again);
      }
    }
  }

  private Answered once(Question question) throws IOException {
    HomeFileExchange exchange = exchange(question);
    boolean answered = false;
    try {
      exchange.send();
      Response response = exchange.head(ANSWER_SECONDS);
      requireRoute(question, response);
      answered = true;
      return new Answered(exchange, response);
    } finally {
      if (!answered) {
        exchange.close();
      }
    }
  }

  private HomeFileExchange exchange(Question question) {
    HomeAddress home = question.home();
    HttpMethod method = question.method();
    URI url = home.file(question.asked().file());
    var fields = new LinkedHashMap<String, String>();
    question
        .asked()
        .fields()
        .forEach((name, value) -> fields.put(name.toLowerCase(Locale.ROOT), value));
    List<String> signed = FileProtocol.SIGNED_FIELDS.stream().filter(fields::containsKey).toList();
    fields.put("host", home.hostField());
    SigningKey key =
        keys.primary().orElseThrow(() -> unavailable(question, new IOException("no signing key")));
    var unsigned = new HttpSignature.Unsigned(method.asString(), url.toString(), fields, signed);
    fields.putAll(
        HttpSignature.sign(key, unsigned, Instant.now().getEpochSecond(), Optional.of(nonce())));
    Request request = http.client().newRequest(url).method(method);
    if (method == HttpMethod.PUT) {
      // On a connection of its own: a body is not sent again, so it must not meet one that was kept
      // and just ends. Connections are kept by tag, and those of this tag are not.
      fields.put("connection", "close");
      request.tag(UPLOADS);
    }
    return new HomeFileExchange(request.headers(all -> fields.forEach(all::put)));
  }

  private String nonce() {
    byte[] bytes = new byte[NONCE_BYTES];
    random.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private Response head(Question question, HomeFileExchange exchange, long seconds) {
    try {
      Response response = exchange.head(seconds);
      requireRoute(question, response);
      return response;
    } catch (IOException broken) {
      throw unavailable(question, broken);
    }
  }

  /** Lets pass only what a home says to the member who asked. */
  private void requireRoute(Question question, Response response) {
    HomeAddress home = question.home();
    String mark = response.getHeaders().get(FileProtocol.HEADER);
    if (FileProtocol.ANSWERED.equals(mark)) {
      known.add(home.uri());
      return;
    }
    known.remove(home.uri());
    LOG.log(
        Level.WARNING,
        "The home server {0} does not answer for files: status {1}{2} {3}",
        home.uri().getRawAuthority(),
        response.getStatus(),
        FileProtocol.REFUSED.equals(mark) ? ", it refuses this server" : "",
        question.context());
    if (FileProtocol.REFUSED.equals(mark)) {
      throw new HttpError(502, "home server refused this server");
    }
    throw switch (response.getStatus()) {
      // The answer of a server without such a path; 401 if it wants a bearer for each path.
      case 401, 404, 405, 501 -> new HttpError(501, "home server does not support files");
      default -> new HttpError(503, UNAVAILABLE);
    };
  }

  private static HttpError unavailable(Question question, IOException failure) {
    LOG.log(
        Level.INFO,
        "The home server {0} cannot be asked for a file: {1} {2}",
        question.home().uri().getRawAuthority(),
        failure.getClass().getSimpleName(),
        question.context());
    return new HttpError(503, UNAVAILABLE);
  }

  private static Found found(Answered answered) {
    Response response = answered.response();
    int status = response.getStatus();
    if (status != 200 && status != 206 && status != 304 && status != 416) {
      throw refusal(response, answered.exchange());
    }
    var fields = new LinkedHashMap<String, String>();
    for (String name : DESCRIPTION) {
      String value = response.getHeaders().get(name);
      if (value != null) {
        fields.put(name, value);
      }
    }
    if (status == 304 || status == 416) {
      // Of an answer that has no body of the file's.
      fields.remove("Content-Length");
    } else if (!fields.containsKey("Content-Length")) {
      throw unexpected();
    }
    return new Found(status, fields, InputStream.nullInputStream());
  }

  /** The refusal of the home, in its own words. */
  private static HttpError refusal(Response response, HomeFileExchange exchange) {
    int status = response.getStatus();
    if (status < 400 || status > 599) {
      return unexpected();
    }
    try {
      String body = new String(exchange.body().readNBytes(ERROR_BYTES), StandardCharsets.UTF_8);
      if (Json.object(body).get("error") instanceof String said) {
        return new HttpError(status, said);
      }
    } catch (IOException | ParseException none) {
      LOG.log(Level.DEBUG, "a home server says no without a word: {0}", none.getMessage());
    }
    return new HttpError(status, JsonError.messageFor(status));
  }

  private static HttpError unexpected() {
    return new HttpError(502, "unexpected answer of the home server");
  }
}
