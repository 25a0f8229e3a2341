package dev.betterbase.sync.space;

import dev.betterbase.sync.identity.Permission;

/** The actions in a space, and the permission that each takes (auth.md, Authorisation). */
public enum SpaceAction {
  SUBSCRIBE(Permission.READ),
  PULL(Permission.READ),
  MEMBERSHIP_LIST(Permission.READ),
  DEKS_GET(Permission.READ),
  DEKS_GET_FILES(Permission.READ),
  FILE_GET(Permission.READ),
  FILE_HEAD(Permission.READ),

  PUSH(Permission.WRITE),
  MEMBERSHIP_APPEND(Permission.WRITE),
  FILE_PUT(Permission.WRITE),

  EPOCH_BEGIN(Permission.ADMIN),
  EPOCH_COMPLETE(Permission.ADMIN),
  DEKS_REWRAP(Permission.ADMIN),
  DEKS_REWRAP_FILES(Permission.ADMIN),
  MEMBERSHIP_REVOKE(Permission.ADMIN);

  private final Permission needed;

  SpaceAction(Permission needed) {
    this.needed = needed;
  }

  /** The least permission that is enough. */
  public Permission needed() {
    return needed;
  }
}
