package dev.betterbase.sync.settings;

/** Whether a token's claim {@code personal_space_id} is trusted (auth.md, Personal space). */
public enum PersonalSpacePolicy {
  /** The claim counts only if it equals the id derived from issuer, subject and client. */
  DERIVED,
  /** The claim is trusted as it is. */
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
