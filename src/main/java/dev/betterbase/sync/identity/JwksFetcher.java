package dev.betterbase.sync.identity;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Fetches key sets over HTTP (auth.md, JWKS): no redirects, at most 1 MiB, 10 s for the whole of
 * it. Nimbus' own retriever follows redirects and bounds each read, not the fetch. No thread waits
 * for an answer.
 */
final class JwksFetcher implements AutoCloseable {
  /** From asking to the last byte. */
  static final Duration TIMEOUT = CachedKeys.FETCH_TIMEOUT;

  static final int MAX_BYTES = CachedKeys.FETCH_BYTES;

  private final HttpClient client;
  private final Duration timeout;

  /**
   * @param executor runs the steps of a fetch; none of them blocks but the look-up of the host name
   */
  JwksFetcher(Executor executor) {
    this(executor, TIMEOUT);
  }

  JwksFetcher(Executor executor, Duration timeout) {
    this.timeout = timeout;
    this.client =
        HttpClient.newBuilder()
            .executor(executor)
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeout)
            .build();
  }

  /** Never throws: every failure is the future's, and it is complete within the time-out. */
  CompletableFuture<Jwks> fetch(URI url) {
    CompletableFuture<HttpResponse<byte[]>> exchange;
    try {
      HttpRequest request =
          HttpRequest.newBuilder(url).header("Accept", "application/json").build();
      exchange = client.sendAsync(request, response -> new BoundedBody(MAX_BYTES));
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
    // The time-out of HttpRequest ends with the headers, so a slow body would go on for ever: what
    // times out here is a copy, and then the exchange itself is cut.
    return exchange
        .thenApply(response -> response)
        .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete(
            (response, failure) -> {
              if (failure != null) {
                exchange.cancel(true);
              }
            })
        .thenCompose(JwksFetcher::read);
  }

  private static CompletableFuture<Jwks> read(HttpResponse<byte[]> response) {
    if (response.statusCode() != 200) {
      return CompletableFuture.failedFuture(
          new IOException("answered with status " + response.statusCode()));
    }
    try {
      return CompletableFuture.completedFuture(
          Jwks.parse(new String(response.body(), StandardCharsets.UTF_8)));
    } catch (ParseException malformed) {
      return CompletableFuture.failedFuture(new IOException("answered with no key set"));
    }
  }

  /** Breaks off what is under way and ends the client's thread. */
  @Override
  public void close() {
    client.shutdownNow();
  }
}
