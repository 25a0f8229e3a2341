// What an operator can do on this node.

import { byId, make } from '../shared/dom.js';
import { get, post } from './api.js';
import { bytes, clock, count, duration } from './format.js';
import { show } from './table.js';

/** @type {(work: () => Promise<void>) => void} */
let run = () => {};
let draining = false;

/** Asks before something that others will notice. @returns {Promise<boolean>} */
function sure(/** @type {string} */ title, /** @type {string} */ text, /** @type {string} */ yes) {
  const dialog = byId('ask');
  byId('ask-title').textContent = title;
  byId('ask-text').textContent = text;
  byId('ask-yes').textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener('close', () => answer(dialog.returnValue === 'yes'), { once: true });
  });
}

/** @param {(work: () => Promise<void>) => void} runner does what talks to the server */
export function start(runner) {
  run = runner;
  byId('list').addEventListener('click', () => run(list));
  byId('drain').addEventListener('click', () => run(drain));
}

async function drain() {
  if (draining) {
    await post('drain/end');
  } else if (await sure('Drain this node?', 'Its connections are closed one after another, and it takes no new ones until you say so.', 'Drain')) {
    await post('drain/begin');
  }
}

/** Lists the connections. */
export async function list() {
  const all = await get('connections');
  byId('connections-at').textContent = `as of ${clock(Date.now())}`;
  show('open', all.map((/** @type {any} */ each) => ({
    key: each.id,
    cells: [
      each.id, each.kind, duration(each.age), bytes(each.sent), bytes(each.waiting), bytes(each.highest),
      () => make('button', { type: 'button', class: 'tool', 'aria-label': `End connection ${each.id}`, onclick: () => run(() => end(each.id)) }, 'End'),
    ],
  })), 'There are no connections.');
}

/** @param {string} id */
async function end(id) {
  await post('connections/end', id);
  await list();
  byId('connections-done').textContent = `Connection ${id} was ended.`;
  byId('list').focus();
}

/** @param {any} figures */
export function showServers(figures) {
  draining = figures.draining;
  show('peers', figures.peers.map((/** @type {any} */ peer) => ({
    key: `${peer.domain} ${peer.paused}`,
    cells: [
      peer.paused ? `${peer.domain} (paused)` : peer.domain,
      share(peer.connections, count), share(peer.spaces, count), share(peer.records, count), share(peer.bytes, bytes), share(peer.invitations, count),
      () => make('button', {
        type: 'button', class: 'tool', 'aria-label': `${peer.paused ? 'Resume' : 'Pause'} ${peer.domain}`,
        onclick: () => run(() => turn(peer)),
      }, peer.paused ? 'Resume' : 'Pause'),
    ],
  })), 'This server trusts no other.');
}

/** @param {{used: number, limit: number}} share @param {(value: number) => string} text */
const share = ({ used, limit }, text) => `${text(used)} of ${text(limit)}`;

/** @param {any} peer */
async function turn(peer) {
  if (peer.paused) {
    await post('peers/resume', peer.domain);
    byId('servers').focus();
  } else if (await sure(`Pause ${peer.domain}?`, 'Its connections to this node are ended, and its calls are refused until you resume it or the server is started again.', 'Pause')) {
    await post('peers/pause', peer.domain);
    byId('servers').focus();
  }
}
