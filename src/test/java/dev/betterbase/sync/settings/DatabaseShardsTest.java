package dev.betterbase.sync.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class DatabaseShardsTest {
  private static final String TWO =
      "postgres://sync:hush@db-2/sync  jdbc:postgresql://db-3:6432,db-4/other";

  private static DatabaseShards read(String... namesAndValues) {
    return SettingValues.read(namesAndValues).database().shards();
  }

  @Test
  void thereAreNoneByDefault() {
    assertThat(read()).isEqualTo(DatabaseShards.NONE);
    assertThat(read().total()).isEqualTo(1);
  }

  @Test
  void eachUrlIsADatabaseOfTheNextNumber() {
    DatabaseShards shards = read("DATABASE_SHARDS", TWO);

    assertThat(shards.total()).isEqualTo(3);
    assertThat(shards.weights()).containsExactly(1, 1, 1);
    assertThat(shards.others())
        .extracting(DatabaseShards.Shard::datasource)
        .containsExactly("jdbc/betterbase-sync-2", "jdbc/betterbase-sync-3");
    assertThat(shards.others().get(1).url().orElseThrow().shown())
        .isEqualTo("db-3:6432,db-4:5432/other");
  }

  @Test
  void aServerNamesItsDatasources() {
    assertThat(read("DATABASE_SHARDS", "jdbc/sync-b java:/jdbc/c").others())
        .containsExactly(
            new DatabaseShards.Shard(Optional.empty(), "jdbc/sync-b"),
            new DatabaseShards.Shard(Optional.empty(), "java:/jdbc/c"));
  }

  @Test
  void eachDatabaseHasItsWeight() {
    assertThat(read("DATABASE_SHARDS", TWO, "DATABASE_SHARD_WEIGHTS", "0, 10,100").weights())
        .containsExactly(0, 10, 100);
  }

  @Test
  void badValuesAreRefusedAndNoPasswordIsShown() {
    assertThatThrownBy(() -> read("DATABASE_SHARDS", "ldap://elsewhere/hush"))
        .isInstanceOf(InvalidSetting.class)
        .hasMessage(
            "DATABASE_SHARDS: expected URLs (postgres://…) or names of datasources, separated by"
                + " spaces");
    assertThatThrownBy(() -> read("DATABASE_SHARDS", "postgres://sync:hush@db:99999/sync"))
        .isInstanceOf(InvalidSetting.class)
        .hasMessageStartingWith("DATABASE_SHARDS, database 2: ")
        .message()
        .doesNotContain("hush");
    for (String weights : new String[] {"1,1", "1,1,101", "1,1,-1", "0,0,0", "1,1,x"}) {
      assertThatThrownBy(() -> read("DATABASE_SHARDS", TWO, "DATABASE_SHARD_WEIGHTS", weights))
          .isInstanceOf(InvalidSetting.class)
          .hasMessageStartingWith("DATABASE_SHARD_WEIGHTS=" + weights + ": expected 3 numbers");
    }
    assertThatThrownBy(() -> read("DATABASE_SHARD_WEIGHTS", "1"))
        .isInstanceOf(InvalidSetting.class)
        .hasMessage("DATABASE_SHARD_WEIGHTS is set without DATABASE_SHARDS");
  }
}
