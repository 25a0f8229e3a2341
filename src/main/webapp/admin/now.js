// The figures of this moment.

import { byId, make, many } from './shared/dom.js';
import { ago, byteRate, bytes, count, duration, latency, percent, rate } from './format.js';
import { facts, show } from './table.js';

/** Names of refusals that no line of the security log has. */
const CLOSED = {
  4000: 'connection closed: it did not authenticate',
  4001: 'connection closed: its token expired',
  4003: 'connection closed: forbidden',
  4005: 'connection closed: too many of one mailbox',
  4006: 'connection closed: it read too slowly',
  4007: 'connection closed: it sent too many frames',
};

/** What failed. */
const FAULTS = {
  request: 'request on a WebSocket',
  http: 'HTTP request',
  job: 'periodic job',
  call: 'call to another server',
  key_set: 'fetch of the key set of an issuer',
  database: 'work on the database',
};

/** @type {Map<string, any>} */
const tiles = new Map();

/**
 * @param {string} name
 * @param {string} value
 * @param {string} more
 * @param {string} [level] warn or bad
 */
function tile(name, value, more, level = '') {
  let shown = tiles.get(name);
  if (shown === undefined) {
    shown = make('div', {}, make('dt', {}, name), make('dd'), make('dd', { class: 'more' }));
    tiles.set(name, shown);
    byId('tiles').append(shown);
  }
  shown.dataset.level = level;
  shown.children[1].textContent = value;
  shown.children[2].textContent = more;
}

/** @param {number | null} part @param {number} warn @param {number} bad */
const level = (part, warn, bad) => (part == null || part < warn ? '' : part < bad ? 'warn' : 'bad');

const sum = (/** @type {Record<string, number>} */ all) => Object.values(all).reduce((a, b) => a + b, 0);

/** @param {number | null} seconds */
const median = (seconds) => (seconds == null ? 'none in the last 20 s' : `half within ${latency(seconds)}`);

/** @param {any} figures */
export function showNow(figures) {
  const { now, connections, memory, database, files } = figures;
  const transports = Object.entries(connections.by_transport)
    .filter(([name]) => name !== 'null')
    .map(([name]) => name);
  tile('Connections', count(now.connections),
    `${count(connections.by_caller.peer ?? 0)} of peers, ${count(connections.unauthenticated)} not yet authenticated`);
  tile('Subscriptions', count(now.subscriptions), `to ${many(connections.spaces, 'space')}; ${count(connections.present)} present`);
  tile('Pushes', rate(now.pushes), median(now.push_median));
  tile('Pushes, 99 % within', latency(now.push_p99), 'in the last 20 s', level(now.push_p99, 0.25, 1));
  tile('Pulls', rate(now.pulls), median(now.pull_median));
  tile('Pulls, 99 % within', latency(now.pull_p99), 'in the last 20 s', level(now.pull_p99, 0.5, 2));
  tile('Sent', byteRate(now.sent), `${byteRate(now.received)} received`);
  tile('Slow readers closed', count(connections.closed['4006'] ?? 0), 'since the start', now.slow > 0 ? 'warn' : '');
  const queued = memory.send_capacity > 0 ? memory.send_held / memory.send_capacity : null;
  tile('Waiting to be sent', bytes(memory.send_held), `of ${bytes(memory.send_capacity)}; one connection had ${bytes(memory.queue_highest)}`, level(queued, 0.5, 0.9));
  tile('Database pool', `${count(now.pool)} of ${count(database.pool_limit)}`, `99 % wait at most ${latency(now.pool_wait_p99)}`, level(now.pool_wait_p99, 0.05, 0.5));
  tile('Heap', bytes(now.heap), `of ${bytes(memory.heap_max)}; ${duration(memory.gc_seconds)} of GC`, level(now.heap / memory.heap_max, 0.85, 0.95));
  tile('Processor', percent(now.cpu), `of ${count(memory.processors)}; ${count(memory.threads)} threads`, level(now.cpu, 0.8, 0.95));

  byId('summary').textContent = `Up for ${duration(memory.uptime)}. WebSocket transport: ${transports.join(', ') || '–'}.`;
  byId('draining').hidden = !figures.draining;
  byId('drain').textContent = figures.draining ? 'Take connections again' : 'Drain this node';
  facts('facts', [
    ['Up for', duration(memory.uptime)],
    ['Garbage collections', `${count(memory.gc_count)} (${duration(memory.gc_seconds)})`],
    ['Threads', count(memory.threads)],
    ['Long messages coming in', `${bytes(memory.receive_held)} of ${bytes(memory.receive_capacity)}`],
    ['Transfers of files', `${count(sum(files.transfers))} of ${count(sum(files.limits))}`],
    ['Files still to be removed', count(files.removals_left)],
    ['Failed work on the database', count(database.failures)],
    ...(database.total > 1 ? [['Databases', `${count(database.total)}, ${count(database.away)} away`]] : []),
  ]);
  showRefusals(figures);
  showFaults(figures);
  show('rounds', figures.jobs.map((/** @type {any} */ job) => ({
    key: job.name,
    cells: [job.name.replaceAll('_', ' '), count(job.rounds), count(job.failed), latency(job.longest)],
  })), 'No job has run yet.');
  show('homes', figures.homes.map((/** @type {any} */ home) => ({
    key: home.domain,
    cells: [home.domain, home.connected ? 'connected' : 'not connected', count(home.calls), count(home.unreachable)],
  })), 'This server has called no other since its start.');
}

/** @param {any} figures */
function showFaults({ faults }) {
  show('faults', faults.map((/** @type {any} */ { kind, what, error, times, last }) => ({
    key: `${kind} ${what} ${error}`,
    cells: [/** @type {any} */ (FAULTS)[kind], what, error, count(times), ago(last)],
  })), 'Nothing has failed since the start.');
}

/** @param {any} figures */
function showRefusals({ refusals, connections, cluster }) {
  /** @type {[string, number, number?][]} */
  const all = refusals.security.map((/** @type {any} */ event) => [event.what, event.count, event.last]);
  for (const [code, number] of Object.entries(connections.closed)) {
    if (code in CLOSED) {
      all.push([/** @type {any} */ (CLOSED)[code], Number(number)]);
    }
  }
  for (const [code, number] of Object.entries(refusals.errors)) {
    all.push([`request answered ${code}`, Number(number)]);
  }
  for (const [reason, number] of Object.entries(refusals.connections)) {
    all.push([`connection refused: ${reason.replaceAll('_', ' ')}`, Number(number)]);
  }
  for (const [status, number] of Object.entries(refusals.peers)) {
    all.push([`peer answered ${status}`, Number(number)]);
  }
  for (const [reason, number] of Object.entries(cluster.lost)) {
    all.push([`message between nodes lost: ${reason.replaceAll('_', ' ')}`, Number(number)]);
  }
  all.push(['handshake refused: no room', refusals.handshakes], ['disk nearly full', refusals.disk]);
  show('refused', all
    .filter(([, number]) => number > 0)
    .map(([what, number, last]) => ({ key: what, cells: [what, count(number), ago(last)] })), 'Nothing was refused, and nothing failed.');
}
