// What is stored, and one space.

import { byId, make, many } from './shared/dom.js';
import { get, post, Refused } from './api.js';
import { bytes, clock, count, day } from './format.js';
import { facts, show } from './table.js';

/** The server refuses a longer search as well. */
const LONGEST_SEARCH = 64;

/** @param {any} space */
const kind = (space) => (space.home !== undefined ? 'elsewhere' : space.shared ? 'shared' : 'personal');

/** @param {(work: () => Promise<void>) => void} run does what talks to the server */
export function start(run) {
  byId('count').addEventListener('click', () => run(update));
  byId('check').addEventListener('click', () => run(check));
  byId('space-form').addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    run(() => find(byId('space-id').value.trim()));
  });
  chosen = (id) => {
    byId('space-id').value = id;
    byId('space-id').focus();
    run(() => find(id));
  };
}

/** @type {(id: string) => void} */
let chosen = () => {};

/** Has everything counted. The server does so at most once a minute. */
export async function update() {
  const stored = await get('storage');
  const away = stored.databases.filter((/** @type {any} */ each) => each.away);
  byId('storage-at').textContent = `counted at ${clock(stored.at)}${
    away.length > 0 ? `, without ${many(away.length, 'database')}` : ''}`;
  facts('stored', [
    ['Spaces', count(stored.spaces)],
    ['Records', `${count(stored.records)} (${bytes(stored.record_bytes)})`],
    ['Deleted records', count(stored.record_tombstones)],
    ['Files', `${count(stored.files)} (${bytes(stored.file_bytes)})`],
    ['Deleted files', count(stored.file_tombstones)],
    ['Invitations', count(stored.invitations)],
  ]);
  byId('databases-part').hidden = stored.databases.length === 1;
  show('databases', stored.databases.map((/** @type {any} */ each) => ({
    key: `${each.number}`,
    cells: each.away
      ? [`${each.number}`, 'away', '', '', '', '']
      : [`${each.number}`, count(each.spaces), count(each.records), bytes(each.record_bytes),
        count(each.files), bytes(each.file_bytes)],
  })), 'There is no database.');
  const largest = new Map();
  for (const space of [...stored.most_record_bytes, ...stored.most_file_bytes]) {
    largest.set(space.id, space);
  }
  const rows = [...largest.values()].sort((a, b) => b.record_bytes + b.file_bytes - a.record_bytes - a.file_bytes);
  show('largest', rows.map((space) => ({
    key: space.id,
    cells: [
      () => make('button', { type: 'button', class: 'link', onclick: () => chosen(space.id) }, space.id),
      kind(space), count(space.records), bytes(space.record_bytes), count(space.files), bytes(space.file_bytes),
    ],
  })), 'There is no space yet.');
  show('tables', stored.tables.map((/** @type {any} */ table) => ({
    key: table.name,
    cells: [table.name, count(table.live_rows), count(table.dead_rows), bytes(table.bytes)],
  })), 'There are no tables.');
}

async function check() {
  const output = byId('findings');
  output.textContent = 'Checking.';
  const answer = await orSay(output, post('check'));
  if (answer === null) {
    return;
  }
  const { count: number, findings, away } = answer;
  const without = away.length === 0 ? '' : ` Not checked, because it is away: ${
    away.map((/** @type {number} */ each) => `database ${each}`).join(', ')}.`;
  output.replaceChildren(
    make('p', { class: 'note' }, `${number === 0 ? 'Everything fits together.' : `${many(number, 'finding')}.`}${without}`),
    make('ul', {}, ...findings.map((/** @type {any} */ each) => make('li', {}, make('code', {}, each.subject), ` ${each.problem}`))),
  );
}

/** @param {string} id */
async function find(id) {
  const fault = byId('space-fault');
  byId('space-facts').hidden = true;
  fault.textContent = '';
  if (id.length > LONGEST_SEARCH) {
    fault.textContent = `The id of a space has at most ${LONGEST_SEARCH} characters.`;
    return;
  }
  if (!/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(id)) {
    fault.textContent = 'Not the id of a space: expected a UUID of 32 hex digits.';
    return;
  }
  const space = await orSay(fault, get(`space?id=${encodeURIComponent(id)}`));
  if (space === null) {
    return;
  }
  byId('space-facts').hidden = false;
  facts('space-facts', [
    ['Kind', space.home === undefined ? kind(space) : `at ${space.home}`],
    ...(space.database === undefined ? [] : [['Database', `${space.database}`]]),
    ['Connected here', `${many(space.subscribers, 'connection')} of ${many(space.parties, 'person')}`],
    ['Entries of the membership log', count(space.log_entries)],
    ['Key epoch', count(space.epoch)],
    ['Cursor', count(space.cursor)],
    ['Records', `${count(space.records)} (${bytes(space.record_bytes)})`],
    ['Deleted records', count(space.tombstones)],
    ['Files', `${count(space.files)} (${bytes(space.file_bytes)})`],
    ['Created', day(space.created)],
    ['Last changed', day(space.updated)],
  ]);
}

/**
 * Says why the server refuses something where it was asked for.
 *
 * @param {any} output
 * @param {Promise<any>} answer
 * @returns {Promise<any>} null if it refuses
 */
async function orSay(output, answer) {
  try {
    return await answer;
  } catch (failure) {
    if (!(failure instanceof Refused)) {
      output.textContent = '';
      throw failure;
    }
    output.textContent = failure.message;
    return null;
  }
}
