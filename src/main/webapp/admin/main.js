// The admin page: signing in and out, and the round of questions to the server.
//
// It polls. A request every two seconds passes each proxy, holds no thread or connection between two
// of them, and notices an ended session or a lost server by itself.
//
// The build puts shared/ beside these files, because outside development mode there is only /admin/.

import { byId } from './shared/dom.js';
import { list, showServers, start as startActions } from './actions.js';
import { get, Lost, post, Refused, remove, SignedOut } from './api.js';
import { showNow } from './now.js';
import { forget, start as startPlots, update as updatePlots } from './plots.js';
import { start as startStorage, update as updateStorage } from './storage.js';

const ROUND_MS = 2_000;
const PLOTS_MS = 10_000;

let endsAt = 0;
let plottedAt = 0;
/** @type {any} */
let timer;

/** @param {string} state live or lost @param {string} text */
function say(state, text) {
  const shown = byId('state');
  shown.dataset.state = state;
  if (shown.textContent !== text) {
    shown.textContent = text;
  }
}

/** @param {boolean} signedIn */
function turnTo(signedIn) {
  byId('sign-in').hidden = signedIn;
  for (const id of ['console', 'sections', 'who']) {
    byId(id).hidden = !signedIn;
  }
}

/** @param {unknown} failure */
function failed(failure) {
  if (failure instanceof SignedOut) {
    signedOut(failure.message);
  } else if (failure instanceof Lost) {
    byId('lost').textContent = 'The connection to the server is lost. The figures are old. Trying again every two seconds.';
    byId('lost').hidden = false;
    say('lost', 'Connection lost');
  } else if (failure instanceof Refused) {
    byId('lost').textContent = failure.message;
    byId('lost').hidden = false;
  } else {
    throw failure;
  }
}

/** Does what talks to the server, and says what went wrong. @param {() => Promise<void>} work */
function run(work) {
  if (byId('state').dataset.state !== 'lost') {
    byId('lost').hidden = true;
  }
  work().then(soon, failed);
}

/** The next round comes at once. */
function soon() {
  clearTimeout(timer);
  void round();
}

async function round() {
  try {
    const figures = await get('figures');
    byId('lost').hidden = byId('lost').hidden || byId('state').dataset.state === 'lost';
    say('live', 'Live');
    showNow(figures);
    showServers(figures);
    byId('left').textContent = `signed in for ${Math.max(1, Math.round((endsAt - Date.now()) / 60_000))} more min`;
    if (Date.now() - plottedAt >= PLOTS_MS) {
      plottedAt = Date.now();
      await updatePlots();
    }
    ready();
  } catch (failure) {
    failed(failure);
  }
  clearTimeout(timer);
  if (endsAt > 0) {
    timer = setTimeout(round, ROUND_MS);
  }
}

/** Says to tests and measurements that the page shows its first figures. */
function ready() {
  if (document.documentElement.dataset.ready === undefined) {
    document.documentElement.dataset.ready = '';
    performance.mark('ready');
  }
}

/** @param {number} secondsLeft */
function signedIn(secondsLeft) {
  endsAt = Date.now() + secondsLeft * 1_000;
  plottedAt = 0;
  turnTo(true);
  forget();
  soon();
  run(updateStorage);
  run(list);
}

/** @param {string} why */
function signedOut(why) {
  endsAt = 0;
  clearTimeout(timer);
  delete document.documentElement.dataset.ready;
  turnTo(false);
  byId('sign-in-fault').textContent = why;
  byId('token').focus();
}

/** @param {Event} event */
async function signIn(event) {
  event.preventDefault();
  const token = byId('token');
  byId('sign-in-fault').textContent = '';
  byId('lost').hidden = true;
  try {
    await post('session', token.value);
    token.value = '';
    const { signed_in: kept, seconds_left: left } = await get('session');
    if (kept) {
      signedIn(left);
      byId('main').focus();
    } else {
      byId('sign-in-fault').textContent = 'The browser did not keep the session. It does so over https, or on this machine.';
    }
  } catch (failure) {
    byId('sign-in-fault').textContent = failure instanceof Error ? failure.message : String(failure);
  }
}

async function signOut() {
  await remove('session');
  signedOut('');
}

/** Asks whether the browser is signed in, until the server answers. */
async function hello() {
  try {
    const { signed_in: already, seconds_left: left } = await get('session');
    byId('lost').hidden = true;
    if (already) {
      signedIn(left);
    } else {
      signedOut('');
    }
  } catch (failure) {
    failed(failure);
    timer = setTimeout(hello, ROUND_MS);
  }
}

function begin() {
  byId('sign-in-form').addEventListener('submit', signIn);
  byId('sign-out').addEventListener('click', () => signOut().catch(failed));
  startPlots(run);
  startStorage(run);
  startActions(run);
  void hello();
}

begin();
