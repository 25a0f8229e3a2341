package dev.betterbase.sync.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.betterbase.sync.identity.DevelopmentIssuer;
import dev.betterbase.sync.protocol.Failure;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;

/**
 * Serves {@code /dev/} (config.md, Development mode): gives tokens to programs on this machine.
 * Outside development mode every request passes, and {@code /dev/} is an unknown path like any
 * other.
 *
 * <p>It runs before the other filters, because its responses must not carry their headers: with
 * {@code Access-Control-Allow-Origin}, any web page could read a token.
 */
public class DevelopmentFilter extends HttpFilter {

  private static final String TOKEN = RequestPath.DEVELOPMENT + "token";
  private static final JsonFactory JSON = new JsonFactory();

  @Inject private Optional<DevelopmentIssuer> issuer;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String path = RequestPath.of(request);
    if (issuer.isEmpty() || !path.startsWith(RequestPath.DEVELOPMENT)) {
      chain.doFilter(request, response);
      return;
    }
    Optional<String> refusal = guard(request).refusal();
    if (refusal.isPresent()) {
      JsonError.send(response, 403, refusal.get());
    } else if (request.getMethod().equals("OPTIONS")) {
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    } else if (!path.equals(TOKEN)) {
      JsonError.send(response, 404, JsonError.messageFor(404));
    } else if (!request.getMethod().equals("GET")) {
      response.setHeader("Allow", "GET, OPTIONS");
      JsonError.send(response, 405, JsonError.messageFor(405));
    } else {
      token(issuer.get(), request, response);
    }
  }

  private static DevelopmentGuard guard(HttpServletRequest request) {
    return new DevelopmentGuard(
        request.getRemoteAddr(),
        Collections.list(request.getHeaders("Host")),
        Collections.list(request.getHeaders("Origin")),
        Collections.list(request.getHeaderNames()));
  }

  private static void token(
      DevelopmentIssuer issuer, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    // This applies to the query as well, which the Servlet specification reads as ISO 8859-1.
    request.setCharacterEncoding("UTF-8");
    TokenRequest wanted;
    try {
      wanted = TokenRequest.of(request::getParameter);
    } catch (Failure.BadRequest bad) {
      JsonError.send(response, 400, String.valueOf(bad.getMessage()));
      return;
    }
    Instant now = Instant.now();
    DevelopmentIssuer.Minted minted =
        issuer.mint(
            wanted.subject(),
            wanted.clientId(),
            wanted.scope(),
            wanted.did(),
            now,
            now.plusSeconds(wanted.lifetime()));
    byte[] body = json(minted).getBytes(StandardCharsets.UTF_8);
    response.setContentType(JsonError.MEDIA_TYPE);
    response.setHeader("Cache-Control", "no-store");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private static String json(DevelopmentIssuer.Minted minted) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("token", minted.token());
      json.writeStringField("personal_space_id", minted.personalSpace().toString());
      json.writeStringField("mailbox_id", minted.mailboxId());
      json.writeStringField("expires_at", minted.expiresAt().toString());
      json.writeEndObject();
    }
    return text.toString();
  }
}
