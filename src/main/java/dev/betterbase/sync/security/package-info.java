/** What is written down of attacks and of changes to who may do what (docs/security.md). */
@NullMarked
package dev.betterbase.sync.security;

import org.jspecify.annotations.NullMarked;
