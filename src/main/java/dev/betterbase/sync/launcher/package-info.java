/** The command line of the uber-jar, its embedded PostgreSQL and development mode. */
@NullMarked
package dev.betterbase.sync.launcher;

import org.jspecify.annotations.NullMarked;
