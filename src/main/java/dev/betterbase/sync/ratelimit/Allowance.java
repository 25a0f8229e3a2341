package dev.betterbase.sync.ratelimit;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * How often somebody may do something in an hour.
 *
 * @param action what
 * @param actor who: HMAC-SHA256(key, issuer ‖ 0x00 ‖ subject), 64 hex digits
 * @param atMost how often
 */
public record Allowance(LimitedAction action, String actor, int atMost) {
  /** Binds actor and number, which end the parameters of the functions that count. */
  public void bind(PreparedStatement statement, int first) throws SQLException {
    statement.setString(first, actor);
    statement.setInt(first + 1, atMost);
  }

  /** Binds that nobody is limited. */
  public static void bindNone(PreparedStatement statement, int first) throws SQLException {
    statement.setString(first, null);
    statement.setInt(first + 1, 0);
  }

  /** Names nobody. */
  @Override
  public String toString() {
    return "Allowance[" + action + ", " + atMost + " an hour]";
  }
}
