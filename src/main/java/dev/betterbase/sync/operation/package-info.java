/** Start and stop, migrations, health and scheduled jobs. */
@NullMarked
package dev.betterbase.sync.operation;

import org.jspecify.annotations.NullMarked;
