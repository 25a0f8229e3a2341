/** The embedded PostgreSQL, the data folder, and the access to a database by JDBC. */
@NullMarked
package dev.betterbase.sync.launcher.postgres;

import org.jspecify.annotations.NullMarked;
