package dev.betterbase.sync.federation.calling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** auth.md, HTTP signature: the times of the signatures of handshakes. */
class SignatureTimeTest {
  @ParameterizedTest
  @CsvSource({
    "1800000000, 0, 1800000000",
    "1800000000, 1799999999, 1800000000",
    "1800000000, 1800000000, 1800000001",
    "1800000000, 1800000300, 1800000301",
    // The clock was a day ahead, and was set back: peers refuse what lies more than 300 s ahead.
    "1800000000, 1800000301, 1800000000",
    "1800000000, 1800086400, 1800000000",
  })
  void noTwoAreEqualAndNoneLiesFarAhead(long now, long last, long expected) {
    assertThat(HomeDialer.created(now, last)).isEqualTo(expected);
  }
}
