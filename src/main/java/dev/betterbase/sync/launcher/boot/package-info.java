/**
 * What stands at the root of the uber-jar, on the system class path: it checks the Java version,
 * chooses flags of the JVM where nobody did, unpacks the rest and starts the launcher in a class
 * loader of its own.
 */
@NullMarked
package dev.betterbase.sync.launcher.boot;

import org.jspecify.annotations.NullMarked;
