/**
 * The servers that the clients of this page can use: the one that serves the page, and others of
 * this machine that it trusts (federation.md).
 */

/**
 * @typedef {object} Server
 * @property {string} domain
 * @property {string} origin
 * @property {string} tokens the URL, without a query, that gives tokens of it
 * @property {Record<string, string>} query what the query must have
 * @property {string} [home] for another server: the domain of this one, where the space lives
 */

/** @returns {Promise<{here: Server, others: Server[]}>} */
export async function servers() {
  const response = await fetch('/dev/peers', { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) {
    throw new Error(`The server does not say which others it trusts (HTTP status ${response.status}).`);
  }
  const { domain, peers } = await response.json();
  return {
    here: { domain: domain || location.host, origin: location.origin, tokens: '/dev/token', query: {} },
    others: peers.map((/** @type {string} */ peer) => ({
      // This server asks the other one for the token: a page cannot read one of another server.
      domain: peer, origin: `http://${peer}`, tokens: '/dev/peer-token', query: { server: peer }, home: domain,
    })),
  };
}

/** @param {Server} server @returns {string} the URL of its WebSocket */
export function socketOf({ origin }) {
  const url = new URL('/api/v1/ws', origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
