package dev.betterbase.sync.ratelimit;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;

/**
 * A row of rate_limit_actions: an action of a person. For reading only: the database function
 * {@code count_action} adds rows, one at a time for each person.
 */
@Entity
@Table(name = "rate_limit_actions")
@IdClass(RateLimitActionEntity.Key.class)
class RateLimitActionEntity {
  /** The table has no key of its own. All columns are its key here: rows are only counted. */
  record Key(String action, String actorHash, OffsetDateTime createdAt) {}

  /** {@link LimitedAction#stored}. */
  @Id
  @Column(nullable = false, length = 32)
  String action;

  /** {@link Allowance#actor}. */
  @Id
  @Column(name = "actor_hash", nullable = false, length = 64, columnDefinition = "bpchar(64)")
  String actorHash;

  @Id
  @Column(name = "created_at", nullable = false)
  OffsetDateTime createdAt;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected RateLimitActionEntity() {}
}
