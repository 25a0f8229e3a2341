package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The paths that need no bearer token: only these exact texts, and no other spelling. */
class RequestPathTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/health",
        "/mp-health",
        "/mp-health/live",
        "/mp-health/ready",
        "/mp-health/started",
        "/.well-known/jwks.json",
        "/api/v1/ws",
        "/api/v1/federation/ws",
        "/api/v1/federation/spaces/0a-1/files/B-2"
      })
  void known(String path) {
    assertThat(RequestPath.isPublic(path)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/health/",
        "/health;x",
        "/mp-health/",
        "/mp-health/live/",
        "/mp-health/../metrics",
        "/mp-metrics",
        "/api/v1/federation/trusted",
        "/api/v1/federation/spaces/../trusted",
        "/api/v1/federation/spaces/../files/x",
        "/api/v1/federation/spaces/x/files/..",
        "/api/v1/federation/spaces/x/files/y/../../../../trusted",
        "/api/v1/federation/spaces/%2e%2e/files/x",
        "/api/v1/federation/spaces/x;y/files/z",
        "/api/v1/federation/spaces/x/files/",
        "/api/v1/federation/spaces//files/x",
        "/api/v1/spaces/x/files/y"
      })
  void everythingElseIsNot(String path) {
    assertThat(RequestPath.isPublic(path)).isFalse();
  }
}
