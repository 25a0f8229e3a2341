/** The {@code admin} commands: they print what {@code dev.betterbase.sync.admin} finds. */
@NullMarked
package dev.betterbase.sync.launcher.admin;

import org.jspecify.annotations.NullMarked;
