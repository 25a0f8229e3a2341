/**
 * Shared by the integration tests and the load program: the packaged server as a process, an issuer
 * of access tokens, a PostgreSQL, and a WebSocket client that can also misbehave.
 */
package dev.betterbase.sync.testing;
