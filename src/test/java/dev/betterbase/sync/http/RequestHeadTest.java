package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestHeadTest {

  private static boolean isMalformed(String target) {
    return new RequestHead("GET", target, "HTTP/1.1", List.of("sync"), List.of(), false)
        .fault()
        .isPresent();
  }

  private static boolean isMalformed(
      String protocol, List<String> hosts, List<String> codings, boolean hasContentLength) {
    return new RequestHead("POST", "/health", protocol, hosts, codings, hasContentLength)
        .fault()
        .isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/%", "/%4", "/%zz", "/a%2", "/%2G", "/%%41", "/%41%"})
  void anIncompleteEscapeIsMalformed(String target) {
    assertThat(isMalformed(target)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/..", "/a/..", "/a/.", "/a/%2e%2E", "/a/.%2e"})
  void aDotSegmentAtTheEndIsMalformed(String target) {
    assertThat(isMalformed(target)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/", "/a/../b", "/a..", "/...", "/a/.b", "/health", "/%41", "/%c3%BC", "/a%25b"
      })
  void anyOtherTargetIsWellFormed(String target) {
    assertThat(isMalformed(target)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"sync", "sync.example.com:443", "sync_1:", "127.0.0.1:80", "[::1]:5379", "a%20b"})
  void oneHostIsWellFormed(String host) {
    assertThat(isMalformed("HTTP/1.1", List.of(host), List.of(), true)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":80",
        "a b",
        "a/b",
        "a:b",
        "a:1:2",
        "a:123456",
        "user@a",
        "[a",
        "[x]",
        "\u00fc",
        "a\tb"
      })
  void anInvalidHostIsMalformed(String host) {
    assertThat(isMalformed("HTTP/1.1", List.of(host), List.of(), false)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"CONNECT", "PRI"})
  void thereAreNoTunnels(String method) {
    var head = new RequestHead(method, "/health", "HTTP/1.1", List.of("a"), List.of(), false);
    assertThat(head.fault()).isPresent();
  }

  @Test
  void twoHostsAreMalformed() {
    assertThat(isMalformed("HTTP/1.1", List.of("a", "a"), List.of(), false)).isTrue();
    assertThat(isMalformed("HTTP/1.0", List.of(), List.of(), false)).isFalse();
  }

  @Test
  void anAmbiguousEndIsMalformed() {
    List<String> host = List.of("a");
    assertThat(isMalformed("HTTP/1.1", host, List.of("chunked"), false)).isFalse();
    assertThat(isMalformed("HTTP/1.1", host, List.of("Chunked"), false)).isFalse();
    assertThat(isMalformed("HTTP/1.1", host, List.of("chunked"), true)).isTrue();
    assertThat(isMalformed("HTTP/1.0", host, List.of("chunked"), false)).isTrue();
    assertThat(isMalformed("HTTP/1.1", host, List.of("chunked", "chunked"), false)).isTrue();
    for (String unknown :
        List.of("", "identity", "gzip", "gzip, chunked", "xchunked", "chunked,")) {
      assertThat(isMalformed("HTTP/1.1", host, List.of(unknown), false)).as(unknown).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "\r\nGET", "X\r\nGET", "G@T", "G\u0000T", "G\tT", "(GET)", "G\u00cbT"})
  void aMethodThatIsNoTokenIsMalformed(String method) {
    var head = new RequestHead(method, "/health", "HTTP/1.1", List.of("a"), List.of(), false);
    assertThat(head.fault()).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PROPFIND", "get", "M-SEARCH", "x!#$%&'*+.^_`|~9"})
  void anyTokenIsAMethod(String method) {
    var head = new RequestHead(method, "/health", "HTTP/1.1", List.of("a"), List.of(), false);
    assertThat(head.fault()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/0.9"})
  void aProtocolWithoutHeadersIsMalformed(String protocol) {
    var head = new RequestHead("GET", "/health", protocol, List.of("a"), List.of(), false);
    assertThat(head.fault()).isPresent();
  }
}
