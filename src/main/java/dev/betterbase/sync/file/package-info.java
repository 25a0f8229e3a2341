/** Files: their HTTP routes, their rows, and the code that keeps rows and bytes together. */
@NullMarked
package dev.betterbase.sync.file;

import org.jspecify.annotations.NullMarked;
