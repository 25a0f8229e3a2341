package dev.betterbase.sync.operation;

/** Queries that say what a database holds, to compare two of them, or one before and after. */
final class SchemaFacts {
  /** Everything in the schema except the histories of migrations, one fact per line. */
  static final String SHAPE =
      """
      select string_agg(fact, E'\\n' order by fact) from (
        select format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable,
                 column_default) as fact
          from information_schema.columns where table_schema = 'public'
        union all
        select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
          from pg_constraint where connamespace = 'public'::regnamespace
        union all
        select indexdef from pg_indexes where schemaname = 'public'
        union all
        select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
        union all
        select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
      ) as facts
      where fact not like '%flyway_schema_history%' and fact not like '%\\_sqlx\\_migrations%'
      """;

  static final String TABLES =
      """
      select string_agg(table_name, ' ' order by table_name) from information_schema.tables
       where table_schema = 'public'
      """;

  static final String HISTORY =
      "select string_agg(t::text, ' ' order by installed_rank) from flyway_schema_history t";

  private SchemaFacts() {}
}
