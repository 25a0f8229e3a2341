/**
 * What the integration tests and the load program share: the packaged server as a process, an
 * issuer of access tokens, a PostgreSQL, and a WebSocket client that can also misbehave.
 */
package dev.betterbase.sync.testing;
