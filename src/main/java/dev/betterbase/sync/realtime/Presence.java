package dev.betterbase.sync.realtime;

/**
 * Somebody who is present in a space (methods.md, Presence and events).
 *
 * @param pseudonym 32 hex digits, others in every space
 * @param data what it shows, at most 1,024 bytes; never changed
 */
public record Presence(String pseudonym, byte[] data) {}
