/** Where the bytes of files lie: on a local disk or in an S3 bucket. */
@NullMarked
package dev.betterbase.sync.file.storage;

import org.jspecify.annotations.NullMarked;
