package dev.betterbase.sync.launcher.payara;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MalformedTargetsTest {

  @ParameterizedTest
  @ValueSource(strings = {"/%", "/%4", "/%zz", "/a%2", "/%2G", "/%%41", "/%41%"})
  void anIncompleteEscapeIsMalformed(String target) {
    assertThat(MalformedTargets.isMalformed(target)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/..", "/a/..", "/a/.", "/a/%2e%2E", "/a/.%2e"})
  void aDotSegmentAtTheEndIsMalformed(String target) {
    assertThat(MalformedTargets.isMalformed(target)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/", "/a/../b", "/a..", "/...", "/a/.b", "/health", "/%41", "/%c3%BC", "/a%25b"
      })
  void anyOtherTargetIsWellFormed(String target) {
    assertThat(MalformedTargets.isMalformed(target)).isFalse();
  }
}
