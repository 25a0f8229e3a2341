package dev.betterbase.sync.settings;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses DATABASE_URL. This is written by hand, because {@code java.net.URI} refuses lists of hosts
 * and unencoded passwords, and the driver's own parser ignores unknown parameters.
 */
final class DatabaseUrlParser {
  private static final String VARIABLE = Setting.DATABASE_URL.name();
  private static final int DEFAULT_PORT = 5432;

  private static final Pattern SHAPE =
      Pattern.compile(
          "(?<jdbc>jdbc:)?postgres(?:ql)?://(?:(?<credentials>[^/?#]*)@)?(?<hosts>[^@/?#]*)"
              + "(?:/(?<database>[^/?#]*))?(?:\\?(?<parameters>[^#]*))?");
  private static final Pattern HOST =
      Pattern.compile(
          "(?:\\[(?<v6>[0-9A-Fa-f:.]+)]|(?<name>[^:\\[\\]]*))(?::(?<port>[0-9]{1,5}))?");

  private static final Set<String> SSL_MODES =
      Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

  /** Parameters, by their names in libpq and in the driver, with the driver's property for each. */
  private static final Map<String, String> PROPERTIES =
      Map.ofEntries(
          Map.entry("sslmode", "sslmode"),
          Map.entry("ssl-mode", "sslmode"),
          Map.entry("sslrootcert", "sslrootcert"),
          Map.entry("sslcert", "sslcert"),
          Map.entry("sslkey", "sslkey"),
          Map.entry("sslpassword", "sslpassword"),
          Map.entry("sslNegotiation", "sslNegotiation"),
          Map.entry("sslnegotiation", "sslNegotiation"),
          Map.entry("channel_binding", "channelBinding"),
          Map.entry("channelBinding", "channelBinding"),
          Map.entry("require_auth", "requireAuth"),
          Map.entry("requireAuth", "requireAuth"),
          Map.entry("application_name", "ApplicationName"),
          Map.entry("ApplicationName", "ApplicationName"),
          Map.entry("options", "options"),
          Map.entry("connect_timeout", "connectTimeout"),
          Map.entry("connectTimeout", "connectTimeout"),
          Map.entry("loginTimeout", "loginTimeout"),
          Map.entry("socketTimeout", "socketTimeout"),
          Map.entry("tcpKeepAlive", "tcpKeepAlive"),
          Map.entry("target_session_attrs", "targetServerType"),
          Map.entry("targetServerType", "targetServerType"),
          Map.entry("hostRecheckSeconds", "hostRecheckSeconds"),
          Map.entry("currentSchema", "currentSchema"),
          Map.entry("prepareThreshold", "prepareThreshold"),
          Map.entry("preparedStatementCacheQueries", "preparedStatementCacheQueries"),
          Map.entry("gssEncMode", "gssEncMode"),
          Map.entry("gssencmode", "gssEncMode"));

  /** libpq's values of {@code target_session_attrs}, with the driver's value for each. */
  private static final Map<String, String> SERVER_TYPES =
      Map.of(
          "read-write", "primary",
          "read-only", "secondary",
          "standby", "secondary",
          "prefer-standby", "preferSecondary");

  private final String url;

  DatabaseUrlParser(String url) {
    this.url = url;
  }

  DatabaseUrl parse() {
    Matcher shape = SHAPE.matcher(url);
    if (!shape.matches()) {
      throw refusal(
          "expected postgres://user:password@host:port/database?sslmode=…, with special characters"
              + " in the password percent-encoded");
    }
    Map<String, String> parameters = parameters(group(shape, "parameters"));
    String credentials = group(shape, "credentials");
    int colon = credentials.indexOf(':');
    String user = decoded(colon < 0 ? credentials : credentials.substring(0, colon), "the user");
    String password = colon < 0 ? "" : decoded(credentials.substring(colon + 1), "the password");
    // JDBC and libpq also allow user and password as parameters.
    user = parameters.getOrDefault("user", user);
    password = parameters.getOrDefault("password", password);
    String database = decoded(group(shape, "database"), "the database");
    if (database.isEmpty()) {
      database = user;
    }
    if (database.isEmpty()) {
      throw refusal("expected the name of a database after the host");
    }
    return new DatabaseUrl(
        hosts(group(shape, "hosts")),
        database,
        user.isEmpty() ? Optional.empty() : Optional.of(user),
        password.isEmpty() ? Optional.empty() : Optional.of(new Secret(password)),
        properties(parameters));
  }

  private static List<DatabaseUrl.Host> hosts(String list) {
    List<DatabaseUrl.Host> hosts = new ArrayList<>();
    for (String entry : list.split(",", -1)) {
      Matcher matcher = HOST.matcher(decoded(entry, "a host"));
      if (!matcher.matches()) {
        throw refusal("expected host:port, with commas between several");
      }
      String name = group(matcher, "v6").isEmpty() ? group(matcher, "name") : group(matcher, "v6");
      if (name.startsWith("/")) {
        throw refusal("expected a host; Unix-domain sockets are not supported");
      }
      String port = group(matcher, "port");
      int number = port.isEmpty() ? DEFAULT_PORT : Integer.parseInt(port);
      if (number < 1 || number > 65535) {
        throw refusal("expected a port from 1 to 65535");
      }
      hosts.add(new DatabaseUrl.Host(name.isEmpty() ? "localhost" : name, number));
    }
    return List.copyOf(hosts);
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String entry : query.split("&", -1)) {
      if (entry.isEmpty()) {
        continue;
      }
      int equals = entry.indexOf('=');
      String name = decoded(equals < 0 ? entry : entry.substring(0, equals), "a parameter");
      String value = equals < 0 ? "" : decoded(entry.substring(equals + 1), "parameter " + name);
      boolean known =
          PROPERTIES.containsKey(name) || name.equals("user") || name.equals("password");
      if (!known) {
        throw refusal("unknown parameter " + shown(name));
      }
      if (value.isEmpty()) {
        throw refusal("parameter " + name + " has no value");
      }
      if (parameters.put(name, value) != null) {
        throw refusal("parameter " + name + " is given twice");
      }
    }
    return parameters;
  }

  private static Map<String, String> properties(Map<String, String> parameters) {
    Map<String, String> properties = new LinkedHashMap<>();
    parameters.forEach(
        (name, value) -> {
          String property = PROPERTIES.get(name);
          if (property == null) {
            return;
          }
          if (properties.put(property, property(property, value)) != null) {
            throw refusal("parameter " + name + " is given twice");
          }
        });
    return Map.copyOf(properties);
  }

  private static String property(String property, String value) {
    return switch (property) {
      case "sslmode" -> {
        if (!SSL_MODES.contains(value)) {
          throw refusal(
              "sslmode: expected disable, allow, prefer, require, verify-ca or verify-full");
        }
        yield value;
      }
      case "targetServerType" -> SERVER_TYPES.getOrDefault(value, value);
      case "connectTimeout",
          "loginTimeout",
          "socketTimeout",
          "prepareThreshold",
          "hostRecheckSeconds",
          "preparedStatementCacheQueries" -> {
        if (!value.matches("[0-9]{1,6}")) {
          throw refusal(property + ": expected a whole number");
        }
        yield value;
      }
      default -> value;
    };
  }

  /** Decodes percent-encoding only. Unlike in a form, a plus sign is a plus sign. */
  private static String decoded(String text, String what) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer decoded = ByteBuffer.allocate(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        decoded.put(bytes[i]);
        continue;
      }
      boolean complete =
          i + 2 < bytes.length
              && HexFormat.isHexDigit(bytes[i + 1])
              && HexFormat.isHexDigit(bytes[i + 2]);
      if (!complete) {
        throw refusal(
            what + ": expected two hex digits after each %; write %25 for a percent sign");
      }
      int high = HexFormat.fromHexDigit(bytes[i + 1]);
      decoded.put((byte) (high << 4 | HexFormat.fromHexDigit(bytes[i + 2])));
      i += 2;
    }
    try {
      String result = StandardCharsets.UTF_8.newDecoder().decode(decoded.flip()).toString();
      if (result.indexOf('\0') >= 0) {
        throw refusal(what + ": expected no NUL character");
      }
      return result;
    } catch (CharacterCodingException e) {
      throw refusal(what + ": expected percent-encoded UTF-8");
    }
  }

  private static String group(Matcher matcher, String name) {
    String group = matcher.group(name);
    return group == null ? "" : group;
  }

  private static String shown(String name) {
    String line = name.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= 60 ? line : line.substring(0, 60) + "…";
  }

  private static InvalidSetting refusal(String text) {
    return new InvalidSetting(VARIABLE + ": " + text);
  }
}
