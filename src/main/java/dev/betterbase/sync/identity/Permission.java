package dev.betterbase.sync.identity;

import java.util.Arrays;
import java.util.Optional;

/** What a capability allows in a space (auth.md, UCAN): each includes those before it. */
public enum Permission {
  READ("/space/read", 1),
  WRITE("/space/write", 2),
  ADMIN("/space/admin", 3);

  private final String command;
  private final int number;

  Permission(String command, int number) {
    this.command = command;
    this.number = number;
  }

  /** What a space session token says for it, from 1. */
  int number() {
    return number;
  }

  /** The permission of that number; empty where it is none's. */
  static Optional<Permission> ofNumber(int number) {
    return Arrays.stream(values()).filter(each -> each.number == number).findAny();
  }

  /** The permission that a UCAN's {@code cmd} names; empty where it names none. */
  static Optional<Permission> ofCommand(String command) {
    for (Permission permission : values()) {
      if (permission.command.equals(command)) {
        return Optional.of(permission);
      }
    }
    return Optional.empty();
  }

  /** Whether whoever has this one may do what the other allows. */
  public boolean includes(Permission other) {
    return compareTo(other) >= 0;
  }
}
