package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;

/**
 * A file that is there.
 *
 * @param key which
 * @param size in bytes
 * @param dek its wrapped DEK, 44 bytes; never changed
 */
record StoredFile(FileKey key, long size, byte[] dek) {}
