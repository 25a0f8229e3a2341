/** The commands of the uber-jar. */
@NullMarked
package dev.betterbase.sync.launcher.command;

import org.jspecify.annotations.NullMarked;
