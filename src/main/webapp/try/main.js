/**
 * The page to try the server: two clients, and what the server sees of them.
 */
import { byId, inMs, make, many } from '../shared/dom.js';
import { servers } from './servers.js';
import { add, did, showSteps, tell } from './story.js';

/** Why nothing can work in this browser; undefined if everything can. */
function missing() {
  if (globalThis.crypto?.subtle === undefined) {
    return globalThis.isSecureContext === false
      ? `Browsers give WebCrypto only to pages on https or on this machine. Open this page as http://localhost:${location.port || 80}/.`
      : 'This browser has no WebCrypto, so nothing can be encrypted here. Use a current browser.';
  }
  return globalThis.WebSocket === undefined ? 'This browser has no WebSockets.' : undefined;
}

async function start() {
  showSteps();
  const reason = missing();
  if (reason !== undefined) {
    byId('unsupported').textContent = reason;
    byId('unsupported').hidden = false;
    byId('columns').hidden = true;
    byId('story').textContent = 'Nothing, because this browser cannot encrypt here.';
    return;
  }
  const { Device } = await import('./device.js');
  const { ClientPanel } = await import('./panel.js');
  const { ServerPanel } = await import('./server.js');
  const server = new ServerPanel();
  const { here, others } = await servers();
  const wanted = new URLSearchParams(location.search).get('ben');
  const bens = others.find(({ domain }) => domain === wanted) ?? here;
  const apart = bens !== here;
  const [ada, ben] = await Promise.all([Device.create('Ada', here), Device.create('Ben', bens)]);
  const panels = [ada, ben].map((device) => {
    server.watch(device);
    return new ClientPanel(byId(device.name.toLowerCase()), device, apart);
  });
  narrate(ada, ben, server);
  narrate(ben, ada, server);
  members(ada, ben, panels[0], panels[1], server);
  if (others.length > 0) {
    offerServers(panels[1], bens, here, others);
  }
  if (apart) {
    server.areTwo(here.domain, bens.domain);
  }

  await ada.createSpace();
  server.spaceIs(ada.space?.id ?? '');
  server.epochIs(ada.epoch ?? 0);
  await (apart ? patiently(() => ada.invite(ben)) : ada.invite(ben));
  const invitation = await ben.lookIntoMailbox();
  if (invitation) {
    await ben.accept(invitation);
  }
  if (apart) {
    tell(
      `Ada made a shared space on ${here.domain} and invited Ben, who uses ${bens.domain}. That server passes his calls on, and brings him what happens there. Write a note: neither server can read it.`,
      'federation.md', '## Calling');
  } else {
    tell(
      'Ada made a shared space and invited Ben. Both are connected. Write a note: it is encrypted here before it leaves.',
      'auth.md', '## Authorisation on a space');
  }
  document.documentElement.dataset.ready = 'true';
  performance.mark('ready');
}

/**
 * Does what needs the other server. The first call between two servers that have just been started
 * may take longer than a call may.
 *
 * @param {() => Promise<void>} work
 */
async function patiently(work) {
  for (let left = 5; ; left--) {
    try {
      return await work();
    } catch (failure) {
      if (left === 0) {
        throw failure;
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

/**
 * Lets Ben use another server: the page is loaded anew.
 *
 * @param {import('./panel.js').ClientPanel} panel
 * @param {import('./servers.js').Server} current
 * @param {import('./servers.js').Server} here
 * @param {import('./servers.js').Server[]} others
 */
function offerServers(panel, current, here, others) {
  const note = current === here
    ? `Ben uses ${here.domain}, as Ada does. It trusts another server on this machine.`
    : `Ben uses ${current.domain}. The space lives on ${here.domain}, where Ada is.`;
  const choices = [here, ...others]
    .filter((server) => server !== current)
    .map(({ domain, home }) => make(
      'a', { class: 'tool', href: home === undefined ? './' : `?ben=${encodeURIComponent(domain)}` }, `Move Ben to ${domain}`));
  panel.extra.append(
    make('h3', {}, 'Ben\'s server'),
    make('p', { class: 'note' }, `${note} Moving Ben starts the page anew.`),
    make('div', { class: 'choices' }, ...choices),
  );
}

/**
 * Says what happens to one client.
 *
 * @param {import('./device.js').Device} device
 * @param {import('./device.js').Device} other
 * @param {import('./server.js').ServerPanel} server
 */
function narrate(device, other, server) {
  const { name } = device;
  device.addEventListener('uploaded', (event) =>
    server.fileIsStored(/** @type {CustomEvent} */ (event).detail, device.space?.epoch ?? 0));
  device.addEventListener('space', () => {
    const space = /** @type {import('../client/space.js').Space} */ (device.space);
    const on = (/** @type {string} */ event, /** @type {(detail: any) => void} */ handle) =>
      space.addEventListener(event, (e) => handle(/** @type {CustomEvent} */ (e).detail));
    on('pushed', ({ bytes, cursor, latency }) => {
      did('write');
      const told = tell(
        bytes === 0
          ? `${name} deleted a note. The server keeps a tombstone at cursor ${cursor} and no ciphertext.`
          : `${name} encrypted a note here and pushed ${many(bytes, 'byte')} of ciphertext. The server stored them at cursor ${cursor} in ${inMs(latency)}.`,
        'methods.md', '### push');
      device.pushed = { cursor, at: performance.now(), told };
      tellOfDelivery(device, other);
    });
    on('change', ({ id, remote }) => {
      const cursor = space.records.get(id)?.cursor;
      if (remote && cursor !== undefined && cursor !== device.heard?.cursor) {
        device.heard = { cursor, at: performance.now() };
        tellOfDelivery(other, device);
      }
    });
    on('pulled', ({ records, cursor }) => {
      // A conflict has been told about already, and matters more.
      const conflict = [...space.records.values()].some((record) => record.conflict);
      if (records > 0 && !conflict) {
        tell(
          `${name} pulled what was missed: ${many(records, 'record')}, up to cursor ${cursor}.`,
          'methods.md', '### pull');
      }
    });
    on('conflict', () => {
      did('offline');
      tell(
        `${name} and ${other.name} changed one note while apart. The server takes a push only from one who has seen the latest version, so ${name}'s client has pulled, shows both, and asks.`,
        'methods.md', '### push');
    });
    on('access', ({ open, reason }) => {
      if (!open) {
        tell(
          `The server ended ${name}'s subscription at once (${reason}). What ${name} had read stays on that device, so change the key next.`,
          'methods.md', '### membership.revoke');
      }
    });
    on('error', ({ error }) => {
      tell(
        error.code === 'key_generation_stale'
          ? `${name} wrote with a key of an earlier epoch. The server refuses that, and the note waits for the new key.`
          : `${name}'s client met an error: ${error.message}`,
        'protocol.md', '## Error codes');
    });
  });
}

/**
 * Says that a push has reached the other client, once both of them know: the notification may come
 * before the answer to the push.
 *
 * @param {import('./device.js').Device} from
 * @param {import('./device.js').Device} to
 */
function tellOfDelivery({ name, pushed }, { name: reader, heard }) {
  if (pushed === undefined || pushed.cursor !== heard?.cursor) {
    return;
  }
  const later = heard.at - pushed.at;
  const when = later > 0 ? `${inMs(Math.max(later, 0.1))} after that` : `before ${name} had the answer`;
  add(`${reader} got it as a notification and had it decrypted ${when}.`, pushed.told);
}

/**
 * What Ada, who owns the space, can do about its members.
 *
 * @param {import('./device.js').Device} ada
 * @param {import('./device.js').Device} ben
 * @param {import('./panel.js').ClientPanel} adaPanel
 * @param {import('./panel.js').ClientPanel} benPanel
 * @param {import('./server.js').ServerPanel} server
 */
function members(ada, ben, adaPanel, benPanel, server) {
  let member = true;
  const membership = make('button', { type: 'button', class: 'tool' }, 'Remove Ben');
  const rotation = make('button', { type: 'button', class: 'tool' }, 'Change the key');
  const show = () => {
    membership.textContent = member ? 'Remove Ben' : 'Invite Ben';
  };
  const busy = async (/** @type {() => Promise<void>} */ work) => {
    membership.disabled = rotation.disabled = true;
    try {
      await work();
    } catch (failure) {
      tell(`That did not work: ${/** @type {Error} */ (failure).message}`, 'protocol.md', '## Error codes');
    }
    membership.disabled = rotation.disabled = false;
    show();
  };
  membership.onclick = async () => {
    await busy(async () => {
      if (member) {
        await ada.revoke();
        member = false;
        did('revoke');
      } else {
        await ada.invite(ben);
        member = true;
        tell(
          'Ada issued a UCAN to Ben\'s key, sealed it together with the key of the space, and put it into his mailbox. The server tells him after a random 1 to 5 seconds, so that timing does not link the two.',
          'methods.md', '### invitation.create');
      }
    });
    membership.focus();
  };
  rotation.onclick = async () => {
    await busy(async () => {
      const { epoch, rewrapped } = await ada.rotate();
      server.epochIs(epoch);
      did('rotate');
      tell(
        `Ada began epoch ${epoch} with a new key. The keys of ${many(rewrapped, 'record')} were wrapped anew, and no ciphertext had to change. ` +
          (member ? 'Ben gets the new key in his mailbox.' : 'Ben does not get it.'),
        'methods.md', '### epoch.begin');
      if (member) {
        await ada.invite(ben);
      }
    });
    rotation.focus();
  };
  adaPanel.extra.append(
    make('h3', {}, 'Ada\'s space'),
    make('p', { class: 'note' }, 'Ada holds an admin UCAN. Ben\'s is issued by Ada and carries write.'),
    make('div', { class: 'choices' }, membership, rotation),
  );

  ben.connection.addEventListener('notification', async (event) => {
    if (/** @type {CustomEvent} */ (event).detail.method !== 'invitation') {
      return;
    }
    const invitation = await ben.lookIntoMailbox().catch(() => undefined);
    if (invitation === undefined) {
      return;
    }
    const accept = async () => {
      await ben.accept(invitation);
      tell(
        'Ben opened the invitation, checked the chain of UCANs up to the root key of the space, and subscribed with it.',
        'auth.md', '## UCAN');
    };
    if (ben.space?.access) {
      await accept();
      return;
    }
    benPanel.ask(
      make('p', {}, 'Ada invites you to her notes.'),
      make('button', {
        type: 'button', class: 'primary',
        onclick: async () => {
          benPanel.ask();
          await accept();
          did('invite');
          benPanel.input.focus();
        },
      }, 'Accept the invitation'),
    );
  });
}

start().catch((failure) => {
  byId('unsupported').textContent = `The page could not start: ${failure.message}`;
  byId('unsupported').hidden = false;
});
