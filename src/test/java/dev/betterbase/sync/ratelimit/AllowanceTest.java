package dev.betterbase.sync.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AllowanceTest {
  @Test
  void namesNobody() {
    var allowance = new Allowance(LimitedAction.INVITATION_CREATE, "a".repeat(64), 10);
    assertThat(allowance).hasToString("Allowance[INVITATION_CREATE, 10 an hour]");
  }
}
