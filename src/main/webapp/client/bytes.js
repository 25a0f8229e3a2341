/**
 * Bytes and their spellings as text.
 *
 * @module
 */

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** @param {string} text @returns {Uint8Array} */
export const utf8 = (text) => new TextEncoder().encode(text);

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 * @throws {TypeError} if the bytes are not UTF-8
 */
export const text = (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {number} value 0 to 2^32 - 1 @returns {Uint8Array} 4 bytes, big-endian */
export function uint32(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** @param {Uint8Array} bytes @returns {string} lower-case hex */
export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

/**
 * @param {string} digits
 * @returns {Uint8Array}
 * @throws {RangeError} if it is not an even number of hex digits
 */
export function fromHex(digits) {
  if (!/^([0-9a-f]{2})*$/i.test(digits)) {
    throw new RangeError('not hex');
  }
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {Uint8Array} bytes @returns {string} standard base64, with padding */
export const base64 = (bytes) =>
  btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));

/** @param {string} encoded standard base64 @returns {Uint8Array} */
export const fromBase64 = (encoded) => Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));

/** @param {Uint8Array} bytes @returns {string} base64url without padding */
export const base64url = (bytes) =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/**
 * Decodes base64url. Only the one spelling that {@link base64url} writes is accepted, because a
 * revoked UCAN must not come back in another one.
 *
 * @param {string} encoded
 * @returns {Uint8Array}
 * @throws {RangeError} if there is padding, a foreign character or a stray trailing bit
 */
export function fromBase64url(encoded) {
  if (!/^[A-Za-z0-9_-]*$/.test(encoded) || encoded.length % 4 === 1) {
    throw new RangeError('not base64url');
  }
  const bytes = fromBase64(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  if (base64url(bytes) !== encoded) {
    throw new RangeError('not base64url: stray bits at the end');
  }
  return bytes;
}

/** @param {Uint8Array} bytes @returns {string} base58btc */
export function base58(bytes) {
  let number = BigInt('0x0' + hex(bytes));
  let digits = '';
  for (; number > 0n; number /= 58n) {
    digits = BASE58[Number(number % 58n)] + digits;
  }
  const zeros = bytes.findIndex((b) => b !== 0);
  return '1'.repeat(zeros < 0 ? bytes.length : zeros) + digits;
}

/**
 * @param {string} encoded base58btc
 * @returns {Uint8Array}
 * @throws {RangeError} if a character is foreign
 */
export function fromBase58(encoded) {
  let number = 0n;
  for (const character of encoded) {
    const digit = BASE58.indexOf(character);
    if (digit < 0) {
      throw new RangeError('not base58');
    }
    number = number * 58n + BigInt(digit);
  }
  const digits = number === 0n ? '' : number.toString(16);
  const zeros = encoded.length - encoded.replace(/^1+/, '').length;
  return concat(new Uint8Array(zeros), fromHex(digits.length % 2 ? '0' + digits : digits));
}

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array>} 32 bytes */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}
