package dev.betterbase.sync.operation;

import static dev.betterbase.sync.operation.SchemaFacts.SHAPE;
import static dev.betterbase.sync.operation.SchemaFacts.TABLES;
import static dev.betterbase.sync.testing.Databases.execute;
import static dev.betterbase.sync.testing.Databases.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import javax.sql.DataSource;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A database of the earlier release becomes one of this server (storage.md). */
@DatabaseTest
@Order(1)
class AdoptionIT {
  private static final String COUNTS =
      """
      select concat_ws(' ', (select count(*) from spaces), (select count(*) from records),
        (select count(*) from files), (select count(*) from members),
        (select count(*) from revocations), (select count(*) from invitations),
        (select count(*) from rate_limit_actions), (select count(*) from federation_signing_keys))
      """;

  private static final String[] CONSTRAINTS = {
    "federation_signing_keys_primary_check",
    "files_record_fk",
    "invitations_mailbox_check",
    "members_entry_check",
    "records_dek_check",
    "records_tombstone_check",
    "revocations_cid_check"
  };

  @Test
  void adoptsADatabaseOfTheEarlierRelease() throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, EarlierRows.GOOD);
    String counts = value(database, COUNTS);
    SchemaReport report = new SchemaMigration(database).migrate();
    assertThat(report.before()).isEqualTo(SchemaState.EARLIER_RELEASE);
    assertThat(report.brokenRows()).isEmpty();
    assertThat(value(database, COUNTS)).isEqualTo(counts);
    assertThat(value(database, SHAPE)).isEqualTo(value(Databases.migrated(), SHAPE));
    assertThat(value(database, "select count(*) from pg_constraint where not convalidated"))
        .isEqualTo("0");
    assertThat(
            value(
                database,
                "select string_agg(version || ' ' || success, ',' order by version)"
                    + " from _sqlx_migrations where version > 11"))
        .isEqualTo("12 true,13 true");
    assertThat(value(database, "select string_agg(file_id::text, ',') from file_removals"))
        .as("the bytes of files deleted before")
        .isEqualTo("00000000-0000-4000-8000-0000000000f2");
    assertThat(new SchemaMigration(database).migrate().upToDate()).isTrue();
  }

  @Test
  void adoptionKeepsRowsThatBreakAConstraintAndListsThem() throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, EarlierRows.GOOD + EarlierRows.BAD);
    String counts = value(database, COUNTS);
    String tables = value(database, TABLES);

    SchemaReport planned = new SchemaMigration(database).check();
    assertThat(planned.before()).isEqualTo(SchemaState.EARLIER_RELEASE);
    assertThat(planned.brokenRows())
        .extracting(BrokenRows::constraint)
        .containsExactlyInAnyOrder(CONSTRAINTS);
    assertThat(planned.brokenRows()).allMatch(broken -> broken.count() == 1);
    assertThat(planned.lines())
        .contains(
            "  records space_id=00000000-0000-4000-8000-000000000001"
                + " id=00000000-0000-4000-8000-0000000000b1",
            "  files space_id=00000000-0000-4000-8000-000000000002"
                + " id=00000000-0000-4000-8000-0000000000f3",
            "  members space_id=00000000-0000-4000-8000-000000000002 chain_seq=3")
        .noneMatch(line -> line.contains("alice"));
    assertThat(value(database, TABLES)).isEqualTo(tables);
    assertThat(value(database, "select max(version) from _sqlx_migrations")).isEqualTo("12");

    SchemaReport report = new SchemaMigration(database).migrate();
    assertThat(value(database, COUNTS)).isEqualTo(counts);
    assertThat(report.brokenRows()).isEqualTo(planned.brokenRows());
    assertThat(
            value(
                database,
                "select string_agg(conname, ',' order by conname) from pg_constraint"
                    + " where not convalidated"))
        .isEqualTo(String.join(",", CONSTRAINTS));
    assertThat(new SchemaMigration(database).check().brokenRows()).isEqualTo(planned.brokenRows());
  }

  @Test
  void oneIdMayBeARecordInTwoSpaces() throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, EarlierRows.GOOD);
    new SchemaMigration(database).migrate();
    execute(
        database,
        "insert into records (space_id, id, cursor) values ('00000000-0000-4000-8000-000000000002',"
            + " '00000000-0000-4000-8000-0000000000a1', 10)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          delete from _sqlx_migrations where version = 12 | can be adopted at version 12
          delete from _sqlx_migrations where version = 3 | can be adopted at version 12
          delete from _sqlx_migrations | can be adopted at version 12
          update _sqlx_migrations set success = false where version = 12 | migration 12 of the earlier release has failed
          insert into _sqlx_migrations values (13, 'other', now(), true, '', 1) | can be adopted at version 12
          drop table rate_limit_actions | no table rate_limit_actions
          drop table _sqlx_migrations | that this server did not make
          """)
  void refusesAnythingElseInOneLineAndTouchesNothing(String change, String reason)
      throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, change);
    String before = value(database, SHAPE) + value(database, TABLES);
    SchemaMigration migration = new SchemaMigration(database);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(migration::migrate)
          .isInstanceOf(SchemaMigrationException.class)
          .hasMessageContaining(reason)
          .message()
          .doesNotContain("\n");
    }
    assertThatThrownBy(migration::check)
        .isInstanceOf(SchemaMigrationException.class)
        .hasMessageContaining(reason);
    assertThat(value(database, SHAPE) + value(database, TABLES)).isEqualTo(before);
  }

  @Test
  void anAdoptionThatFailsHalfWayLeavesNothingBehind() throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, EarlierRows.GOOD + "create table file_removals (in_the_way int)");
    String before = value(database, SHAPE) + value(database, TABLES);
    assertThatThrownBy(() -> new SchemaMigration(database).migrate())
        .isInstanceOf(SchemaMigrationException.class)
        .hasMessageContaining("relation \"file_removals\" already exists")
        .message()
        .doesNotContain("\n");
    assertThat(value(database, SHAPE) + value(database, TABLES)).isEqualTo(before);
    assertThat(value(database, "select max(version) from _sqlx_migrations")).isEqualTo("12");

    execute(database, "drop table file_removals");
    assertThat(new SchemaMigration(database).migrate().before())
        .isEqualTo(SchemaState.EARLIER_RELEASE);
  }

  @Test
  void goesOnWhereACrashLeftOnlyTheBaseline() throws Exception {
    DataSource database = Databases.earlierRelease();
    new SchemaMigration(database).migrate();
    String baseline = value(database, "select t::text from flyway_schema_history t limit 1");
    DataSource crashed = Databases.earlierRelease();
    execute(
        crashed,
        "create table flyway_schema_history (installed_rank int not null constraint"
            + " flyway_schema_history_pk primary key, version varchar(50), description varchar(200)"
            + " not null, type varchar(20) not null, script varchar(1000) not null, checksum int,"
            + " installed_by varchar(100) not null, installed_on timestamp not null default now(),"
            + " execution_time int not null, success boolean not null);"
            + " insert into flyway_schema_history select (r).* from (select ('"
            + baseline
            + "'::flyway_schema_history) as r) as x");
    assertThat(new SchemaMigration(crashed).check().before())
        .isEqualTo(SchemaState.EARLIER_RELEASE);
    assertThat(new SchemaMigration(crashed).migrate().upToDate()).isFalse();
    assertThat(value(crashed, SHAPE)).isEqualTo(value(database, SHAPE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "insert into records (space_id, id, cursor, wrapped_dek)"
            + " values ('00000000-0000-4000-8000-000000000001', gen_random_uuid(), 1, 'short')",
        "insert into records (space_id, id, cursor, blob, deleted)"
            + " values ('00000000-0000-4000-8000-000000000001', gen_random_uuid(), 1, 'x', true)",
        "insert into files (space_id, id, size, wrapped_dek, record_id)"
            + " values ('00000000-0000-4000-8000-000000000002', gen_random_uuid(), 1,"
            + " decode(repeat('00', 44), 'hex'), '00000000-0000-4000-8000-0000000000a1')",
        "insert into members values ('00000000-0000-4000-8000-000000000002', 9, 'short',"
            + " decode(repeat('11', 32), 'hex'), 'p')",
        "insert into revocations values ('00000000-0000-4000-8000-000000000002', 'ABC')",
        "insert into invitations (mailbox_id, payload, expires_at) values ('bob', 'p', now())",
        "insert into federation_signing_keys (kid, private_key, public_key, is_primary)"
            + " values ('k2', 'short', 'short', true)"
      })
  void constraintsHoldForNewRowsOfAnAdoptedDatabase(String insert) throws Exception {
    DataSource database = Databases.earlierRelease();
    execute(database, EarlierRows.GOOD + EarlierRows.BAD);
    new SchemaMigration(database).migrate();
    assertThatThrownBy(() -> execute(database, insert)).hasMessageContaining("violates");
  }
}
