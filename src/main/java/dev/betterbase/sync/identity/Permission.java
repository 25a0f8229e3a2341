package dev.betterbase.sync.identity;

import java.util.Arrays;
import java.util.Optional;

/** The permission of a capability in a space (auth.md, UCAN). Each includes those before it. */
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

  /** Its number in a space session token, from 1 on. */
  int number() {
    return number;
  }

  /** The permission with this number; empty if there is none. */
  static Optional<Permission> ofNumber(int number) {
    return Arrays.stream(values()).filter(each -> each.number == number).findAny();
  }

  /** The permission that the {@code cmd} of a UCAN names; empty if it names none. */
  static Optional<Permission> ofCommand(String command) {
    for (Permission permission : values()) {
      if (permission.command.equals(command)) {
        return Optional.of(permission);
      }
    }
    return Optional.empty();
  }

  /** Whether this permission includes the other. */
  public boolean includes(Permission other) {
    return compareTo(other) >= 0;
  }
}
