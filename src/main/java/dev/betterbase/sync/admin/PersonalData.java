package dev.betterbase.sync.admin;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The data that the server has of one person.
 *
 * @param spaces the person's personal spaces, one for each application
 * @param invitations those in the person's mailbox; empty if the mailbox is not known
 * @param countedActions the actions counted for the limits by person; empty without
 *     IDENTITY_HASH_KEY
 * @param sharedSpaces the shared spaces that count for the person's storage quota; empty without
 *     IDENTITY_HASH_KEY
 */
public record PersonalData(
    List<SpaceSummary> spaces,
    OptionalLong invitations,
    OptionalLong countedActions,
    OptionalLong sharedSpaces) {
  public PersonalData {
    spaces = List.copyOf(spaces);
  }

  /** The same with what another database has of the person. */
  public PersonalData plus(PersonalData other) {
    return new PersonalData(
        Stream.concat(spaces.stream(), other.spaces.stream()).toList(),
        sum(invitations, other.invitations),
        sum(countedActions, other.countedActions),
        sum(sharedSpaces, other.sharedSpaces));
  }

  private static OptionalLong sum(OptionalLong one, OptionalLong other) {
    return one.isPresent() && other.isPresent()
        ? OptionalLong.of(one.getAsLong() + other.getAsLong())
        : OptionalLong.empty();
  }
}
