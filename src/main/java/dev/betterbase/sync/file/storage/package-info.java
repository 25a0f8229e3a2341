/** Storage for the bytes of files: on a local disk or in an S3 bucket. */
@NullMarked
package dev.betterbase.sync.file.storage;

import org.jspecify.annotations.NullMarked;
