package dev.betterbase.sync.ratelimit;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * The number of times that a person may perform an action in an hour.
 *
 * @param action the action
 * @param actor the person: HMAC-SHA256(key, issuer ‖ 0x00 ‖ subject), 64 hex digits
 * @param atMost the greatest number of times in an hour
 */
public record Allowance(LimitedAction action, String actor, int atMost) {
  /** Binds the actor and the number: the last parameters of the functions that count. */
  public void bind(PreparedStatement statement, int first) throws SQLException {
    statement.setString(first, actor);
    statement.setInt(first + 1, atMost);
  }

  /** Binds the absence of a limit. */
  public static void bindNone(PreparedStatement statement, int first) throws SQLException {
    statement.setString(first, null);
    statement.setInt(first + 1, 0);
  }

  /** Names no person. */
  @Override
  public String toString() {
    return "Allowance[" + action + ", " + atMost + " an hour]";
  }
}
