package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class DevelopmentGuardTest {

  private static final String PEER = "127.0.0.1";
  private static final List<String> HOST = List.of("localhost:5379");
  private static final List<String> HEADERS = List.of("Host", "Accept", "User-Agent");

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"})
  void aLoopbackPeerIsServed(String peer) {
    assertThat(new DevelopmentGuard(peer, HOST, List.of(), HEADERS).refusal()).isEmpty();
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(strings = {"10.0.0.1", "192.168.1.7", "128.0.0.1", "::2", "fe80::1", "0.0.0.0", "?"})
  void anyOtherPeerIsRefused(@Nullable String peer) {
    assertThat(new DevelopmentGuard(peer, HOST, List.of(), HEADERS).refusal())
        .contains("development tokens are for this machine only");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LOCALHOST",
        "localhost:1",
        "localhost:5379",
        "127.0.0.1",
        "127.0.0.1:65535",
        "[::1]",
        "[::1]:8080"
      })
  void aLoopbackHostIsServed(String host) {
    assertThat(new DevelopmentGuard(PEER, List.of(host), List.of(), HEADERS).refusal()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "evil.example",
        "localhost.evil.example",
        "evil.localhost",
        "localhost.",
        "127.0.0.1.nip.io",
        "127.0.0.2",
        "0.0.0.0",
        "[::2]",
        "::1",
        "localhost:",
        "localhost:5379x",
        "localhost:5379,evil.example",
        "user@localhost",
        "localhost\n",
        "10.0.0.1:5379"
      })
  void anyOtherHostIsRefused(String host) {
    assertThat(new DevelopmentGuard(PEER, List.of(host), List.of(), HEADERS).refusal())
        .contains("development tokens need a loopback Host");
  }

  @Test
  void noHostAndTwoHostsAreRefused() {
    assertThat(new DevelopmentGuard(PEER, List.of(), List.of(), HEADERS).refusal()).isPresent();
    assertThat(
            new DevelopmentGuard(PEER, List.of("localhost", "localhost"), List.of(), HEADERS)
                .refusal())
        .isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost",
        "http://localhost:3000",
        "https://localhost:3000",
        "HTTP://LocalHost:3000",
        "http://127.0.0.1:5173",
        "http://[::1]:5173"
      })
  void aLoopbackOriginIsServed(String origin) {
    assertThat(new DevelopmentGuard(PEER, HOST, List.of(origin), HEADERS).refusal()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "http://evil.example",
        "https://localhost.evil.example",
        "http://localhost@evil.example",
        "http://localhost/",
        "http://localhost http://evil.example",
        "file://",
        "chrome-extension://localhost",
        "localhost",
        "http://127.0.0.2"
      })
  void anyOtherOriginIsRefused(String origin) {
    assertThat(new DevelopmentGuard(PEER, HOST, List.of(origin), HEADERS).refusal())
        .contains("development tokens need a loopback Origin or none");
  }

  @Test
  void oneForeignOriginBesideALoopbackOneIsRefused() {
    List<String> origins = List.of("http://localhost", "http://evil.example");

    assertThat(new DevelopmentGuard(PEER, HOST, origins, HEADERS).refusal()).isPresent();
  }

  // The tests run in the Turkish locale. Its dotless i must not break the comparison of names.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Forwarded",
        "FORWARDED",
        "X-Forwarded-For",
        "x-forwarded-host",
        "X-FORWARDED-PROTO",
        "X-Forwarded-Client-Cert",
        "X-FORWARDED-VIA-IIS",
        "Via",
        "X-REAL-IP",
        "x-client-ip",
        "CF-Connecting-IP",
        "True-Client-IP",
        "CDN-Loop"
      })
  void whatCameThroughAProxyIsRefused(String header) {
    assertThat(new DevelopmentGuard(PEER, HOST, List.of(), List.of("Host", header)).refusal())
        .contains("development tokens are not given through a proxy");
  }

  @ParameterizedTest
  @CsvSource({"X-Forward", "Forwarded-By", "X-Requested-With"})
  void otherHeadersAreNoForwarding(String header) {
    assertThat(new DevelopmentGuard(PEER, HOST, List.of(), List.of("Host", header)).refusal())
        .isEmpty();
  }
}
