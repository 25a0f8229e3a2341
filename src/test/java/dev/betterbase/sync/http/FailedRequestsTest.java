package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailedRequestsTest {
  @ParameterizedTest
  @CsvSource({
    "GET, /health, GET /health",
    "PUT, /api/v1/spaces/0b5e/files/77aa, PUT /api/v1/spaces/*/files/*",
    "GET, /alice@example.com;secret, GET /*",
    "ALICE, /.well-known/jwks.json, * /.well-known/jwks.json",
    "GET, /, GET /"
  })
  void aRouteHasNoTextOfAClient(String method, String path, String route) {
    assertThat(FailedRequests.route(method, path)).isEqualTo(route);
  }

  @Test
  void aLongPathIsCut() {
    assertThat(FailedRequests.route("GET", "/x".repeat(1_000))).hasSizeLessThan(40);
  }
}
