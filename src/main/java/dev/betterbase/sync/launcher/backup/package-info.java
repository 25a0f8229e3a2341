/** The commands {@code backup} and {@code restore}, and the form of a backup. */
@NullMarked
package dev.betterbase.sync.launcher.backup;

import org.jspecify.annotations.NullMarked;
