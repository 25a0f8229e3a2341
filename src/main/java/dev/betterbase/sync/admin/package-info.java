/**
 * For administrators, who look and clean up: spaces, persons, usage, and whether the stored data
 * fits together. The commands of the jar use it, and so can the server (storage-care.md).
 */
@NullMarked
package dev.betterbase.sync.admin;

import org.jspecify.annotations.NullMarked;
