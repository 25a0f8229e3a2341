package dev.betterbase.sync.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.betterbase.sync.identity.DevelopmentIssuer;
import dev.betterbase.sync.protocol.Failure;
import dev.betterbase.sync.settings.Settings;
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
 * Serves {@code /dev/} (config.md, Development mode): gives tokens to programs on this machine, its
 * own and those of other development servers that it trusts. Outside development mode every request
 * passes, and {@code /dev/} is an unknown path like any other.
 *
 * <p>It runs before the other filters, because its responses must not carry their headers: with
 * {@code Access-Control-Allow-Origin}, any web page could read a token.
 */
public class DevelopmentFilter extends HttpFilter {

  private static final String TOKEN = RequestPath.DEVELOPMENT + "token";
  private static final String PEERS = RequestPath.DEVELOPMENT + "peers";
  private static final String PEER_TOKEN = RequestPath.DEVELOPMENT + "peer-token";
  private static final JsonFactory JSON = new JsonFactory();

  @Inject private Optional<DevelopmentIssuer> issuer;
  @Inject private Settings settings;

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
    } else if (!(path.equals(TOKEN) || path.equals(PEERS) || path.equals(PEER_TOKEN))) {
      JsonError.send(response, 404, JsonError.messageFor(404));
    } else if (!request.getMethod().equals("GET")) {
      response.setHeader("Allow", "GET, OPTIONS");
      JsonError.send(response, 405, JsonError.messageFor(405));
    } else {
      // This applies to the query as well, which the Servlet specification reads as ISO 8859-1.
      request.setCharacterEncoding("UTF-8");
      try {
        answer(path, issuer.get(), request, response);
      } catch (Failure.BadRequest bad) {
        JsonError.send(response, 400, String.valueOf(bad.getMessage()));
      }
    }
  }

  private void answer(
      String path, DevelopmentIssuer own, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    DevelopmentPeers peers = DevelopmentPeers.of(settings.federation());
    if (path.equals(PEERS)) {
      send(response, json(peers));
    } else if (path.equals(TOKEN)) {
      send(response, json(mint(own, TokenRequest.of(request::getParameter))));
    } else {
      peerToken(peers, request, response);
    }
  }

  private static void peerToken(
      DevelopmentPeers peers, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    TokenRequest wanted = TokenRequest.of(request::getParameter);
    String domain = request.getParameter("server");
    if (domain == null || !peers.domains().contains(domain)) {
      throw new Failure.BadRequest("server: expected a trusted server of this machine");
    }
    String token;
    try {
      token = peers.token(domain, wanted);
    } catch (IOException unavailable) {
      JsonError.send(response, 502, domain + " gives no token: does it run in development mode?");
      return;
    }
    send(response, token);
  }

  private static DevelopmentGuard guard(HttpServletRequest request) {
    return new DevelopmentGuard(
        request.getRemoteAddr(),
        Collections.list(request.getHeaders("Host")),
        Collections.list(request.getHeaders("Origin")),
        Collections.list(request.getHeaderNames()));
  }

  private static DevelopmentIssuer.Minted mint(DevelopmentIssuer issuer, TokenRequest wanted) {
    Instant now = Instant.now();
    return issuer.mint(
        wanted.subject(),
        wanted.clientId(),
        wanted.scope(),
        wanted.did(),
        now,
        now.plusSeconds(wanted.lifetime()));
  }

  private static void send(HttpServletResponse response, String json) throws IOException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    response.setContentType(JsonError.MEDIA_TYPE);
    response.setHeader("Cache-Control", "no-store");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private static String json(DevelopmentPeers peers) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("domain", peers.own());
      json.writeArrayFieldStart("peers");
      for (String domain : peers.domains()) {
        json.writeString(domain);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return text.toString();
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
