package dev.betterbase.sync.console;

import dev.betterbase.sync.address.ClientAddress;
import dev.betterbase.sync.security.SecurityLog;
import dev.betterbase.sync.settings.Settings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** Admits an operator to the admin page: it exchanges ADMIN_TOKEN for the token of a session. */
@ApplicationScoped
public class Admission {
  @Inject private Settings settings;
  @Inject private SecurityLog security;

  private final Sessions sessions = new Sessions(System::nanoTime, InstantSource.system());
  private final SignInDelays delays = new SignInDelays(System::nanoTime);

  /** The outcome of an attempt to sign in. */
  sealed interface SignIn {
    /** The token was right. */
    record Done(String session) implements SignIn {}

    /** The token was wrong. */
    record Wrong() implements SignIn {}

    /** The address has to wait, and the token was not looked at. */
    record TooEarly(Duration left) implements SignIn {}
  }

  /** Whether there is an admin page. */
  boolean isOn() {
    return settings.adminToken().isPresent();
  }

  SignIn signIn(String given, ClientAddress from) {
    Optional<Duration> left = delays.attempt(from);
    if (left.isPresent()) {
      security.adminRefused("sign-in before the delay was over", from);
      return new SignIn.TooEarly(left.get());
    }
    if (!isAdminToken(given)) {
      security.adminRefused("wrong token", from);
      return new SignIn.Wrong();
    }
    delays.wasRight(from);
    security.adminSignedIn(from);
    return new SignIn.Done(sessions.begin());
  }

  private boolean isAdminToken(String given) {
    return settings.adminToken().filter(token -> token.matches(given)).isPresent();
  }

  /** The time that is left of a session; empty if there is no such session. */
  Optional<Duration> left(String session) {
    return sessions.left(session);
  }

  void signOut(String session) {
    sessions.end(session);
  }
}
