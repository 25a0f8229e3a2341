/** {@code check}: two real clients against a running server. */
@NullMarked
package dev.betterbase.sync.launcher.check;

import org.jspecify.annotations.NullMarked;
