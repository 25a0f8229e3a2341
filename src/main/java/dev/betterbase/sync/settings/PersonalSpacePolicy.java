package dev.betterbase.sync.settings;

/** Which claimed personal space is believed (config.md, PERSONAL_SPACE_ID; auth.md). */
public enum PersonalSpacePolicy {
  /** Only the id that issuer, subject and client derive; what several issuers need. */
  DERIVED,
  /** Whatever the token claims. */
  CLAIM
}
