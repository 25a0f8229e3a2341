/** Files: their routes, their rows, and what keeps rows and bytes together. */
@NullMarked
package dev.betterbase.sync.file;

import org.jspecify.annotations.NullMarked;
