package dev.betterbase.sync.settings;

/** The transport of the clients' WebSockets. */
public enum WebSocketTransport {
  /** The upgrade on Payara, the standard transport elsewhere. */
  AUTO,
  /** The WebSocket implementation of the application server. */
  STANDARD,
  /** A servlet upgrade after which this program reads and writes frames itself; on Payara only. */
  UPGRADE;

  /**
   * Whether to use the upgrade.
   *
   * @param payara whether the application server is Payara
   * @throws InvalidSetting if the upgrade is required on another server
   */
  public boolean isUpgradeOn(boolean payara) {
    if (this == UPGRADE && !payara) {
      throw new InvalidSetting(
          Setting.WEBSOCKET_TRANSPORT,
          Setting.WEBSOCKET_TRANSPORT
              + "=upgrade: expected auto or standard on a server other than Payara");
    }
    return payara && this != STANDARD;
  }

  static WebSocketTransport read(SettingsReader reader) {
    SettingsReader.Given given = reader.withDefault(Setting.WEBSOCKET_TRANSPORT);
    return switch (given.value()) {
      case "auto" -> AUTO;
      case "standard" -> STANDARD;
      case "upgrade" -> UPGRADE;
      default -> throw given.expected("auto, standard or upgrade");
    };
  }
}
