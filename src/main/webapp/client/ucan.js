/**
 * UCANs: signed capabilities on a space (auth.md, UCAN).
 *
 * @module
 */
import { base64url, fromBase64url, hex, sha256, text, utf8 } from './bytes.js';
import { didOf, publicKeyOf, verify } from './identity.js';

/** @typedef {'read' | 'write' | 'admin'} Permission */

const LEVELS = ['/space/read', '/space/write', '/space/admin'];
const LONGEST_CHAIN = 8;

/**
 * Issues a UCAN.
 *
 * @param {object} options
 * @param {import('./identity.js').SigningKey} options.issuer the root key of the space, or the
 *   member to whom `proof` was issued
 * @param {string} options.audience the DID of the member who is to use it
 * @param {string} options.space the id of the space
 * @param {Permission} options.permission at most that of `proof`
 * @param {number} options.expiresAt seconds since 1970, at most that of `proof`
 * @param {string} [options.proof] the issuer's own UCAN; none if the root key issues
 * @returns {Promise<string>}
 */
export async function issueUcan({ issuer, audience, space, permission, expiresAt, proof }) {
  const claims = {
    iss: issuer.did,
    aud: audience,
    exp: expiresAt,
    cmd: '/space/' + permission,
    with: 'space:' + space.toLowerCase(),
    nonce: base64url(crypto.getRandomValues(new Uint8Array(12))),
    prf: proof === undefined ? [] : [proof],
  };
  const head = part({ alg: 'ES256', typ: 'JWT' }) + '.' + part(claims);
  return head + '.' + base64url(await issuer.sign(utf8(head)));
}

/** @param {unknown} value @returns {string} */
const part = (value) => base64url(utf8(JSON.stringify(value)));

/**
 * The CID of a UCAN, by which `membership.revoke` names it.
 *
 * @param {string} token
 * @returns {Promise<string>} 64 lower-case hex digits
 */
export async function cidOf(token) {
  return hex(await sha256(utf8(token)));
}

/**
 * Checks that a chain of UCANs carries a permission, as the server does. Check an invitation in
 * this way before you use it. Whether a token was revoked only the server knows.
 *
 * @param {string} token
 * @param {object} wanted
 * @param {string} wanted.space
 * @param {string} wanted.audience the DID of the caller
 * @param {Permission} wanted.permission
 * @param {Uint8Array} wanted.rootPublicKey 33 bytes
 * @param {number} wanted.now seconds since 1970
 * @returns {Promise<void>}
 * @throws {Error} that names the first rule that is broken
 */
export async function checkUcan(token, { space, audience, permission, rootPublicKey, now }) {
  demand(audience !== '', 'nobody is named who is to use it');
  let level = LEVELS.indexOf('/space/' + permission);
  let expected = audience;
  let latest = 0;
  const seen = new Set();
  for (let current = token; ; ) {
    demand(seen.size < LONGEST_CHAIN && !seen.has(current), 'the chain is too long or a circle');
    seen.add(current);
    const { claims, signature, signed } = parse(current);
    demand(first(claims.aud) === expected, 'it was issued to somebody else');
    demand(claims.with === 'space:' + space, 'it is for another space');
    demand(LEVELS.indexOf(claims.cmd) >= level, 'it does not carry the permission');
    demand(Number.isFinite(claims.exp) && claims.exp >= Math.max(now, latest), 'it has expired');
    demand(claims.nbf === undefined || claims.nbf <= now, 'it is not valid yet');
    demand(typeof claims.nonce === 'string' && claims.nonce !== '', 'it has no nonce');
    demand(typeof claims.iss === 'string' && claims.iss !== '', 'it has no issuer');
    demand(await verify(claims.iss, signature, signed), 'its signature is wrong');
    const proofs = claims.prf ?? [];
    demand(Array.isArray(proofs) && proofs.length <= 1, 'it has more than one proof');
    if (proofs.length === 0) {
      publicKeyOf(claims.iss);
      demand(claims.iss === didOf(rootPublicKey), 'it does not begin at the root key of the space');
      return;
    }
    level = LEVELS.indexOf(claims.cmd);
    latest = claims.exp;
    expected = claims.iss;
    current = proofs[0];
  }
}

/** @param {boolean} holds @param {string} otherwise */
function demand(holds, otherwise) {
  if (!holds) {
    throw new Error('This UCAN is not valid: ' + otherwise);
  }
}

/** @param {unknown} audience */
const first = (audience) => (Array.isArray(audience) ? audience[0] : audience);

/** @param {unknown} token */
function parse(token) {
  demand(typeof token === 'string', 'it is not text');
  const parts = /** @type {string} */ (token).split('.');
  demand(parts.length === 3, 'it does not have three parts');
  const [header, claims] = parts.slice(0, 2).map((p) => JSON.parse(text(fromBase64url(p))));
  demand(header?.alg === 'ES256' && claims !== null, 'it is not an ES256 JWT');
  return {
    claims,
    signature: fromBase64url(parts[2]),
    signed: utf8(parts[0] + '.' + parts[1]),
  };
}
