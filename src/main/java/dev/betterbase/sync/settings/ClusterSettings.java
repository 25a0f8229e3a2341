package dev.betterbase.sync.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The nodes of one service that tell one another what happens (config.md, Settings).
 *
 * @param address the address on which this node listens to the others
 * @param members the addresses of other nodes, each {@code host:port}; a name may stand for several
 * @param secret known to the nodes of this service only
 */
public record ClusterSettings(ListenAddress address, List<String> members, Secret secret) {
  private static final int SECRET_BYTES = 32;

  static Optional<ClusterSettings> read(SettingsReader reader) {
    SettingsReader.Given kind = reader.withDefault(Setting.CLUSTER);
    return switch (kind.value()) {
      case "none" -> Optional.empty();
      case "hazelcast" -> Optional.of(hazelcast(reader));
      default -> throw kind.expected("none or hazelcast");
    };
  }

  private static ClusterSettings hazelcast(SettingsReader reader) {
    String why = "with CLUSTER=hazelcast";
    SettingsReader.Given listen = reader.withDefault(Setting.CLUSTER_LISTEN_ADDR);
    ListenAddress address = ListenAddress.parse(listen);
    if (address.port() == 0) {
      throw listen.expected("a port from 1 to 65535, because the other nodes must know it");
    }
    SettingsReader.Given members = reader.require(Setting.CLUSTER_MEMBERS, why);
    SettingsReader.Given secret = reader.require(Setting.CLUSTER_SECRET, why);
    if (secret.value().getBytes(UTF_8).length < SECRET_BYTES) {
      throw secret.expected("at least " + SECRET_BYTES + " bytes, such as `openssl rand -hex 32`");
    }
    return new ClusterSettings(
        address, members(members, address.port()), new Secret(secret.value()));
  }

  private static List<String> members(SettingsReader.Given given, int port) {
    return SettingsReader.split(given.value(), ",").stream()
        .map(
            member -> {
              if (!member.matches("(\\[[0-9A-Fa-f:.]+]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?")) {
                throw given.expected("host names or addresses, each with or without a port");
              }
              return member.matches(".*:[0-9]{1,5}") && !member.endsWith("]")
                  ? member
                  : member + ":" + port;
            })
        .toList();
  }

  /** The error that the server has no Hazelcast. */
  public static InvalidSetting noHazelcast() {
    return new InvalidSetting(
        Setting.CLUSTER,
        "CLUSTER=hazelcast: expected a server that has Hazelcast, as Payara does; add it to WildFly"
            + " as the module com.hazelcast");
  }

  /**
   * The error that this node cannot listen.
   *
   * @param why the reason that Hazelcast gives
   */
  public InvalidSetting cannotListen(String why) {
    return new InvalidSetting(
        Setting.CLUSTER_LISTEN_ADDR,
        Setting.CLUSTER_LISTEN_ADDR
            + "="
            + address
            + ": expected a free address and port of this machine: "
            + InvalidSetting.shown(why));
  }

  /** The name of the cluster. Without the secret, it can only be read off the wire. */
  public String name() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(("betterbase-sync cluster name\0" + secret.value()).getBytes(UTF_8));
      return "betterbase-" + HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
