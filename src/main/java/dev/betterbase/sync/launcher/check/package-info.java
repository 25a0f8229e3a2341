/** Clients that run against a server: {@code check}, and the load for an AOT cache. */
@NullMarked
package dev.betterbase.sync.launcher.check;

import org.jspecify.annotations.NullMarked;
