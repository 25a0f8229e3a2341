package dev.betterbase.sync.launcher.check;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
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
 * The access token with which {@code check} connects, and the personal space that it names.
 *
 * @param text the compact JWT
 * @param space its claim {@code personal_space_id}
 */
record CheckToken(String text, String space) {

  private static final JsonFactory JSON = new JsonFactory();

  /** Hides the token and its owner. */
  @Override
  public String toString() {
    return "CheckToken";
  }

  /**
   * Reads the personal space out of a token. The server verifies the token, not this command.
   *
   * @throws StepFailed if the text is not a JWT or names no personal space
   */
  static CheckToken given(String text) throws StepFailed {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 3) {
      throw new StepFailed("the token is not a JWT");
    }
    try {
      byte[] claims = Base64.getUrlDecoder().decode(parts[1]);
      return textField(new String(claims, StandardCharsets.UTF_8), "personal_space_id")
          .map(space -> new CheckToken(text, space))
          .orElseThrow(() -> new StepFailed("the token has no claim personal_space_id"));
    } catch (IllegalArgumentException | IOException malformed) {
      throw new StepFailed("the token is not a JWT");
    }
  }

  /**
   * Gets the token of a new user from the server's development issuer. Each run has a user of its
   * own, because concurrent runs of one user could exceed the connection limit of its mailbox.
   *
   * @param socket the WebSocket URL of the server
   * @throws StepFailed if the server has no development issuer, which is usual in production
   */
  static CheckToken ofDevelopmentIssuer(HttpClient http, URI socket, Duration timeout)
      throws StepFailed, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(developmentIssuer(socket)).timeout(timeout).GET().build();
    HttpResponse<String> answer;
    try {
      answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException failure) {
      throw new StepFailed("could not get a token: " + FailureReason.of(failure));
    }
    if (answer.statusCode() != 200) {
      throw new StepFailed(
          "the server has no development issuer (HTTP status "
              + answer.statusCode()
              + "): pass a token with --token, or start the server with serve --dev");
    }
    try {
      Optional<String> token = textField(answer.body(), "token");
      return given(
          token.orElseThrow(
              () -> new StepFailed("the answer of the development issuer has no token")));
    } catch (IOException malformed) {
      throw new StepFailed("the answer of the development issuer is not JSON");
    }
  }

  static URI developmentIssuer(URI socket) {
    String scheme = socket.getScheme().toLowerCase(Locale.ROOT).equals("wss") ? "https" : "http";
    String user = "check-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    return URI.create(scheme + "://" + socket.getRawAuthority() + "/dev/token?sub=" + user);
  }

  /** A text field of a JSON object; empty if the object has none of that name. */
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
