package dev.betterbase.sync.storage;

import static dev.betterbase.sync.testing.Databases.execute;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.betterbase.sync.testing.DatabaseTest;
import dev.betterbase.sync.testing.Databases;
import dev.betterbase.sync.testing.JpaProvider;
import jakarta.persistence.Column;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The entities and the schema that the migrations make are one and the same. */
@NullUnmarked
@DatabaseTest
class EntityMappingIT {
  private static final String COLUMNS =
      """
      select table_name, column_name, is_nullable = 'NO',
             udt_name || coalesce('(' || character_maximum_length || ')', '')
        from information_schema.columns
       where table_schema = current_schema() and table_name not like '%\\_history'
         and table_name not like '\\_sqlx%'
         and table_name not in ('database_origin', 'database_shard', 'space_shards')
         and table_name not in ('person_grants', 'person_grants_given', 'person_spaces')
      """;

  private static final String KEYS =
      """
      select array_agg(a.attname::text) from pg_constraint c
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
       where c.conrelid = '%s'::regclass and c.contype in ('p', 'u') group by c.oid
      """;

  /** Two rows of each table: every column with a value, and only those that must have one. */
  private static final String ROWS =
      """
      insert into spaces (id, client_id, root_public_key, key_generation, min_key_generation,
          metadata_version, cursor, rewrap_epoch, home_server, used_bytes, owner_hash, elsewhere, move)
        values ('00000000-0000-4000-8000-000000000001', 'client', '\\x02ff', 5, 4, 3,
          1234567890123, 6, 'peer.example', 5000000000, repeat('0e', 32), 'left', 7);
      insert into peer_signatures (signature, valid_until)
        values (decode(repeat('ab', 64), 'hex'), now()), (decode(repeat('cd', 64), 'hex'), now());
      insert into spaces (id, client_id) values ('00000000-0000-4000-8000-000000000002', '');
      insert into records (space_id, id, blob, cursor, wrapped_dek)
        select id, gen_random_uuid(), '\\x00ff', 7, decode(repeat('ab', 44), 'hex') from spaces;
      insert into records (space_id, id, cursor, deleted)
        select id, gen_random_uuid(), 8, true from spaces;
      insert into files (space_id, id, size, wrapped_dek, record_id, cursor)
        select space_id, gen_random_uuid(), 5000000000, wrapped_dek, id, 9 from records
         where not deleted;
      insert into files (space_id, id, size, wrapped_dek, record_id, deleted)
        select space_id, gen_random_uuid(), 0, '', id, true from records;
      insert into file_removals (space_id, file_id, due_at)
        select space_id, id, now() + interval '10 minutes' from files;
      insert into members (space_id, chain_seq, prev_hash, entry_hash, payload, cursor)
        select id, n, case when n > 1 then decode(repeat('cd', 32), 'hex') end,
               decode(repeat('ef', 32), 'hex'), '\\x01', n from spaces, generate_series(1, 2) n;
      insert into revocations (space_id, ucan_cid) select id, repeat('0a', 32) from spaces;
      insert into invitations (mailbox_id, payload, expires_at)
        values (repeat('0b', 32), '\\xf0ff', now() + interval '7 days');
      insert into mailbox_issuers (mailbox_id, issuer)
        values (repeat('0c', 32), 'https://accounts.example.com');
      insert into job_leases (job, node, held_until) values ('a_job', gen_random_uuid(), now());
      insert into rate_limit_actions (action, actor_hash) values ('an_action', repeat('0d', 32));
      insert into federation_signing_keys
        (kid, private_key, public_key, is_active, is_primary, deactivated_at)
        values ('a', '\\x01', '\\x02', false, false, now()),
          ('b', decode(repeat('01', 32), 'hex'), decode(repeat('02', 32), 'hex'), true, true, null);
      """;

  private static DataSource database;

  @BeforeAll
  static void fill() {
    database = Databases.migrated();
    execute(database, ROWS);
  }

  @Test
  void everyTableHasItsEntityAndEveryColumnItsField() throws SQLException {
    SortedMap<String, SortedMap<String, String>> mapped = new TreeMap<>();
    for (Class<?> entity : JpaProvider.entityClasses()) {
      SortedMap<String, String> columns = new TreeMap<>();
      fields(entity).forEach(field -> columns.put(column(field), type(field)));
      mapped.put(table(entity), columns);
    }
    assertThat(mapped).isEqualTo(schema());
  }

  @Test
  void anEntityIsIdentifiedByAKeyOfItsTable() throws SQLException {
    for (Class<?> entity : JpaProvider.entityClasses()) {
      Set<String> id =
          fields(entity)
              .filter(field -> field.isAnnotationPresent(Id.class))
              .map(EntityMappingIT::column)
              .collect(toSet());
      Set<Set<String>> keys = keys(table(entity));
      if (keys.isEmpty()) {
        // Without a key only the whole row identifies a row.
        keys = Set.of(fields(entity).map(EntityMappingIT::column).collect(toSet()));
      }
      assertThat(keys).as(entity.getSimpleName()).contains(id);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyRowIsReadAsItIs(JpaProvider provider) throws Exception {
    for (Class<?> entity : JpaProvider.entityClasses()) {
      try (EntityManager manager = provider.factory(database).createEntityManager()) {
        Set<Map<String, Object>> read = new HashSet<>();
        for (Object row :
            manager
                .createQuery("select e from " + entity.getSimpleName() + " e", entity)
                .getResultList()) {
          Map<String, Object> values = new HashMap<>();
          for (Field field : fields(entity).toList()) {
            values.put(column(field), comparable(field.get(row)));
          }
          read.add(values);
        }
        assertThat(read).as(entity.getSimpleName()).isNotEmpty().isEqualTo(rows(table(entity)));
      }
    }
  }

  @Test
  void hibernateFindsTheSchemaValid() {
    try (EntityManagerFactory valid =
        JpaProvider.HIBERNATE.create(database, Map.of("hibernate.hbm2ddl.auto", "validate"))) {
      assertThat(valid.getMetamodel().getEntities()).hasSameSizeAs(JpaProvider.entityClasses());
    }
  }

  private static String table(Class<?> entity) {
    return entity.getAnnotation(Table.class).name();
  }

  private static Stream<Field> fields(Class<?> entity) {
    return Arrays.stream(entity.getDeclaredFields())
        .filter(field -> !Modifier.isStatic(field.getModifiers()) && !field.isSynthetic())
        .peek(field -> field.setAccessible(true));
  }

  private static String column(Field field) {
    String name = field.getAnnotation(Column.class).name();
    return name.isEmpty() ? field.getName() : name;
  }

  /** The type of a column as a mapping describes it. */
  private static String type(Field field) {
    Column column = field.getAnnotation(Column.class);
    String type =
        switch (field.getType().getSimpleName()) {
          case "UUID" -> "uuid";
          case "byte[]" -> "bytea";
          case "int", "Integer" -> "int4";
          case "long", "Long" -> "int8";
          case "boolean" -> "bool";
          case "OffsetDateTime" -> "timestamptz";
          case "String" ->
              !column.columnDefinition().isEmpty()
                  ? column.columnDefinition()
                  : column.length() == 255 ? "text" : "varchar(" + column.length() + ")";
          case String other -> "unknown: " + other;
        };
    boolean canBeNull = column.nullable() && !field.getType().isPrimitive();
    return type + (canBeNull ? "" : " not null");
  }

  /** The columns of each table, as PostgreSQL describes them. */
  private static SortedMap<String, SortedMap<String, String>> schema() throws SQLException {
    SortedMap<String, SortedMap<String, String>> tables = new TreeMap<>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(COLUMNS)) {
      while (rows.next()) {
        tables
            .computeIfAbsent(rows.getString(1), table -> new TreeMap<>())
            .put(rows.getString(2), rows.getString(4) + (rows.getBoolean(3) ? " not null" : ""));
      }
    }
    return tables;
  }

  private static Set<Set<String>> keys(String table) throws SQLException {
    Set<Set<String>> keys = new HashSet<>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(KEYS.formatted(table))) {
      while (rows.next()) {
        keys.add(Set.copyOf(List.of((String[]) rows.getArray(1).getArray())));
      }
    }
    return keys;
  }

  private static Set<Map<String, Object>> rows(String table) throws SQLException {
    Set<Map<String, Object>> all = new HashSet<>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select * from " + table)) {
      while (rows.next()) {
        Map<String, Object> values = new HashMap<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          values.put(rows.getMetaData().getColumnName(i), comparable(rows.getObject(i)));
        }
        all.add(values);
      }
    }
    return all;
  }

  /** Equal for equal values, from wherever they were read. */
  private static Object comparable(Object value) {
    return switch (value) {
      case byte[] bytes -> HexFormat.of().formatHex(bytes);
      case OffsetDateTime time -> time.toInstant();
      case Timestamp time -> time.toInstant();
      case null, default -> value;
    };
  }
}
