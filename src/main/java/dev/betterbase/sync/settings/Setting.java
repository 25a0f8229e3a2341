package dev.betterbase.sync.settings;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The settings, each with its environment variable, default and meaning (config.md, Settings). A
 * test compares the table in the README with this enum.
 */
public enum Setting {
  DATABASE_URL(
      Default.shown("an embedded PostgreSQL in `./data/postgres`"),
      "`postgres://user:password@host:port/db?sslmode=…`, also `postgresql://` or a JDBC URL. A WAR"
          + " on a server uses the server's datasource instead and warns that this is ignored",
      Visibility.SECRET),
  TRUSTED_ISSUERS(
      Default.shown("none: the server refuses to start without `--dev`"),
      "the OAuth issuers whose access tokens are accepted, separated by spaces: `issuer` or"
          + " `issuer=jwks_url`; the keys are at `<issuer>/.well-known/jwks.json` by default"),
  LISTEN_ADDR(
      Default.value("0.0.0.0:5379"),
      "address and port to listen on; `[::]:5379` for IPv6; port 0 picks a free one"),
  TRUSTED_PROXIES(
      Default.shown("none"),
      "comma-separated addresses or ranges (`10.0.0.0/8`, `fd00::/8`) of the proxies whose"
          + " `Forwarded` and `X-Forwarded-For` are believed; without it, all clients behind a"
          + " proxy share the limits of one address"),
  AUDIENCES(
      Default.shown("any"),
      "comma-separated; if set, an access token must name one of them in `aud`"),
  IDENTITY_HASH_KEY(
      Default.shown("none: generous limits by person, in memory"),
      "64 hex digits; the key that hides identities in the counts for the limits by person",
      Visibility.SECRET),
  SECRETS_KEY(
      Default.shown("none: they are stored as they are"),
      "64 hex digits; the key that seals this server's private keys in the database",
      Visibility.SECRET),
  SECRETS_PREVIOUS_KEY(
      Default.none(),
      "the previous SECRETS_KEY, until `secrets-rotate` has been run",
      Visibility.SECRET),
  MAX_TOKEN_LIFETIME(
      Default.value("0"),
      "longest time from `iat` to `exp` of an access token, in seconds; one that lives longer is"
          + " invalid; `0` accepts any"),
  PERSONAL_SPACE_ID(
      Default.value("derived"),
      "`derived`: the claim `personal_space_id` counts only if it equals the id derived from"
          + " issuer, subject and client; `claim`: the claim is trusted as it stands"),
  FILE_STORAGE_BACKEND(
      Default.value("none"),
      "`none`, `local` (or `fs`) or `s3`",
      Visibility.PUBLIC,
      "FILE_STORAGE"),
  FILE_STORAGE_PATH(
      Default.value("./data/files"),
      "folder for files if the backend is `local`",
      Visibility.PUBLIC,
      "FILE_FS_PATH"),
  FILE_S3_ENDPOINT(
      Default.none(),
      "required for `s3`; path-style addressing; without a scheme, FILE_S3_USE_SSL gives it one"),
  FILE_S3_ACCESS_KEY(Default.none(), "required for `s3`", Visibility.SECRET),
  FILE_S3_SECRET_KEY(Default.none(), "required for `s3`", Visibility.SECRET),
  FILE_S3_BUCKET(Default.none(), "required for `s3`"),
  FILE_S3_REGION(Default.value("us-east-1"), "region of the bucket"),
  FILE_S3_USE_SSL(
      Default.value("true"), "`true` or `false`: https or http for an endpoint without a scheme"),
  DISK_FREE_FLOOR_BYTES(
      Default.shown("a twentieth of the disk, at most 1 GiB"),
      "bytes that stay free on the disk: below that no file is taken, and nothing is kept on disk"
          + " for slow readers"),
  FEDERATION_DOMAIN(Default.none(), "this server's public domain, with its port if not 443"),
  FEDERATION_TRUSTED_DOMAINS(
      Default.shown("those of FEDERATION_TRUSTED_KEYS"),
      "comma-separated domains of trusted servers; a listed key of another domain is an error"),
  FEDERATION_TRUSTED_KEYS(
      Default.none(),
      "keys of trusted servers, separated by spaces: `<key id>=<base64url of 32 bytes>`"),
  FEDERATION_FST_SECRET(
      Default.none(),
      "secret for the subscribe tokens of peers; a blank value counts as not set",
      Visibility.SECRET),
  FEDERATION_FST_PREVIOUS_SECRET(
      Default.none(),
      "the previous secret, still accepted in tokens; a blank value counts as not set",
      Visibility.SECRET),
  FEDERATION_MAX_CONNECTIONS(Default.value("3"), "connections that one peer may have at a time"),
  FEDERATION_MAX_SPACES(Default.value("1000"), "spaces that one peer may be subscribed to"),
  FEDERATION_MAX_RECORDS_PER_HOUR(
      Default.value("10000"), "records that one peer may push in an hour"),
  FEDERATION_MAX_BYTES_PER_HOUR(
      Default.value("524288000"),
      "bytes (blobs, files and DEKs) that one peer may send in an hour"),
  FEDERATION_MAX_INVITATIONS_PER_HOUR(
      Default.value("100"), "invitations that one peer may deliver in an hour"),
  MAX_FRAME_BYTES(
      Default.value("67108864"),
      "longest message that a client may send, in bytes; at least 65536"),
  MAX_CONNECTIONS(
      Default.shown("what the limit of open files and half of the heap are enough for"),
      "connections that the jar or Payara Server accepts at a time. When there are so many, the"
          + " address with most gives up one that no request is on"),
  MAX_CONNECTIONS_PER_ADDRESS(
      Default.shown("no limit"),
      "connections that the jar or Payara Server accepts from one address (IPv6: one /64) at a"
          + " time. A proxy is one address, so set no limit behind one"),
  MAX_CONNECTIONS_PER_MAILBOX(
      Default.value("3"),
      "connections that one mailbox (or person) of one issuer may have at a time"),
  MAX_UNAUTHENTICATED(
      Default.value("1000"),
      "connections that may wait for their auth frame at a time; never more than the heap has MiB"),
  FRAMES_PER_SECOND(
      Default.value("5000"),
      "frames per second that one connection may send; one person may send ten times as many, and"
          + " the burst is four times as many"),
  INVITATIONS_PER_HOUR(Default.value("10"), "invitations that one person may send in an hour"),
  MEMBERSHIP_APPENDS_PER_HOUR(
      Default.value("10"),
      "membership entries that one person may append in an hour without admin permission"),
  QUOTA_SPACE_BYTES(
      Default.shown("no limit"), "bytes of records and files that one space may hold"),
  QUOTA_PERSON_BYTES(
      Default.shown("no limit"),
      "bytes of records and files that one person may hold, in the personal space and in the spaces"
          + " that the person has created; requires IDENTITY_HASH_KEY"),
  QUOTA_PERSON_SPACES(
      Default.shown("no limit"),
      "shared spaces that one person may have created; requires IDENTITY_HASH_KEY"),
  DATABASE_REPLICAS(
      Default.none(),
      "comma-separated hosts (`db-2`, `10.0.0.3:5432`) of streaming replicas of DATABASE_URL, with"
          + " the same user and password; the later parts of large pulls are read from them"),
  DATABASE_SHARDS(
      Default.none(),
      "further databases over which spaces are spread, separated by spaces: `postgres://…` as for"
          + " DATABASE_URL, or for a WAR on a server the names of its datasources (`jdbc/…`,"
          + " `java:…`); never reorder or shorten this list",
      Visibility.SECRET),
  DATABASE_SHARD_WEIGHTS(
      Default.shown("`1` for each"),
      "comma-separated numbers from 0 to 100, first for DATABASE_URL and then for each of"
          + " DATABASE_SHARDS: each gets new spaces in proportion to its number, with `0` none"),
  DATABASE_POOL_SIZE(
      Default.value("20"),
      "most connections to PostgreSQL, to each of several databases; a server's datasource has its"
          + " own setting"),
  DATABASE_POOL_WAIT_SECONDS(
      Default.value("5"), "longest wait for a connection from the pool; then the request fails"),
  DATABASE_CONNECT_TIMEOUT_SECONDS(
      Default.value("5"), "longest wait for a new connection to PostgreSQL"),
  DATABASE_STATEMENT_TIMEOUT_SECONDS(
      Default.value("30"),
      "longest time that a statement may run, except in migrations; holds on an application"
          + " server's datasource too"),
  HTTP_THREADS(Default.value("200"), "most threads that serve HTTP and WebSocket messages"),
  WEBSOCKET_TRANSPORT(
      Default.value("auto"),
      "`upgrade`: this program reads and writes WebSocket frames itself, on Payara only;"
          + " `standard`: the application server does; `auto`: `upgrade` on Payara, else"
          + " `standard`"),
  DRAIN_SECONDS(
      Default.value("10"),
      "at a shutdown, the time over which many connections are closed, so that their clients do not"
          + " all come back at once; a hundred a second are closed in any case"),
  CLUSTER(
      Default.value("none"),
      "`none`: other nodes on the same database are found by polling it; `hazelcast`: the nodes"
          + " tell one another at once"),
  CLUSTER_LISTEN_ADDR(
      Default.value("0.0.0.0:5701"),
      "address and port on which this node listens to the other nodes; only they may reach it"),
  CLUSTER_MEMBERS(
      Default.none(),
      "required for `hazelcast`; comma-separated hosts (`node-1`, `10.0.0.2:5701`) where nodes may"
          + " be, or one DNS name that stands for all of them"),
  CLUSTER_SECRET(
      Default.none(),
      "required for `hazelcast`; at least 32 bytes, the same on all nodes; seals what they send",
      Visibility.SECRET),
  METRICS_TOKEN(
      Default.shown("none: an access token with the scope `metrics`"),
      "at least 32 characters; the bearer token that may read `/metrics`, for Prometheus",
      Visibility.SECRET),
  ADMIN_TOKEN(
      Default.shown("none: there is no admin page"),
      "at least 32 characters; the token that opens the admin page at `/admin/`",
      Visibility.SECRET),
  LOG_FORMAT(Default.value("text"), "`text` or `json`: one line per event, on stderr"),
  AOT_CACHE_QUIET_SECONDS(
      Default.value("300"),
      "how long the jar must have had little to do before it makes a missing AOT cache in the"
          + " background; `0` turns this off");

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

  /** The purpose of this setting, in one sentence of Markdown. */
  String meaning() {
    return meaning;
  }

  /** The other name of the variable, from an earlier release. */
  public Optional<String> alias() {
    return Optional.ofNullable(alias);
  }

  /** The variable that may name a file with the value; only secrets have one. */
  public Optional<String> fileVariable() {
    return isSecret() ? Optional.of(name() + "_FILE") : Optional.empty();
  }

  /** The variables of all settings. */
  public static Set<String> allVariables() {
    return Arrays.stream(values()).flatMap(Setting::variables).collect(Collectors.toSet());
  }

  /** All variables that give this setting a value, or name a file that does. */
  public Stream<String> variables() {
    return Stream.of(Stream.of(name()), alias().stream(), fileVariable().stream())
        .flatMap(names -> names);
  }

  /** The default as the README shows it, or an empty text if there is none. */
  String shownDefault() {
    return shownDefault;
  }

  /** Whether the value must not appear in any message. */
  boolean isSecret() {
    return visibility == Visibility.SECRET;
  }

  /** The value to use if none is given, or null if the default is not a value. */
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
