/**
 * The line that says what just happened, and the list of things to try.
 */
import { byId, make } from '../shared/dom.js';

const STEPS = {
  write: 'Write a note',
  offline: 'Edit both, Ben offline',
  conflict: 'Settle the conflict',
  file: 'Attach a file',
  revoke: 'Remove Ben',
  rotate: 'Change the key',
  invite: 'Invite Ben again',
};

/** What the pages of the protocol are about. */
const PAGES = {
  'auth.md': 'Credentials',
  'federation.md': 'Federation',
  'http.md': 'HTTP',
  'methods.md': 'Methods',
  'protocol.md': 'Frames',
};

/** @type {Set<string>} */
const done = new Set();

/** The number of things that were told. */
let told = 0;

/**
 * Says what just happened.
 *
 * @param {string} sentence
 * @param {keyof typeof PAGES} page of the protocol
 * @param {string} [heading] the heading on it
 * @returns {number} a number to add to it by
 */
export function tell(sentence, page, heading) {
  told++;
  byId('story').textContent = sentence;
  const link = byId('story-link');
  link.firstChild.textContent = `Read more: ${PAGES[page]}${heading ? `, ${heading.replace(/^#+ /, '')}` : ''}`;
  link.href = `protocol/${page}` + (heading ? `#:~:text=${encodeURIComponent(heading)}` : '');
  return told;
}

/**
 * Adds a sentence to what was told, unless something else has happened since.
 *
 * @param {string} sentence
 * @param {number} to what {@link tell} returned
 */
export function add(sentence, to) {
  if (to === told) {
    byId('story').textContent += ' ' + sentence;
  }
}

/** @param {keyof typeof STEPS} step */
export function did(step) {
  if (!done.has(step)) {
    done.add(step);
    showSteps();
  }
}

export function showSteps() {
  const next = Object.keys(STEPS).find((step) => !done.has(step));
  byId('steps').replaceChildren(
    ...Object.entries(STEPS).map(([step, text], i) =>
      make(
        'li',
        { 'data-number': i + 1, 'data-done': String(done.has(step)), 'aria-current': step === next ? 'step' : undefined },
        text,
        ...(done.has(step) ? [make('span', { class: 'hidden' }, ' (done)')] : []),
      ),
    ),
  );
}
