package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestContextTest {
  private static final String SPACE = "6f1c0d52-0c1e-4f0e-9d6b-0a4a3f9e2b11";
  private static final String FILE = "0b8e6a3c-7d1f-4a52-8f0e-5c2d9a7b1e44";

  @ParameterizedTest
  @CsvSource({"PUT, /api/v1/spaces/", "GET, /api/v1/spaces/", "HEAD, /api/v1/federation/spaces/"})
  void aRequestForAFileHasMethodSpaceAndFile(String method, String before) {
    assertThat(RequestContext.file(method, before + SPACE.replace("-", "") + "/files/" + FILE))
        .hasValueSatisfying(
            context ->
                assertThat(context)
                    .hasToString(
                        "{method=" + method + ", space=" + SPACE + ", file=" + FILE + "}"));
  }

  @Test
  void whatIsNoIdStaysOutOfTheLog() {
    assertThat(RequestContext.file("PUT", "/api/v1/spaces/" + SPACE + "/files/secret")).isEmpty();
    assertThat(RequestContext.file("PUT", "/api/v1/spaces/secret/files/" + FILE)).isEmpty();
    assertThat(RequestContext.file("MINE", "/api/v1/spaces/" + SPACE + "/files/" + FILE)).isEmpty();
    assertThat(RequestContext.file("GET", "/health")).isEmpty();
  }
}
