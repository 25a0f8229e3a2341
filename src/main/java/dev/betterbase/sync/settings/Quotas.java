package dev.betterbase.sync.settings;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Storage quotas (storage.md, Storage quotas). Each is empty if there is none.
 *
 * @param spaceBytes bytes of blobs and files in one space
 * @param personBytes bytes of blobs and files in a person's own space and the spaces that the
 *     person has created
 * @param personSpaces shared spaces that one person may have created
 */
public record Quotas(OptionalLong spaceBytes, OptionalLong personBytes, OptionalInt personSpaces) {

  static Quotas read(SettingsReader reader) {
    requirePseudonyms(reader, Setting.QUOTA_PERSON_BYTES);
    requirePseudonyms(reader, Setting.QUOTA_PERSON_SPACES);
    return new Quotas(
        reader.wholeLongIfSet(Setting.QUOTA_SPACE_BYTES, 1, Long.MAX_VALUE),
        reader.wholeLongIfSet(Setting.QUOTA_PERSON_BYTES, 1, Long.MAX_VALUE),
        reader.wholeIfSet(Setting.QUOTA_PERSON_SPACES, 1, Integer.MAX_VALUE));
  }

  /** The database may count a person only under a pseudonym, which takes a key. */
  private static void requirePseudonyms(SettingsReader reader, Setting quota) {
    if (reader.findSet(quota).isPresent()) {
      reader.require(Setting.IDENTITY_HASH_KEY, "with " + quota);
    }
  }

  /** Whether the spaces of people are counted. */
  public boolean countPeople() {
    return personBytes.isPresent() || personSpaces.isPresent();
  }
}
