package dev.betterbase.sync.admin;

import java.util.List;
import java.util.OptionalLong;

/**
 * What the server has of one person.
 *
 * @param spaces the person's personal spaces, one for each application
 * @param invitations those in the person's mailbox; empty if the mailbox is not known
 * @param countedActions what was counted for the limits by person; empty without IDENTITY_HASH_KEY
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
}
