/** Shared by all HTTP routes: headers, errors and bearer authentication. */
@NullMarked
package dev.betterbase.sync.http;

import org.jspecify.annotations.NullMarked;
