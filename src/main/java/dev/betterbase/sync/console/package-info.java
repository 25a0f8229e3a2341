/**
 * The admin page at {@code /admin/} (docs/admin-page.md): sessions, figures, their history, and
 * what an operator can do. It is there only where ADMIN_TOKEN is set. It shows and logs no identity
 * and no payload.
 */
@NullMarked
package dev.betterbase.sync.console;

import org.jspecify.annotations.NullMarked;
