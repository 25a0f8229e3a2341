/** The embedded PostgreSQL and the data folder. */
@NullMarked
package dev.betterbase.sync.launcher.postgres;

import org.jspecify.annotations.NullMarked;
