/**
 * The launcher of the uber-jar: its commands, the embedded PostgreSQL, and Payara Micro. No part of
 * it is in the WAR.
 */
@NullMarked
package dev.betterbase.sync.launcher;

import org.jspecify.annotations.NullMarked;
