/** Payara Micro: how it is started, set up and kept quiet. */
@NullMarked
package dev.betterbase.sync.launcher.payara;

import org.jspecify.annotations.NullMarked;
