/** The command line of the uber-jar: each command is a class. */
@NullMarked
package dev.betterbase.sync.launcher.command;

import org.jspecify.annotations.NullMarked;
