package dev.betterbase.sync.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** The effect of WEBSOCKET_TRANSPORT on Payara and on other servers. */
class WebSocketTransportTest {
  @Test
  void payaraUsesTheUpgradeUnlessTheSettingIsStandard() {
    assertThat(WebSocketTransport.AUTO.isUpgradeOn(true)).isTrue();
    assertThat(WebSocketTransport.UPGRADE.isUpgradeOn(true)).isTrue();
    assertThat(WebSocketTransport.STANDARD.isUpgradeOn(true)).isFalse();
  }

  @Test
  void otherServersUseTheStandardTransportAndRefuseTheUpgrade() {
    assertThat(WebSocketTransport.AUTO.isUpgradeOn(false)).isFalse();
    assertThat(WebSocketTransport.STANDARD.isUpgradeOn(false)).isFalse();
    assertThatThrownBy(() -> WebSocketTransport.UPGRADE.isUpgradeOn(false))
        .isInstanceOf(InvalidSetting.class)
        .hasMessage(
            "WEBSOCKET_TRANSPORT=upgrade: expected auto or standard on a server other than Payara");
  }
}
