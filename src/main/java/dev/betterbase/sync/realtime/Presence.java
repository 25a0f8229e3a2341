package dev.betterbase.sync.realtime;

/**
 * A subscriber who is present in a space (methods.md, Presence and events).
 *
 * @param pseudonym 32 hex digits, different in every space
 * @param data the data that the subscriber shows, at most 1,024 bytes; must not be changed
 */
public record Presence(String pseudonym, byte[] data) {}
