package dev.betterbase.sync.file;

import dev.betterbase.sync.file.storage.FileKey;

/**
 * A file that exists.
 *
 * @param key the space and id of the file
 * @param size its size in bytes
 * @param dek its wrapped DEK, 44 bytes; never changed
 */
record StoredFile(FileKey key, long size, byte[] dek) {}
