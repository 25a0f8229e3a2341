package dev.betterbase.sync.space;

import dev.betterbase.sync.storage.Database;
import dev.betterbase.sync.testing.JpaProvider;
import javax.sql.DataSource;

/** The spaces of a database, for the tests of other packages. */
public final class SpaceStores {
  private SpaceStores() {}

  /** The spaces of this database. */
  public static SpaceStore on(DataSource database) {
    return new SpaceStore(new Database(database), JpaProvider.ECLIPSELINK.entities(database));
  }
}
