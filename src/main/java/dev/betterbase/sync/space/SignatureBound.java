package dev.betterbase.sync.space;

/**
 * Bounds the signatures that one call may have verified (methods.md, subscribe). Used by one
 * thread.
 */
public final class SignatureBound {
  private static final int AT_MOST = 200;

  private int counted;

  /** Counts the signatures of a claim that are not verified yet; false if they are too many. */
  public boolean permits(SpaceAccess.Claim claim) {
    counted += claim.unverifiedSignatures();
    return claim.unverifiedSignatures() == 0 || counted <= AT_MOST;
  }
}
