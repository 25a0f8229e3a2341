/** What all HTTP routes share: headers, errors and bearer authentication. */
@NullMarked
package dev.betterbase.sync.http;

import org.jspecify.annotations.NullMarked;
