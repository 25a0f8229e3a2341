package dev.betterbase.sync.identity;

/**
 * A chain of UCANs does not grant the capability that was asked for. The exception has no stack
 * trace and no text of the token, because strangers send these.
 */
public final class InvalidUcan extends Exception {
  private static final long serialVersionUID = 1L;

  private final Rule rule;

  /** The rules of auth.md (UCAN) that a chain can break, by their numbers there. */
  public enum Rule {
    /** Rule 1: form, depth, signatures. */
    TOKEN(1),
    /** Rule 2: the caller. */
    AUDIENCE(2),
    /** Rule 3: space and command. */
    RESOURCE(3),
    /** Rule 4: times and nonce. */
    TIME(4),
    /** Rule 5: revocation, which only the database can decide. */
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

  /** The first rule found to be broken. */
  public Rule rule() {
    return rule;
  }
}
