/** Storage quotas of spaces and people (storage.md, Storage quotas). */
@NullMarked
package dev.betterbase.sync.quota;

import org.jspecify.annotations.NullMarked;
