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
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parses DATABASE_URL. What the URL leaves open is taken from the environment variables of libpq,
 * such as PGHOST and PGSSLMODE. This is written by hand, because {@code java.net.URI} refuses lists
 * of hosts and unencoded passwords, and the driver's own parser ignores unknown parameters and
 * knows none of the variables but PGPASSFILE.
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

  /** A host without a port, where IPv6 has no brackets. */
  private static final Pattern PLAIN_HOST = Pattern.compile("[0-9A-Fa-f:.]*|[^:/?#@%\\[\\]\\s]*");

  private static final String SERVER_TYPE = "targetServerType";

  /** The driver's values of it with which the database may be one that can be written. */
  private static final Set<String> WRITABLE = Set.of("any", "primary", "preferPrimary");

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
          Map.entry("target_session_attrs", SERVER_TYPE),
          Map.entry("targetServerType", SERVER_TYPE),
          Map.entry("hostRecheckSeconds", "hostRecheckSeconds"),
          Map.entry("currentSchema", "currentSchema"),
          Map.entry("prepareThreshold", "prepareThreshold"),
          Map.entry("preparedStatementCacheQueries", "preparedStatementCacheQueries"),
          Map.entry("gssEncMode", "gssEncMode"),
          Map.entry("gssencmode", "gssEncMode"));

  /** The variables of libpq that stand for a parameter of the URL. */
  private static final Map<String, String> VARIABLES =
      Map.ofEntries(
          Map.entry("PGSSLMODE", "sslmode"),
          Map.entry("PGSSLROOTCERT", "sslrootcert"),
          Map.entry("PGSSLCERT", "sslcert"),
          Map.entry("PGSSLKEY", "sslkey"),
          Map.entry("PGSSLNEGOTIATION", "sslnegotiation"),
          Map.entry("PGCHANNELBINDING", "channel_binding"),
          Map.entry("PGREQUIREAUTH", "require_auth"),
          Map.entry("PGAPPNAME", "application_name"),
          Map.entry("PGOPTIONS", "options"),
          Map.entry("PGCONNECT_TIMEOUT", "connect_timeout"),
          Map.entry("PGTARGETSESSIONATTRS", "target_session_attrs"),
          Map.entry("PGGSSENCMODE", "gssencmode"));

  /** Values of libpq and of older drivers, with today's value of the driver for each. */
  private static final Map<String, String> SERVER_TYPES =
      Map.of(
          "read-write", "primary",
          "master", "primary",
          "read-only", "secondary",
          "standby", "secondary",
          "prefer-standby", "preferSecondary");

  private final String url;
  private final Function<String, @Nullable String> environment;

  /**
   * @param environment gives the value of a variable, or null
   */
  DatabaseUrlParser(String url, Function<String, @Nullable String> environment) {
    this.url = url;
    this.environment = environment;
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
    user = orVariable(parameters.getOrDefault("user", user), "PGUSER");
    password = orVariable(parameters.getOrDefault("password", password), "PGPASSWORD");
    String database = orVariable(decoded(group(shape, "database"), "the database"), "PGDATABASE");
    if (database.isEmpty()) {
      database = user;
    }
    if (database.isEmpty()) {
      throw refusal("expected the name of a database after the host");
    }
    Map<String, String> properties = properties(parameters);
    addVariables(properties);
    List<DatabaseUrl.Host> hosts = hosts(group(shape, "hosts"));
    if (hosts.size() > 1) {
      // Without this, the driver would stay with a standby if that is the first to answer.
      properties.putIfAbsent(SERVER_TYPE, "primary");
    }
    return new DatabaseUrl(
        hosts,
        database,
        user.isEmpty() ? Optional.empty() : Optional.of(user),
        password.isEmpty() ? Optional.empty() : Optional.of(new Secret(password)),
        Map.copyOf(properties));
  }

  /** The text, or the value of a variable if it is empty, or else an empty text. */
  private String orVariable(String text, String variable) {
    if (!text.isEmpty()) {
      return text;
    }
    String value = environment.apply(variable);
    return value == null ? "" : value;
  }

  private void addVariables(Map<String, String> properties) {
    VARIABLES.forEach(
        (variable, parameter) -> {
          String property = PROPERTIES.get(parameter);
          String value = environment.apply(variable);
          if (property != null
              && value != null
              && !value.isEmpty()
              && !properties.containsKey(property)) {
            properties.put(property, property(variable, property, value));
          }
        });
  }

  private List<DatabaseUrl.Host> hosts(String list) {
    if (list.isEmpty() || (list.startsWith(":") && !list.contains(","))) {
      return openHosts(list.isEmpty() ? "" : list.substring(1));
    }
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
      hosts.add(
          new DatabaseUrl.Host(
              name.isEmpty() ? "localhost" : name,
              port.isEmpty() ? openPort() : port(VARIABLE, port)));
    }
    return List.copyOf(hosts);
  }

  /** The hosts of PGHOST, or else localhost. */
  private List<DatabaseUrl.Host> openHosts(String port) {
    int number = port.isEmpty() ? openPort() : port(VARIABLE, port);
    List<DatabaseUrl.Host> hosts = new ArrayList<>();
    for (String name : orVariable("", "PGHOST").split(",", -1)) {
      if (name.startsWith("/") || name.startsWith("@")) {
        throw refusal("PGHOST", "expected a host; Unix-domain sockets are not supported");
      }
      if (!PLAIN_HOST.matcher(name).matches()) {
        throw refusal("PGHOST", "expected host names or addresses, with commas between several");
      }
      hosts.add(new DatabaseUrl.Host(name.isEmpty() ? "localhost" : name, number));
    }
    return List.copyOf(hosts);
  }

  /** The port of PGPORT, or else 5432. */
  private int openPort() {
    String port = orVariable("", "PGPORT");
    return port.isEmpty() ? DEFAULT_PORT : port("PGPORT", port);
  }

  private static int port(String where, String text) {
    int number = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
    if (number < 1 || number > 65535) {
      throw refusal(where, "expected a port from 1 to 65535");
    }
    return number;
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
          if (properties.put(property, property(VARIABLE, property, value)) != null) {
            throw refusal("parameter " + name + " is given twice");
          }
        });
    return properties;
  }

  /**
   * The value of a property of the driver.
   *
   * @param where the variable to name in an error
   */
  private static String property(String where, String property, String value) {
    return switch (property) {
      case "sslmode" -> {
        if (!SSL_MODES.contains(value)) {
          throw refusal(
              where, "sslmode: expected disable, allow, prefer, require, verify-ca or verify-full");
        }
        yield value;
      }
      case SERVER_TYPE -> {
        String type = SERVER_TYPES.getOrDefault(value, value);
        if (!WRITABLE.contains(type)) {
          throw refusal(
              where, "targetServerType: expected primary, preferPrimary or any: the server writes");
        }
        yield type;
      }
      case "connectTimeout",
          "loginTimeout",
          "socketTimeout",
          "prepareThreshold",
          "hostRecheckSeconds",
          "preparedStatementCacheQueries" -> {
        if (!value.matches("[0-9]{1,6}")) {
          throw refusal(where, property + ": expected a whole number");
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
    return refusal(VARIABLE, text);
  }

  private static InvalidSetting refusal(String where, String text) {
    return new InvalidSetting(Setting.DATABASE_URL, where + ": " + text);
  }
}
