/**
 * Who a client is: a P-256 key whose public half is written as a `did:key` (auth.md, did:key), and
 * a second one to which others seal invitations.
 *
 * Private keys are WebCrypto keys that cannot be exported. Keep them in IndexedDB, which stores
 * them as they are.
 *
 * @module
 */
import { base58, concat, fromBase58, fromBase64url, base64url, text, utf8 } from './bytes.js';

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256' };
const SEALING = { name: 'ECDH', namedCurve: 'P-256' };
const MULTICODEC = [0x80, 0x24];
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const LONGEST_DID = 256;

/**
 * @typedef {object} SigningKey
 * @property {string} did the public key as a `did:key`
 * @property {Uint8Array} publicKey the compressed point, 33 bytes
 * @property {(bytes: Uint8Array) => Promise<Uint8Array>} sign ES256: 64 bytes, r and s
 */

/**
 * Makes a key that signs: a member's identity, or the root key of a space.
 *
 * @returns {Promise<SigningKey>}
 */
export async function newSigningKey() {
  const pair = await crypto.subtle.generateKey(SIGNING, false, ['sign', 'verify']);
  const publicKey = compress(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  return {
    did: didOf(publicKey),
    publicKey,
    sign: async (bytes) =>
      new Uint8Array(
        await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes),
      ),
  };
}

/**
 * Whether a signature is that of the key that a DID names.
 *
 * @param {string} did
 * @param {Uint8Array} signature 64 bytes
 * @param {Uint8Array} signed
 * @returns {Promise<boolean>}
 */
export async function verify(did, signature, signed) {
  const point = decompress(publicKeyOf(did));
  const key = await crypto.subtle.importKey('raw', point, SIGNING, false, ['verify']);
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, signed);
}

/** @param {Uint8Array} publicKey 33 bytes @returns {string} */
export function didOf(publicKey) {
  return 'did:key:z' + base58(concat(new Uint8Array(MULTICODEC), publicKey));
}

/**
 * The compressed P-256 point that a DID names.
 *
 * @param {string} did
 * @returns {Uint8Array} 33 bytes
 * @throws {RangeError} if it is no `did:key` of a point on P-256
 */
export function publicKeyOf(did) {
  if (!did.startsWith('did:key:z') || did.length > 'did:key:z'.length + LONGEST_DID) {
    throw new RangeError('not a did:key');
  }
  const bytes = fromBase58(did.slice('did:key:z'.length));
  if (bytes.length !== 35 || bytes[0] !== MULTICODEC[0] || bytes[1] !== MULTICODEC[1]) {
    throw new RangeError('not a did:key of P-256');
  }
  const publicKey = bytes.slice(2);
  decompress(publicKey);
  return publicKey;
}

/** @param {Uint8Array} point 65 bytes @returns {Uint8Array} 33 bytes */
function compress(point) {
  return concat(new Uint8Array([2 + (point[64] & 1)]), point.slice(1, 33));
}

/**
 * WebCrypto of some browsers reads only whole points.
 *
 * @param {Uint8Array} compressed 33 bytes
 * @returns {Uint8Array} 65 bytes
 */
function decompress(compressed) {
  const x = number(compressed.slice(1));
  if ((compressed[0] !== 2 && compressed[0] !== 3) || x >= P) {
    throw new RangeError('not a point on P-256');
  }
  const square = (x ** 3n - 3n * x + B) % P;
  const root = power(square, (P + 1n) / 4n);
  if ((root * root - square) % P !== 0n) {
    throw new RangeError('not a point on P-256');
  }
  const y = (root & 1n) === BigInt(compressed[0] & 1) ? root : P - root;
  return concat(new Uint8Array([4]), compressed.slice(1), bytesOf(y));
}

/** @param {bigint} base @param {bigint} exponent @returns {bigint} base^exponent modulo P */
function power(base, exponent) {
  let result = 1n;
  for (let factor = base; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) {
      result = (result * factor) % P;
    }
    factor = (factor * factor) % P;
  }
  return result;
}

/** @param {Uint8Array} bytes @returns {bigint} */
const number = (bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** @param {bigint} value @returns {Uint8Array} 32 bytes */
const bytesOf = (value) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * (31 - i))) & 255n));

/**
 * @typedef {object} SealingKey
 * @property {string} address the public key, which senders need: base64url of 65 bytes
 * @property {CryptoKey} privateKey
 */

/**
 * Makes a key to which others can seal messages.
 *
 * @returns {Promise<SealingKey>}
 */
export async function newSealingKey() {
  const pair = await crypto.subtle.generateKey(SEALING, false, ['deriveBits']);
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return { address: base64url(point), privateKey: pair.privateKey };
}

/**
 * Seals a value so that only the holder of a sealing key can read it: ECDH with a key made for this
 * message, HKDF-SHA-256 over both public keys, AES-256-GCM. It does not say who sealed it.
 *
 * @param {string} address the receiver's {@link SealingKey}
 * @param {unknown} value anything that JSON can carry
 * @returns {Promise<string>} text for the payload of an invitation
 */
export async function seal(address, value) {
  const receiver = fromBase64url(address);
  const theirs = await crypto.subtle.importKey('raw', receiver, SEALING, false, []);
  const pair = await crypto.subtle.generateKey(SEALING, false, ['deriveBits']);
  const sender = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const key = await sealKey(pair.privateKey, theirs, sender, receiver, 'encrypt');
  const sealed = await crypto.subtle.encrypt(ONCE, key, utf8(JSON.stringify(value)));
  return base64url(concat(sender, new Uint8Array(sealed)));
}

/**
 * Opens what {@link seal} made.
 *
 * @param {SealingKey} mine
 * @param {string} payload
 * @returns {Promise<any>}
 * @throws {Error} if it was not sealed to this key, or was changed
 */
export async function unseal(mine, payload) {
  const bytes = fromBase64url(payload);
  const sender = bytes.slice(0, 65);
  const theirs = await crypto.subtle.importKey('raw', sender, SEALING, false, []);
  const receiver = fromBase64url(mine.address);
  const key = await sealKey(mine.privateKey, theirs, sender, receiver, 'decrypt');
  const opened = await crypto.subtle.decrypt(ONCE, key, bytes.slice(65));
  return JSON.parse(text(new Uint8Array(opened)));
}

/** Each key encrypts one message, so the IV may be constant. */
const ONCE = { name: 'AES-GCM', iv: new Uint8Array(12) };

/**
 * @param {CryptoKey} mine
 * @param {CryptoKey} theirs
 * @param {Uint8Array} sender
 * @param {Uint8Array} receiver
 * @param {'encrypt' | 'decrypt'} usage
 */
async function sealKey(mine, theirs, sender, receiver, usage) {
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, mine, 256);
  const secret = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const info = concat(utf8('betterbase-invitation-v1'), sender, receiver);
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
  return crypto.subtle.deriveKey(hkdf, secret, { name: 'AES-GCM', length: 256 }, false, [usage]);
}
