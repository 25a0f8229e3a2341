package dev.betterbase.sync.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.identity.AccessToken;
import dev.betterbase.sync.protocol.HmacSha256;
import dev.betterbase.sync.protocol.SpaceId;
import dev.betterbase.sync.rate.TokenBucket;
import dev.betterbase.sync.settings.Secret;
import dev.betterbase.sync.settings.Settings;
import dev.betterbase.sync.storage.PeriodicJob;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The security log: one line for each event, on a logger of its own. A line names no person, only a
 * pseudonym that nobody can undo without IDENTITY_HASH_KEY, and contains no text of a client.
 *
 * <p>Each kind of event has a rate. Events beyond it are counted, and the next line says how many
 * there were, at the latest after a minute. So nobody can fill the disk, or hide one kind of event
 * behind another.
 */
@ApplicationScoped
public class SecurityLog implements PeriodicJob {
  /** The name of the logger. */
  public static final String NAME = "dev.betterbase.sync.security";

  private static final Logger LOG = System.getLogger(NAME);
  private static final Duration PAUSE = Duration.ofMinutes(1);
  private static final int KEY_BYTES = 32;

  /** Of 32: enough to tell people apart, and short to read. */
  private static final int PSEUDONYM_BYTES = 8;

  static final int LINES_PER_SECOND = 1;
  static final int BURST = 30;

  /** The kinds of events. */
  private enum Kind {
    AUTHENTICATION_REFUSED("authentication refused"),
    PEER_REFUSED("peer refused"),
    LIMIT_REACHED("limit reached"),
    CAPABILITY_REVOKED("capability revoked"),
    MEMBERSHIP_CHANGED("membership changed by an admin"),
    SIGNING_KEYS_CHANGED("signing keys changed"),
    ADMIN_ACT("admin act"),
    ADMIN_SIGNED_IN("admin signed in"),
    ADMIN_REFUSED("admin refused");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /** The lines of one kind. */
  private static final class Lines {
    private final TokenBucket rate;
    private long suppressed;
    private long events;
    private Optional<Instant> last = Optional.empty();

    Lines(LongSupplier nanoTime) {
      rate = new TokenBucket(LINES_PER_SECOND, BURST, nanoTime);
    }
  }

  private final Map<Kind, Lines> lines = new EnumMap<>(Kind.class);
  private Consumer<String> out = line -> {};
  private HmacSha256 hash = new HmacSha256(randomKey());

  /** For the container, which makes a proxy of this class. */
  protected SecurityLog() {}

  @Inject
  SecurityLog(Settings settings) {
    this(
        settings.identityHashKey(),
        System::nanoTime,
        // As a parameter, because the text may contain what looks like one.
        line -> LOG.log(Level.INFO, "{0}", line));
  }

  /**
   * For use outside a container.
   *
   * @param key 64 hex digits; without it, pseudonyms hold until this process ends
   * @param nanoTime the clock, as {@link System#nanoTime}
   * @param out gets the lines
   */
  public SecurityLog(Optional<Secret> key, LongSupplier nanoTime, Consumer<String> out) {
    key.ifPresent(digits -> hash = new HmacSha256(HexFormat.of().parseHex(digits.value())));
    this.out = out;
    for (Kind kind : Kind.values()) {
      lines.put(kind, new Lines(nanoTime));
    }
  }

  private static byte[] randomKey() {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    return key;
  }

  /**
   * The pseudonym of a person, 16 hex digits.
   *
   * @param token of whom
   */
  public String person(AccessToken token) {
    return person(token.issuer(), token.subject());
  }

  /**
   * The same of a person who is known by name.
   *
   * @param issuer without trailing slashes
   */
  public String person(String issuer, String subject) {
    byte[] all =
        hash.of(
            "security log\0".getBytes(UTF_8),
            issuer.getBytes(UTF_8),
            new byte[1],
            subject.getBytes(UTF_8));
    return "person " + HexFormat.of().formatHex(Arrays.copyOf(all, PSEUDONYM_BYTES));
  }

  /**
   * A client was not let in.
   *
   * @param reason a text of this program, such as {@code expired auth token}
   */
  public void authenticationRefused(String reason, ClientAddress from) {
    write(Kind.AUTHENTICATION_REFUSED, reason + ", from " + from);
  }

  /**
   * Another server was not let in.
   *
   * @param reason a text of this program
   */
  public void peerRefused(String reason, ClientAddress from) {
    write(Kind.PEER_REFUSED, reason + ", from " + from);
  }

  /**
   * A limit or quota refused something.
   *
   * @param what a text of this program, such as the name of a method
   * @param who {@link #person}, or {@code peer <domain>}
   */
  public void limitReached(String what, String who) {
    write(Kind.LIMIT_REACHED, what + ", by " + who);
  }

  /** A capability was revoked. */
  public void revoked(SpaceId space, String who) {
    write(Kind.CAPABILITY_REVOKED, "space " + space + ", by " + who);
  }

  /** An admin has appended to the membership log. */
  public void membershipChanged(SpaceId space, String who) {
    write(Kind.MEMBERSHIP_CHANGED, "space " + space + ", by " + who);
  }

  /**
   * The signing keys of this server are others than before.
   *
   * @param what the ids of the keys, which are public
   */
  public void signingKeysChanged(String what) {
    write(Kind.SIGNING_KEYS_CHANGED, what);
  }

  /**
   * An administrator has done something with a command.
   *
   * @param what a text of this program, such as {@code space … deleted}
   */
  public void adminAct(String what) {
    write(Kind.ADMIN_ACT, what);
  }

  /** Somebody has signed in to the admin page. */
  public void adminSignedIn(ClientAddress from) {
    write(Kind.ADMIN_SIGNED_IN, "from " + from);
  }

  /**
   * Somebody was not let in to the admin page, or not allowed to do what they tried there.
   *
   * @param reason a text of this program
   */
  public void adminRefused(String reason, ClientAddress from) {
    write(Kind.ADMIN_REFUSED, reason + ", from " + from);
  }

  /**
   * Somebody has done something on the admin page.
   *
   * @param what a text of this program, with ids or the domain of a peer, but no identity
   */
  public void adminAct(String what, ClientAddress from) {
    write(Kind.ADMIN_ACT, what + ", from " + from);
  }

  /**
   * The count of one kind of event since the start.
   *
   * @param what as the lines begin
   * @param last the time of the last one; empty if there was none
   */
  public record Count(String what, long events, Optional<Instant> last) {}

  /** The counts of all kinds of events. */
  public List<Count> counts() {
    List<Count> counts = new ArrayList<>();
    lines.forEach(
        (kind, ofKind) -> {
          synchronized (ofKind) {
            counts.add(new Count(kind.text, ofKind.events, ofKind.last));
          }
        });
    return counts;
  }

  private void write(Kind kind, String details) {
    Lines ofKind = Objects.requireNonNull(lines.get(kind));
    String line;
    synchronized (ofKind) {
      ofKind.events++;
      ofKind.last = Optional.of(Instant.now());
      if (!ofKind.rate.permits()) {
        ofKind.suppressed++;
        return;
      }
      line = kind.text + ": " + details + andSuppressed(ofKind);
    }
    out.accept(line);
  }

  /** To be called with the lock of the lines. */
  private static String andSuppressed(Lines ofKind) {
    long count = ofKind.suppressed;
    ofKind.suppressed = 0;
    return count == 0 ? "" : " (and " + count + " more before)";
  }

  @Override
  public String name() {
    return "security_log";
  }

  @Override
  public Duration pause() {
    return PAUSE;
  }

  /** Says how many events were not written, if none has been written since. */
  @Override
  public void round() {
    lines.forEach(
        (kind, ofKind) -> {
          String more;
          synchronized (ofKind) {
            more = andSuppressed(ofKind);
          }
          if (!more.isEmpty()) {
            out.accept(kind.text + more);
          }
        });
  }
}
