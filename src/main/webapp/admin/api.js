// What the page asks of the server. Each call answers, or throws one of the errors below.

/** The session is over. */
export class SignedOut extends Error {}

/** The server does not answer. */
export class Lost extends Error {}

/** The server said no, and why. */
export class Refused extends Error {}

const HEADERS = { 'X-Admin-Request': '1', 'Content-Type': 'text/plain' };

/** @param {string} path @param {RequestInit} [request] @returns {Promise<any>} */
async function ask(path, request) {
  let response;
  let body;
  try {
    response = await fetch(`api/${path}`, { cache: 'no-store', ...request });
    body = await response.text();
  } catch {
    throw new Lost('The server does not answer.');
  }
  if (response.ok) {
    return body === '' ? null : JSON.parse(body);
  }
  if (response.status === 401) {
    throw new SignedOut('Your session is over. Sign in again.');
  }
  throw new Refused(sentence(body, response.status));
}

/** @param {string} body @param {number} status */
function sentence(body, status) {
  try {
    const text = String(JSON.parse(body).error);
    return text[0].toUpperCase() + text.slice(1) + '.';
  } catch {
    return `The server answered with status ${status}.`;
  }
}

/** @param {string} path @returns {Promise<any>} */
export const get = (path) => ask(path);

/** @param {string} path @param {string} [body] @returns {Promise<any>} */
export const post = (path, body = '') => ask(path, { method: 'POST', headers: HEADERS, body });

/** @param {string} path @returns {Promise<any>} */
export const remove = (path) => ask(path, { method: 'DELETE', headers: HEADERS });
