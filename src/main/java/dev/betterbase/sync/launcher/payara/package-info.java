/** Payara Micro: how it is configured, started and stopped, and what it logs. */
@NullMarked
package dev.betterbase.sync.launcher.payara;

import org.jspecify.annotations.NullMarked;
