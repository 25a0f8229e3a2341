/** Every setting of the server: read, typed and validated once, known to all other packages. */
@NullMarked
package dev.betterbase.sync.settings;

import org.jspecify.annotations.NullMarked;
