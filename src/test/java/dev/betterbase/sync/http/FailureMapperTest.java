package dev.betterbase.sync.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.protocol.Failure;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailureMapperTest {

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new Failure.InvalidParams(), 400),
        Arguments.of(new Failure.BadRequest("no"), 400),
        Arguments.of(new Failure.Forbidden(), 403),
        Arguments.of(new Failure.NotFound(), 404),
        Arguments.of(new Failure.MethodNotFound("no"), 404),
        Arguments.of(new Failure.Conflict(), 409),
        Arguments.of(new Failure.KeyGenerationStale(), 409),
        Arguments.of(new Failure.PayloadTooLarge(), 413),
        Arguments.of(new Failure.RateLimited("no"), 429),
        Arguments.of(new Failure.Internal(new IllegalStateException()), 500));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void everyFailureHasItsStatus(Failure failure, int status) {
    assertThat(FailureMapper.statusOf(failure)).isEqualTo(status);
  }
}
