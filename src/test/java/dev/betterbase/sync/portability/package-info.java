/**
 * The same WAR on the application servers it is made for, installed and set up as in {@code
 * server-config}.
 */
package dev.betterbase.sync.portability;
