/**
 * What administrators look at and clean up: spaces, persons, usage, and whether what is stored fits
 * together. The commands of the jar use it, and so can the server (storage-care.md).
 */
@NullMarked
package dev.betterbase.sync.admin;

import org.jspecify.annotations.NullMarked;
