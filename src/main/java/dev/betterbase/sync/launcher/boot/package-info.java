/**
 * The classes at the root of the uber-jar, on the system class path. They check the Java version,
 * choose JVM flags if the user passed none, unpack the rest of the jar, and start the launcher in a
 * class loader of its own.
 */
@NullMarked
package dev.betterbase.sync.launcher.boot;

import org.jspecify.annotations.NullMarked;
