package dev.betterbase.sync.settings;

import java.util.Locale;
import java.util.Set;

/** Which transport carries the clients' WebSockets. */
public enum WebSocketTransport {
  /** The one that suits the application server. */
  AUTO,
  /** The application server's own WebSockets. */
  STANDARD,
  /** A servlet upgrade, with frames read and written by the server itself; on Payara only. */
  UPGRADE;

  private static final Set<String> VALUES = Set.of("auto", "standard", "upgrade");

  /**
   * Whether the upgrade carries them.
   *
   * @param payara whether the application server is Payara
   * @throws InvalidSetting where it is asked for and cannot be had
   */
  public boolean isUpgradeOn(boolean payara) {
    if (this == UPGRADE && !payara) {
      throw new InvalidSetting(
          Setting.WEBSOCKET_TRANSPORT
              + "=upgrade: expected auto or standard on a server other than Payara");
    }
    return payara && this != STANDARD;
  }

  static WebSocketTransport read(SettingsReader reader) {
    SettingsReader.Given given = reader.withDefault(Setting.WEBSOCKET_TRANSPORT);
    if (!VALUES.contains(given.value())) {
      throw given.expected("auto, standard or upgrade");
    }
    return valueOf(given.value().toUpperCase(Locale.ROOT));
  }
}
