// What an operator can do on this node.

import { byId, make, many } from './shared/dom.js';
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
      each.id, each.kind, duration(each.age), each.method === undefined ? 'none' : `${each.method}, ${duration(each.called)} ago`, bytes(each.sent), bytes(each.waiting), bytes(each.highest),
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
  showNodes(figures.cluster);
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

/** The nodes as this one sees them. @param {any} cluster */
function showNodes({ on, self, nodes }) {
  byId('nodes-table').hidden = !on;
  byId('nodes-note').textContent = on
    ? `This node is ${self}. It sees ${many(nodes.length, 'other node')}. Waiting: sent there and not confirmed yet. Missed: sent from there and never arrived here. Skipped: not sent there, because too much was waiting. Clients learn of what was missed from the database.`
    : 'CLUSTER is not set, so this node does not tell other nodes what happens here.';
  show('others', nodes.map((/** @type {any} */ node) => ({
    key: node.id,
    cells: [
      node.id, duration(node.seen), `${duration(node.heard)} ago`, count(node.waiting_packets), bytes(node.waiting_bytes),
      count(node.missed), count(node.skipped),
    ],
  })), 'This node sees no other.');
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
