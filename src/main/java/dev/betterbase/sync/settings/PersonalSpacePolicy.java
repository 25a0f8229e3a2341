package dev.betterbase.sync.settings;

/** How a token's claim {@code personal_space_id} is taken (auth.md, Personal space). */
public enum PersonalSpacePolicy {
  /** It counts only where it equals the id derived from issuer, subject and client. */
  DERIVED,
  /** It is trusted as it stands. */
  CLAIM;

  static PersonalSpacePolicy read(SettingsReader reader) {
    SettingsReader.Given given = reader.withDefault(Setting.PERSONAL_SPACE_ID);
    return switch (given.value()) {
      case "derived" -> DERIVED;
      case "claim" -> CLAIM;
      default -> throw given.expected("derived or claim");
    };
  }
}
