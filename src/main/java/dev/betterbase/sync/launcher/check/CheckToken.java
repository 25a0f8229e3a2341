package dev.betterbase.sync.launcher.check;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.betterbase.sync.launcher.FailureReason;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The token with which {@code check} connects, and the space it may write in.
 *
 * @param text the compact JWT
 * @param space its claim {@code personal_space_id}
 */
public record CheckToken(String text, String space) {

  private static final JsonFactory JSON = new JsonFactory();

  /** Names neither the token nor its owner. */
  @Override
  public String toString() {
    return "CheckToken";
  }

  /**
   * Takes a token that was given. It is not verified: the server does that.
   *
   * @throws StepFailed where it is no JWT or names no personal space
   */
  static CheckToken given(String text) throws StepFailed {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 3) {
      throw new StepFailed("the token is no JWT");
    }
    try {
      byte[] claims = Base64.getUrlDecoder().decode(parts[1]);
      return textField(new String(claims, StandardCharsets.UTF_8), "personal_space_id")
          .map(space -> new CheckToken(text, space))
          .orElseThrow(() -> new StepFailed("the token has no personal_space_id"));
    } catch (IllegalArgumentException | IOException malformed) {
      throw new StepFailed("the token is no JWT");
    }
  }

  /**
   * Asks the development issuer of the server for the token of a new user, so that checks that run
   * at once do not count against one mailbox.
   *
   * @param socket the server's WebSocket
   * @throws StepFailed where the server has no such issuer, which is the usual thing in production
   */
  public static CheckToken ofDevelopmentIssuer(HttpClient http, URI socket, Duration patience)
      throws StepFailed, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(developmentIssuer(socket)).timeout(patience).GET().build();
    HttpResponse<String> answer;
    try {
      answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException failure) {
      throw new StepFailed("could not ask for a token: " + FailureReason.of(failure));
    }
    if (answer.statusCode() != 200) {
      throw new StepFailed(
          "the server gives no development tokens (HTTP status "
              + answer.statusCode()
              + "): give one with --token, or start the server with serve --dev");
    }
    try {
      Optional<String> token = textField(answer.body(), "token");
      return given(token.orElseThrow(() -> new StepFailed("the development issuer sent no token")));
    } catch (IOException malformed) {
      throw new StepFailed("the development issuer sent no JSON");
    }
  }

  static URI developmentIssuer(URI socket) {
    String scheme = socket.getScheme().toLowerCase(Locale.ROOT).equals("wss") ? "https" : "http";
    String user = "check-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    return URI.create(scheme + "://" + socket.getRawAuthority() + "/dev/token?sub=" + user);
  }

  /** A text field of a JSON object, where it has one. */
  private static Optional<String> textField(String json, String name) throws IOException {
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals(name) && value == JsonToken.VALUE_STRING) {
          return Optional.of(parser.getText());
        }
        parser.skipChildren();
      }
      return Optional.empty();
    }
  }
}
