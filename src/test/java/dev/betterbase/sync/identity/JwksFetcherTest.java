package dev.betterbase.sync.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwksFetcherTest {
  private static final SigningKey KEY = SigningKey.withKid("k");

  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final JwksServer server = new JwksServer();
  private final JwksFetcher fetcher = new JwksFetcher(executor);

  @AfterEach
  void stop() {
    fetcher.close();
    server.close();
    executor.shutdownNow();
  }

  private static Jwks get(CompletableFuture<Jwks> fetch)
      throws InterruptedException, ExecutionException, TimeoutException {
    return fetch.get(60, TimeUnit.SECONDS);
  }

  private void assertFails(CompletableFuture<Jwks> fetch) {
    assertThatThrownBy(() -> get(fetch)).isInstanceOf(ExecutionException.class);
  }

  @Test
  void readsAKeySet() throws Exception {
    server.serves(KEY.jwks());
    assertThat(get(fetcher.fetch(server.url())).verifier("k")).isPresent();
  }

  @Test
  void skipsAByteOrderMark() throws Exception {
    server.serves("\uFEFF" + KEY.jwks());
    assertThat(get(fetcher.fetch(server.url())).verifier("k")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"id_provider", "_id.my_stack", "id_.example"})
  void fetchesFromAHostWithAnUnderscoreInItsName(String host) throws Exception {
    URI url = server.url(host);
    assertThat(url.getHost()).isNull();
    String keys = KEY.jwks();
    String full = keys + " ".repeat(JwksFetcher.MAX_BYTES - keys.length());
    server.serves(full);
    assertThat(get(fetcher.fetch(url)).verifier("k")).isPresent();
    server.serves(full + " ");
    assertFails(fetcher.fetch(url));
    server.fails();
    assertFails(fetcher.fetch(url));
    server.close();
    assertFails(fetcher.fetch(url));
  }

  @Test
  void limitsTheTimeOfAFetchFromAHostWithAnUnderscoreInItsName() throws Exception {
    CountDownLatch brokenOff = new CountDownLatch(1);
    server.answers(exchange -> writeUntilBrokenOff(exchange, new byte[] {' '}, brokenOff));
    try (JwksFetcher hasty = new JwksFetcher(executor, Duration.ofMillis(300))) {
      assertThatThrownBy(() -> get(hasty.fetch(server.url("id_provider"))))
          .isInstanceOf(ExecutionException.class);
      assertThat(brokenOff.await(60, TimeUnit.SECONDS)).isTrue();
      server.hold();
      assertThatThrownBy(() -> get(hasty.fetch(server.url("id_provider"))))
          .isInstanceOf(ExecutionException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {201, 204, 400, 404, 500, 503})
  void takesNoOtherStatusThan200(int status) {
    byte[] body = KEY.jwks().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    server.answers(
        exchange -> {
          exchange.sendResponseHeaders(status, status == 204 ? -1 : body.length);
          if (status != 204) {
            exchange.getResponseBody().write(body);
          }
        });
    assertFails(fetcher.fetch(server.url()));
  }

  @ParameterizedTest
  @CsvSource({
    "301,127.0.0.1",
    "302,127.0.0.1",
    "303,127.0.0.1",
    "307,127.0.0.1",
    "308,127.0.0.1",
    "301,id_provider",
    "307,id_provider"
  })
  void followsNoRedirect(int status, String host) throws IOException {
    try (JwksServer target = new JwksServer()) {
      target.serves(KEY.jwks());
      server.answers(
          exchange -> {
            exchange.getResponseHeaders().set("Location", target.url().toString());
            exchange.sendResponseHeaders(status, -1);
          });
      assertFails(fetcher.fetch(server.url(host)));
      assertThat(target.fetches()).isZero();
    }
  }

  @Test
  void readsOneMebibyteAndNotOneByteMore() throws Exception {
    String keys = KEY.jwks();
    String full = keys + " ".repeat(JwksFetcher.MAX_BYTES - keys.length());
    server.serves(full);
    assertThat(get(fetcher.fetch(server.url())).verifier("k")).isPresent();
    server.serves(full + " ");
    assertFails(fetcher.fetch(server.url()));
  }

  @Test
  void breaksOffABodyWithoutEnd() throws Exception {
    CountDownLatch brokenOff = new CountDownLatch(1);
    server.answers(exchange -> writeUntilBrokenOff(exchange, new byte[65536], brokenOff));
    assertFails(fetcher.fetch(server.url()));
    assertThat(brokenOff.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void breaksOffABodyThatTricklesIn() throws Exception {
    CountDownLatch brokenOff = new CountDownLatch(1);
    server.answers(exchange -> writeUntilBrokenOff(exchange, new byte[] {' '}, brokenOff));
    try (JwksFetcher hasty = new JwksFetcher(executor, Duration.ofMillis(300))) {
      assertThatThrownBy(() -> get(hasty.fetch(server.url())))
          .hasCauseInstanceOf(TimeoutException.class);
      assertThat(brokenOff.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void writeUntilBrokenOff(
      HttpExchange exchange, byte[] piece, CountDownLatch brokenOff) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      while (!Thread.currentThread().isInterrupted()) {
        out.write(piece);
        out.flush();
        if (piece.length == 1) {
          Thread.sleep(5);
        }
      }
    } catch (IOException e) {
      brokenOff.countDown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void waitsForNoAnswerLongerThanTheTimeOut() {
    server.hold();
    try (JwksFetcher hasty = new JwksFetcher(executor, Duration.ofMillis(300))) {
      assertThatThrownBy(() -> get(hasty.fetch(server.url())))
          .hasCauseInstanceOf(TimeoutException.class);
    }
  }

  @Test
  void failsWhereNobodyListensAndWhereTheUrlIsNone() {
    URI url = server.url();
    server.close();
    assertFails(fetcher.fetch(url));
    assertFails(fetcher.fetch(URI.create("mailto:someone")));
  }

  @Test
  void closingBreaksOffWhatIsUnderWay() {
    server.hold();
    server.serves(KEY.jwks());
    CompletableFuture<Jwks> fetch = fetcher.fetch(server.url());
    Awaitility.await().until(() -> server.fetches() == 1);
    fetcher.close();
    assertFails(fetch);
    assertFails(fetcher.fetch(server.url()));
  }
}
