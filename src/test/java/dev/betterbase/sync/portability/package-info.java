/**
 * Tests of the same WAR on each supported application server, which is set up by the scripts in
 * {@code server-config}.
 */
package dev.betterbase.sync.portability;
