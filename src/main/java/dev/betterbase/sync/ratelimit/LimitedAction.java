package dev.betterbase.sync.ratelimit;

import dev.betterbase.sync.settings.Limits;

/** The actions that a person may perform only so often in an hour. */
public enum LimitedAction {
  INVITATION_CREATE("invitation_create", "invitations"),
  MEMBERSHIP_APPEND("membership_append", "membership appends");

  private final String stored;
  private final String plural;

  LimitedAction(String stored, String plural) {
    this.stored = stored;
    this.plural = plural;
  }

  /** Its name in the table rate_limit_actions. */
  String stored() {
    return stored;
  }

  /** The number of times that one person may perform it in an hour. */
  int perHour(Limits limits) {
    return switch (this) {
      case INVITATION_CREATE -> limits.invitationsPerHour();
      case MEMBERSHIP_APPEND -> limits.membershipAppendsPerHour();
    };
  }

  /** Its name in an error. */
  String plural() {
    return plural;
  }
}
