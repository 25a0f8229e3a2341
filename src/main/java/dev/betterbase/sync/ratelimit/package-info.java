/** Limits by person (methods.md, Rate limits by person). */
@NullMarked
package dev.betterbase.sync.ratelimit;

import org.jspecify.annotations.NullMarked;
