package dev.betterbase.sync.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.betterbase.sync.identity.InvalidUcan.Rule;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.cache.CaffeineCacheMetrics;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.concurrent.atomic.LongAdder;

/**
 * Verifies chains of UCANs (auth.md, UCAN). A token whose signature was found good is remembered by
 * its CID, taken apart: a chain that was seen before costs no signature, however it is used, and a
 * new token under a known one costs its own alone. Everything else is checked every time. Safe for
 * use by many threads.
 */
public final class UcanVerifier {
  /** Longer texts are not looked at: a chain of eight ordinary tokens has about 16,000. */
  static final int MAX_LENGTH = 64 * 1024;

  /** Tokens in a chain. */
  static final int MAX_DEPTH = 8;

  /**
   * The bound on the remembered chains, in characters of tokens and about as many bytes: some
   * 50,000 tokens. A token that is large is one that carries its proofs, whose text is remembered
   * with it.
   */
  private static final long REMEMBERED = 64L * 1024 * 1024;

  /** The memory that an entry takes besides its texts. */
  private static final int ENTRY_BYTES = 1_000;

  private final InstantSource clock;
  private final LongAdder verifiedSignatures = new LongAdder();
  private final Cache<String, Ucan> genuine =
      Caffeine.newBuilder()
          .maximumWeight(REMEMBERED)
          .weigher((String cid, Ucan ucan) -> ENTRY_BYTES + ucan.length())
          .recordStats()
          // Upkeep must not outlive the application in a pool of the JVM.
          .executor(Runnable::run)
          .build();

  /**
   * @param clock the time that counts for expiry
   */
  public UcanVerifier(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Checks everything but signatures and revocation, so that a chain that is refused anyhow costs
   * no signature.
   *
   * @param token the compact text, of any length
   * @param demand the capability that the chain must grant, the space, and the holder
   */
  public UcanChain check(String token, UcanChain.Demand demand) throws InvalidUcan {
    var links = new ArrayList<Ucan>();
    var unverified = new ArrayList<Ucan.Signed>();
    String text = token;
    while (text != null) {
      // No token can stand in its own proofs, so none comes twice.
      if (text.length() > MAX_LENGTH || links.size() == MAX_DEPTH) {
        throw new InvalidUcan(Rule.TOKEN);
      }
      Ucan link = genuine.getIfPresent(Ucan.cid(text));
      if (link == null) {
        Ucan.Signed signed = Ucan.parse(text);
        unverified.add(signed);
        link = signed.ucan();
      }
      links.add(link);
      text = link.proof().orElse(null);
    }
    return UcanChain.check(links, unverified, demand, clock.instant());
  }

  /**
   * Verifies the signatures of a chain that were not verified before.
   *
   * @return the capability that the chain grants, unless it is revoked
   */
  public Capability verify(UcanChain chain) throws InvalidUcan {
    for (Ucan.Signed signed : chain.unverified()) {
      verifiedSignatures.increment();
      if (!signed.isGenuine()) {
        throw new InvalidUcan(Rule.TOKEN);
      }
      genuine.put(signed.ucan().cid(), signed.ucan());
    }
    return chain.capability();
  }

  /** Counts the chains that are verified, and those that were remembered, from now on. */
  public void register(MeterRegistry registry) {
    FunctionCounter.builder(
            "betterbase.ucan.signatures.verified", this, UcanVerifier::verifiedSignatures)
        .description("Signatures of UCANs that were verified, good or not")
        .register(registry);
    CaffeineCacheMetrics.monitor(registry, genuine, "ucans");
  }

  /** The number of signatures that were verified since the start, good or not. */
  public long verifiedSignatures() {
    return verifiedSignatures.sum();
  }
}
