package dev.betterbase.sync.identity;

/**
 * A chain of UCANs that does not carry what is asked. Without a stack trace, and without a word of
 * the token: strangers send these.
 */
public final class InvalidUcan extends Exception {
  private static final long serialVersionUID = 1L;

  private final Rule rule;

  /** The rules of auth.md (UCAN) that a chain by itself can break, by their number there. */
  public enum Rule {
    /** Rule 1: form, depth, signatures. */
    TOKEN(1),
    /** Rule 2: the caller. */
    AUDIENCE(2),
    /** Rule 3: space and command. */
    RESOURCE(3),
    /** Rule 4: times and nonce. */
    TIME(4),
    /** Rule 5: revocation, which is the database's to say. */
    REVOCATION(5),
    /** Rule 6: root key and proofs. */
    PROOF(6);

    private final int number;

    Rule(int number) {
      this.number = number;
    }

    /** Its number in auth.md (UCAN), from 1. */
    public int number() {
      return number;
    }
  }

  InvalidUcan(Rule rule) {
    super("rule " + rule.number(), null, false, false);
    this.rule = rule;
  }

  /** The first rule that was found broken. */
  public Rule rule() {
    return rule;
  }
}
