package dev.betterbase.sync.operation;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.OffsetDateTime;
import java.util.UUID;

/** A row of job_leases. */
@Entity
@Table(name = "job_leases")
class JobLeaseEntity {
  @Id
  @Column(nullable = false)
  String job;

  @Column(nullable = false)
  UUID node;

  @Column(name = "held_until", nullable = false)
  OffsetDateTime heldUntil;

  /** For the persistence provider. */
  @SuppressWarnings("NullAway.Init") // the provider fills in the fields
  protected JobLeaseEntity() {}
}
