/** The settings of the server: read and validated once, and typed. All other packages use them. */
@NullMarked
package dev.betterbase.sync.settings;

import org.jspecify.annotations.NullMarked;
