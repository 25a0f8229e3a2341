package dev.betterbase.sync.http;

import dev.betterbase.sync.protocol.Sha256;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * One file of a web page, held in memory as it is and compressed.
 *
 * @param mediaType with the character set
 * @param etag quoted, as in the header
 */
record StaticPage(byte[] content, byte[] compressed, String mediaType, String etag) {

  private static final Map<String, String> MEDIA_TYPES =
      Map.of(
          "html", "text/html",
          "css", "text/css",
          "js", "text/javascript",
          "svg", "image/svg+xml",
          "md", "text/plain");

  /**
   * No script, style or connection from elsewhere, nothing inline, no frames. {@code 'self'} covers
   * the WebSocket of the same host and port. Other servers to connect to take the place of {@code
   * %s}.
   */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
          + " connect-src 'self'%s; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'; require-trusted-types-for 'script'";

  private static final Map<String, String> HEADERS =
      Map.of(
          "X-Content-Type-Options",
          "nosniff",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Opener-Policy",
          "same-origin",
          "Cross-Origin-Resource-Policy",
          "same-origin",
          "Cache-Control",
          "no-cache",
          "Vary",
          "Accept-Encoding");

  /**
   * A file.
   *
   * @param name its name, whose ending gives its media type
   * @throws IllegalArgumentException if the ending is not one that pages have
   */
  static StaticPage of(String name, byte[] content) {
    String mediaType = MEDIA_TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (mediaType == null) {
      throw new IllegalArgumentException("no media type for " + name);
    }
    String hash = HexFormat.of().formatHex(Sha256.of(content), 0, 16);
    return new StaticPage(
        content, compress(content), mediaType + "; charset=utf-8", '"' + hash + '"');
  }

  /** Whether a file of this name can be part of a page. */
  static boolean isNamed(String name) {
    return MEDIA_TYPES.containsKey(name.substring(name.lastIndexOf('.') + 1));
  }

  private static byte[] compress(byte[] content) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(content);
    } catch (IOException never) {
      throw new IllegalStateException(never);
    }
    return compressed.toByteArray();
  }

  /**
   * Sets the headers of every page.
   *
   * @param connectSources the sources besides this server that a page may connect to, each with a
   *     space before it
   */
  static void protect(HttpServletResponse response, String connectSources) {
    response.setHeader("Content-Security-Policy", POLICY.formatted(connectSources));
    HEADERS.forEach(response::setHeader);
  }

  /** Answers a GET or HEAD. */
  void send(HttpServletRequest request, HttpServletResponse response, String connectSources)
      throws IOException {
    protect(response, connectSources);
    response.setHeader("ETag", etag);
    if (etag.equals(request.getHeader("If-None-Match"))) {
      response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
      return;
    }
    byte[] body = content;
    if (takesGzip(request)) {
      response.setHeader("Content-Encoding", "gzip");
      body = compressed;
    }
    response.setContentType(mediaType);
    response.setContentLength(body.length);
    if (request.getMethod().equals("GET")) {
      response.getOutputStream().write(body);
    }
  }

  private static boolean takesGzip(HttpServletRequest request) {
    String accepted = request.getHeader("Accept-Encoding");
    return accepted != null
        && accepted.toLowerCase(Locale.ROOT).matches("(.*,)?\\s*gzip\\s*(,.*)?");
  }
}
