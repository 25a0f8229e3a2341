package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonErrorTest {

  @Test
  void theMessageIsEscaped() {
    assertThat(JsonError.body("a \"b\" \\ \n \u0000 ß"))
        .isEqualTo("{\"error\":\"a \\\"b\\\" \\\\ \\n \\u0000 ß\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "400, bad request",
    "404, not found",
    "405, method not allowed",
    "406, not acceptable",
    "413, request entity too large",
    "415, unsupported media type",
    "431, request header fields too large",
    "499, request failed",
    "500, internal",
    "501, internal",
    "503, service unavailable"
  })
  void aStatusHasItsReasonPhraseInLowerCase(int status, String message) {
    assertThat(JsonError.messageFor(status)).isEqualTo(message);
  }
}
