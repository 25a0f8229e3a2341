package dev.betterbase.sync.settings;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every setting there is, by the name of its environment variable (config.md). The README's table
 * is checked against this one; a default that is a value is read from here by the code that uses
 * it.
 */
public enum Setting {
  DATABASE_URL(
      Default.shown("an embedded PostgreSQL in `./data/postgres`"),
      "`postgres://user:password@host:port/db?sslmode=…`, also `postgresql://` or a JDBC URL. A WAR"
          + " on a server takes the server's datasource instead and warns that this is ignored",
      Visibility.SECRET),
  TRUSTED_ISSUERS(
      Default.shown("none: the server refuses to start, unless with `--dev`"),
      "the OAuth issuers whose access tokens are taken, separated by spaces: `issuer` or"
          + " `issuer=jwks_url`; the keys are at `<issuer>/.well-known/jwks.json` by default"),
  LISTEN_ADDR(
      Default.value("0.0.0.0:5379"),
      "address and port to listen on, `[::]:5379` for IPv6; port 0 takes a free one"),
  AUDIENCES(
      Default.shown("any"),
      "comma-separated; where set, an access token must be meant for one of them"),
  IDENTITY_HASH_KEY(
      Default.shown("none: no limits by person"),
      "64 hex digits; the key under which people are counted for the limits by person",
      Visibility.SECRET),
  PERSONAL_SPACE_ID(
      Default.value("derived"),
      "`derived`: the claim `personal_space_id` counts only where it equals the id derived from"
          + " issuer, subject and client; `claim`: it is trusted as it stands"),
  FILE_STORAGE_BACKEND(
      Default.value("none"),
      "`none`, `local` (or `fs`) or `s3`",
      Visibility.PUBLIC,
      "FILE_STORAGE"),
  FILE_STORAGE_PATH(
      Default.value("./data/files"),
      "folder of the files where the backend is `local`",
      Visibility.PUBLIC,
      "FILE_FS_PATH"),
  FILE_S3_ENDPOINT(
      Default.none(),
      "required for `s3`; addressed by path; without a scheme it gets one from FILE_S3_USE_SSL"),
  FILE_S3_ACCESS_KEY(Default.none(), "required for `s3`", Visibility.SECRET),
  FILE_S3_SECRET_KEY(Default.none(), "required for `s3`", Visibility.SECRET),
  FILE_S3_BUCKET(Default.none(), "required for `s3`"),
  FILE_S3_REGION(Default.value("us-east-1"), "region of the bucket"),
  FILE_S3_USE_SSL(
      Default.value("true"), "`true` or `false`: https or http for an endpoint without a scheme"),
  FEDERATION_DOMAIN(Default.none(), "this server's public domain, with its port if not 443"),
  FEDERATION_TRUSTED_DOMAINS(
      Default.shown("those of FEDERATION_TRUSTED_KEYS"),
      "comma-separated domains of the servers that are trusted; a listed key of another domain is"
          + " an error"),
  FEDERATION_TRUSTED_KEYS(
      Default.none(),
      "keys of trusted servers, separated by spaces: `<key id>=<base64url of 32 bytes>`"),
  FEDERATION_FST_SECRET(
      Default.none(),
      "secret under which subscribe tokens of peers are made; blank is not set",
      Visibility.SECRET),
  FEDERATION_FST_PREVIOUS_SECRET(
      Default.none(),
      "the secret before that, still good for tokens already out; blank is not set",
      Visibility.SECRET),
  FEDERATION_MAX_CONNECTIONS(Default.value("3"), "connections of one peer at a time"),
  FEDERATION_MAX_SPACES(Default.value("1000"), "spaces one peer may be subscribed to"),
  FEDERATION_MAX_RECORDS_PER_HOUR(Default.value("10000"), "records one peer may push in an hour"),
  FEDERATION_MAX_BYTES_PER_HOUR(
      Default.value("524288000"), "bytes (blobs and DEKs) one peer may push in an hour"),
  FEDERATION_MAX_INVITATIONS_PER_HOUR(
      Default.value("100"), "invitations one peer may deliver in an hour"),
  MAX_FRAME_BYTES(
      Default.value("67108864"), "longest message a client may send, in bytes; at least 65536"),
  MAX_CONNECTIONS_PER_MAILBOX(
      Default.value("3"), "connections at a time for one mailbox (or person) of one issuer"),
  MAX_UNAUTHENTICATED(
      Default.value("1000"), "connections that may wait for their auth frame at a time"),
  FRAMES_PER_SECOND(
      Default.value("5000"), "frames a second one connection may send; four times as many at once"),
  INVITATIONS_PER_HOUR(Default.value("10"), "invitations one person may send in an hour"),
  MEMBERSHIP_APPENDS_PER_HOUR(
      Default.value("10"),
      "membership entries one person may append in an hour without the admin permission"),
  DATABASE_POOL_SIZE(
      Default.value("20"), "connections to PostgreSQL, at most; a server's datasource has its own"),
  DATABASE_POOL_WAIT_SECONDS(
      Default.value("5"), "longest wait for a connection of the pool, then the request fails"),
  DATABASE_CONNECT_TIMEOUT_SECONDS(
      Default.value("5"), "longest wait for a new connection to PostgreSQL"),
  DATABASE_STATEMENT_TIMEOUT_SECONDS(
      Default.value("30"), "longest time a statement may run, migrations excepted"),
  HTTP_THREADS(Default.value("200"), "threads that serve HTTP and WebSocket messages, at most"),
  WEBSOCKET_TRANSPORT(
      Default.value("auto"),
      "`upgrade`: WebSocket frames are read and written by the server itself; `standard`: by the"
          + " application server's own WebSockets; `auto`: `upgrade` on Payara, `standard`"
          + " elsewhere, where `upgrade` is refused"),
  LOG_FORMAT(Default.value("text"), "`text` or `json`: one line an event, on stderr");

  private final @Nullable String defaultValue;
  private final String shownDefault;
  private final String meaning;
  private final Visibility visibility;
  private final @Nullable String alias;

  Setting(Default standard, String meaning) {
    this(standard, meaning, Visibility.PUBLIC);
  }

  Setting(Default standard, String meaning, Visibility visibility) {
    this(standard, meaning, visibility, null);
  }

  Setting(Default standard, String meaning, Visibility visibility, @Nullable String alias) {
    this.defaultValue = standard.value;
    this.shownDefault = standard.shown;
    this.meaning = meaning;
    this.visibility = visibility;
    this.alias = alias;
  }

  /** What this setting is for, in one sentence of Markdown. */
  public String meaning() {
    return meaning;
  }

  /** The other name of the variable, from an earlier release. */
  public Optional<String> alias() {
    return Optional.ofNullable(alias);
  }

  /** The default as the README shows it; empty where there is none. */
  public String shownDefault() {
    return shownDefault;
  }

  /** Whether the value must appear in no message. */
  public boolean isSecret() {
    return visibility == Visibility.SECRET;
  }

  /** The value that holds where none is given, or null where the default is no value. */
  @Nullable String defaultValue() {
    return defaultValue;
  }

  private enum Visibility {
    PUBLIC,
    SECRET
  }

  private record Default(@Nullable String value, String shown) {
    static Default value(String value) {
      return new Default(value, "`" + value + "`");
    }

    static Default shown(String shown) {
      return new Default(null, shown);
    }

    static Default none() {
      return new Default(null, "");
    }
  }
}
