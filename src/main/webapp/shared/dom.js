/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `on…` are listeners, `class` and the rest attributes;
 *   false and undefined leave one out
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children);
  return element;
}

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** @param {number} ms @returns {string} */
export const inMs = (ms) => (ms < 10 ? ms.toFixed(1) : Math.round(ms)) + ' ms';

/** @param {number} count @param {string} one @returns {string} such as "1 byte" or "2 bytes" */
export const many = (count, one) => `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
