package dev.betterbase.sync.launcher.postgres;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Says in one line why there is no connection to a database, and what to do. The texts of the
 * driver depend on the language of the system, so this goes by exceptions and SQLSTATEs.
 */
final class ConnectionFailure {
  private ConnectionFailure() {}

  /** The reason and the advice. Neither shows a password. */
  static String explained(SQLException failure) {
    return ofNetwork(failure).orElseGet(() -> message(failure) + ": " + advice(failure));
  }

  private static Optional<String> ofNetwork(SQLException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String line =
          switch (cause) {
            case UnknownHostException unknown ->
                "unknown host "
                    + message(unknown)
                    + ": check the host in DATABASE_URL (or PGHOST) and the name service of this"
                    + " machine";
            case SocketTimeoutException timeout ->
                "no answer in time: check the host and the port in DATABASE_URL, and the firewalls"
                    + " on the way, or set a longer DATABASE_CONNECT_TIMEOUT_SECONDS";
            case ConnectException refused ->
                message(refused)
                    + ": check that PostgreSQL runs, and the host and the port in DATABASE_URL (or"
                    + " PGHOST and PGPORT)";
            case SSLException tls ->
                message(tls)
                    + ": check sslmode, and name the certificate of the authority that signed that"
                    + " of the database with sslrootcert";
            default -> null;
          };
      if (line != null) {
        return Optional.of(line);
      }
    }
    return Optional.empty();
  }

  private static String advice(SQLException failure) {
    return switch (String.valueOf(failure.getSQLState())) {
      case "28P01" -> "check the user and the password in DATABASE_URL";
      // Also when the driver has no password: it then shows how the server asked for one.
      case "08004" ->
          "check sslmode, and set a password in DATABASE_URL, in PGPASSWORD, or in the file that"
              + " PGPASSFILE names";
      // Also when the certificate of the server does not fit.
      case "08006" -> "check sslmode, sslrootcert and the host in DATABASE_URL";
      case "28000" ->
          "check the user in DATABASE_URL, and whether pg_hba.conf lets it in from this machine";
      case "3D000" ->
          "create the database with CREATE DATABASE, or correct its name in DATABASE_URL";
      case "42501" -> "let the user in with GRANT CONNECT ON DATABASE";
      case "53300" -> "raise max_connections of PostgreSQL, or end other connections";
      case "57P03" -> "try again when PostgreSQL has started";
      case "08P01" ->
          "if that is a start-up parameter that a pooler refuses, remove options or currentSchema"
              + " from DATABASE_URL, or have the pooler ignore it; otherwise check DATABASE_URL";
      default -> "check DATABASE_URL";
    };
  }

  /**
   * The first line, because PostgreSQL and the driver add details; without a full stop, which would
   * stand before the colon, and without the names of the exceptions in between.
   */
  private static String message(Throwable failure) {
    @Nullable String text = failure.getMessage();
    return text == null
        ? failure.getClass().getSimpleName()
        : text.lines()
            .findFirst()
            .orElse("")
            .replaceAll("[A-Za-z0-9.]*Exception: ", "")
            .replaceFirst("[.]$", "")
            .strip();
  }
}
