package dev.betterbase.sync.launcher.postgres;

import java.nio.file.Path;

/** The instructions for data of another major version, which this PostgreSQL cannot read. */
final class PostgresUpgrade {
  private PostgresUpgrade() {}

  /** The message of the refusal, with the commands that move the data to the new version. */
  static String commands(Path folder, String version, String current) {
    Path data = folder.getParent();
    Path aside = folder.resolveSibling("postgres-" + version);
    String old = "/usr/lib/postgresql/" + version + "/bin";
    return """
    %1$s holds data of PostgreSQL %2$s, but this version of betterbase-sync has PostgreSQL %3$s. \
    Nothing was changed. To move the data, run these commands as the owner of that folder; they \
    need the programs of PostgreSQL %2$s, here in %4$s:
      mv %1$s %5$s
      %4$s/pg_ctl -D %5$s -o "-c port=5433 -c listen_addresses=127.0.0.1" -w start
      # start betterbase-sync, which creates an empty database; then, while it runs:
      export PGPASSWORD="$(cat %6$s/postgres.password)"
      %4$s/pg_dump -h 127.0.0.1 -p 5433 -U postgres --clean --if-exists betterbase_sync > %6$s/old.sql
      psql -h 127.0.0.1 -p "$(sed -n 4p %1$s/postmaster.pid)" -U postgres -v ON_ERROR_STOP=1 \
    -1 -f %6$s/old.sql betterbase_sync
      %4$s/pg_ctl -D %5$s stop
      # stop betterbase-sync, and then, because the data is complete:
      java -jar betterbase-sync.jar restored --complete\
    """
        .formatted(folder, version, current, old, aside, data);
  }
}
