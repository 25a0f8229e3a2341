/** Key epochs, the DEKs of records and files, and their rewrap. */
@NullMarked
package dev.betterbase.sync.epoch;

import org.jspecify.annotations.NullMarked;
