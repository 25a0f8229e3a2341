/** What all HTTP responses have in common: headers, errors, bearer authentication. */
@NullMarked
package dev.betterbase.sync.http;

import org.jspecify.annotations.NullMarked;
