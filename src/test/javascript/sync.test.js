import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import {
  Connection, ConnectionLost, RpcError, Space, SpaceKeys, checkUcan, decode, decrypt, encode,
  encrypt, issueUcan, newDek, newSealingKey, newSigningKey, newSpaceKey, seal, sendInvitation,
  takeInvitations, unseal,
} from '../../main/webapp/client/index.js';
import { SPACE, Server, Wire } from './server.js';

const NOTE = '30258b4d-de13-4e3a-8524-46e8a61fab2f';

function connect(wire, t, token = async () => 'a.b.c') {
  const connection = new Connection({ url: 'ws://test', token, WebSocket: wire.WebSocket });
  connection.open();
  t.after(() => connection.close());
  return connection;
}

async function until(connection, state) {
  while (connection.state !== state) {
    await once(connection, 'state');
  }
}

async function eventually(holds) {
  for (let i = 0; i < 400 && !holds(); i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(holds(), holds.toString());
}

async function open(t) {
  const server = new Server();
  const keys = new SpaceKeys();
  await keys.add(1, newSpaceKey());
  const connection = connect(server, t);
  const space = new Space({ connection, id: SPACE, keys, retryMs: 20 });
  const errors = [];
  space.addEventListener('error', ({ detail }) => errors.push(detail.error));
  space.start();
  t.after(() => space.stop());
  await eventually(() => space.access === true);
  await space.settled();
  return { server, keys, connection, space, errors };
}

test('the token is the first frame, and requests are answered by id', async (t) => {
  const wire = new Wire();
  wire.answer = (method, { n }) =>
    n < 0 ? { error: { code: 'bad_request', message: 'negative' } } : { result: { method, n } };
  const connection = connect(wire, t);
  await until(connection, 'open');

  const [one, two] = await Promise.all([connection.request('a', { n: 1 }), connection.request('b', { n: 2 })]);
  assert.deepEqual([one, two], [{ method: 'a', n: 1 }, { method: 'b', n: 2 }]);
  assert.deepEqual(wire.sent[0], { type: 2, method: 'auth', params: { token: 'a.b.c' } });
  await assert.rejects(connection.request('c', { n: -1 }), (e) => e instanceof RpcError && e.code === 'bad_request');
});

test('a lost connection fails what waits for it, and comes back', async (t) => {
  const wire = new Wire();
  const connection = connect(wire, t);
  await until(connection, 'open');
  const call = connection.request('never', {});
  wire.sockets[0].close(1006);

  await assert.rejects(call, ConnectionLost);
  assert.equal(connection.state, 'waiting');
  await assert.rejects(connection.request('later', {}), ConnectionLost);
  await until(connection, 'open');
  assert.equal(wire.count('auth'), 2);
});

test('the delays grow while the server answers nothing', async (t) => {
  const wire = new Wire();
  const connection = connect(wire, t);
  const delays = [];
  connection.addEventListener('state', ({ detail }) => {
    if (detail.state === 'open') {
      wire.sockets.at(-1).close(1001);
    } else if (detail.state === 'waiting') {
      delays.push(detail.retryIn);
    }
  });
  await eventually(() => delays.length >= 2);
  assert.ok(delays[0] >= 250 && delays[0] <= 500, `${delays}`);
  assert.ok(delays[1] >= 500 && delays[1] <= 1000, `${delays}`);
});

test('a refused token is not tried again', async (t) => {
  const wire = new Wire();
  const connection = connect(wire, t);
  await until(connection, 'open');
  wire.sockets[0].close(4000, 'invalid auth token');
  await until(connection, 'failed');
});

test('an expired token is replaced at once', async (t) => {
  const wire = new Wire();
  let tokens = 0;
  const connection = connect(wire, t, async () => `token-${++tokens}`);
  await until(connection, 'open');
  wire.sockets[0].close(4001, 'token expired');
  await eventually(() => wire.count('auth') === 2);
  assert.equal(wire.sent.at(-1).params.token, 'token-2');
});

test('a silent request times out', async (t) => {
  const wire = new Wire();
  const connection = connect(wire, t);
  await until(connection, 'open');
  await assert.rejects(connection.request('slow', {}, { timeout: 20 }), /No answer to slow/);
});

test('a message that is no CBOR closes the connection', async (t) => {
  const wire = new Wire();
  const connection = connect(wire, t);
  await until(connection, 'open');
  wire.sockets[0].onmessage({ data: new Uint8Array([0xff, 0]).buffer });
  assert.equal(connection.state, 'waiting');
});

test('what is written leaves encrypted, and what others write arrives', async (t) => {
  const { server, keys, space } = await open(t);
  space.put(NOTE, { text: 'milk' });
  await eventually(() => space.cursor === 1);
  const { blob, dek } = server.records.get(NOTE);
  assert.equal(blob[0], 4);
  assert.equal(dek.length, 44);
  assert.deepEqual(decode(await decrypt(await keys.unwrap(dek), SPACE, NOTE, blob)), { text: 'milk' });

  const record = await server.write(keys, NOTE, { text: 'bread' });
  server.notify('sync', { space: SPACE, prev: 1, cursor: 2, key_generation: 0, records: [record] });
  await eventually(() => space.cursor === 2);
  assert.deepEqual(space.get(NOTE), { text: 'bread' });
  assert.equal(server.count('pull'), 0);
});

test('a gap in the notifications, and a marker, are pulled', async (t) => {
  const { server, keys, space } = await open(t);
  await server.write(keys, NOTE, 'one');
  const second = await server.write(keys, NOTE, 'two');
  server.notify('sync', { space: SPACE, prev: 1, cursor: 2, key_generation: 0, records: [second] });
  await eventually(() => space.cursor === 2);
  await server.write(keys, NOTE, 'three');
  server.notify('sync', { space: SPACE, prev: 3, cursor: 3, key_generation: 0, records: [] });
  await eventually(() => space.cursor === 3);
  assert.equal(space.get(NOTE), 'three');
  assert.equal(server.count('pull'), 2);
});

test('edits made offline are pushed when the connection is back', async (t) => {
  const { server, connection, space } = await open(t);
  connection.close();
  space.put(NOTE, 'first');
  space.put(NOTE, 'second');
  await space.settled();
  assert.equal(server.count('push'), 0);
  connection.open();
  await eventually(() => server.cursor === 1);
  await eventually(() => space.records.get(NOTE).edit === undefined);
  assert.equal(space.get(NOTE), 'second');
  assert.equal(server.sent.filter(({ method }) => method === 'subscribe').at(-1).params.spaces[0].since, 0);
});

test('a conflict waits for the app, and loses nothing', async (t) => {
  const { server, keys, connection, space, errors } = await open(t);
  space.put(NOTE, 'common');
  await eventually(() => space.cursor === 1);
  connection.close();
  space.put(NOTE, 'mine');
  await server.write(keys, NOTE, 'theirs');
  connection.open();
  await eventually(() => space.records.get(NOTE).conflict === true);
  assert.deepEqual([space.get(NOTE), space.records.get(NOTE).value], ['mine', 'theirs']);

  space.resolve(NOTE, 'both');
  await eventually(() => space.cursor === 3);
  assert.equal(space.records.get(NOTE).value, 'both');
  assert.deepEqual(errors, []);
});

test('a push that is refused for a conflict pulls first', async (t) => {
  const { server, keys, space } = await open(t);
  // Written by somebody else, and the notification is late.
  await server.write(keys, NOTE, 'theirs');
  space.put(NOTE, 'mine');
  await eventually(() => space.records.get(NOTE).conflict === true);
  space.discard(NOTE);
  assert.equal(space.get(NOTE), 'theirs');
});

test('the same edit on both sides is no conflict', async (t) => {
  const { server, keys, space } = await open(t);
  await server.write(keys, NOTE, { text: 'milk' });
  space.put(NOTE, { text: 'milk' });
  await eventually(() => space.cursor === 1);
  assert.equal(space.records.get(NOTE).conflict, false);
  assert.equal(space.records.get(NOTE).edit, undefined);
});

test('a record of an unknown epoch is locked until its key comes', async (t) => {
  const { server, space } = await open(t);
  const key = newSpaceKey();
  const theirs = new SpaceKeys();
  await theirs.add(2, key);
  const dek = await newDek();
  server.records.set(NOTE, {
    id: NOTE, blob: await encrypt(dek, SPACE, NOTE, encode('later')), cursor: 1, dek: await theirs.wrap(dek, 2),
  });
  server.cursor = 1;
  server.notify('sync', { space: SPACE, prev: 1, cursor: 1, key_generation: 0, records: [] });
  await eventually(() => space.records.get(NOTE)?.locked === true);
  await space.addKey(2, key);
  await eventually(() => space.get(NOTE) === 'later');
});

test('a revoked client keeps its records and its edits', async (t) => {
  const { server, space } = await open(t);
  space.put(NOTE, 'mine');
  await eventually(() => space.cursor === 1);
  server.answers.subscribe = () => ({ result: { spaces: [], errors: [{ space: SPACE, error: 'forbidden' }] } });
  server.notify('revoked', { space: SPACE, reason: 'ucan_revoked' });
  await eventually(() => space.access === false);
  space.put(NOTE, 'later');
  await space.settled();
  assert.equal(space.get(NOTE), 'later');
  assert.equal(server.count('push'), 1);
});

test('an edit that the server refuses holds up no other', async (t) => {
  const { server, connection, space, errors } = await open(t);
  const push = server.answers.push;
  server.answers.push = (params) =>
    params.changes.some(({ blob }) => blob.length > 1000)
      ? { result: { ok: false, error: 'payload_too_large' } }
      : push(params);
  connection.close();
  space.put(NOTE, 'x'.repeat(2000));
  space.put(SPACE, 'small');
  connection.open();
  await eventually(() => server.cursor === 1);
  await space.settled();
  assert.equal(space.records.get(NOTE).edit.refused, 'payload_too_large');
  assert.equal(space.get(NOTE).length, 2000);
  assert.deepEqual(errors.map(({ code }) => code), ['payload_too_large']);

  space.put(NOTE, 'shorter');
  await eventually(() => server.cursor === 2);
});

test('an error of the server that may pass is tried again', async (t) => {
  const { server, space, errors } = await open(t);
  const { push } = server.answers;
  server.answers.push = () => {
    server.answers.push = push;
    return { result: { ok: false, error: 'internal' } };
  };
  space.put(NOTE, 'milk');
  await eventually(() => server.cursor === 1);
  assert.deepEqual(errors.map(({ code }) => code), ['internal']);
});

test('a blob that nobody can read stops no other', async (t) => {
  const { server, keys, space } = await open(t);
  const broken = await server.write(keys, NOTE, 'broken');
  broken.blob = changed(broken.blob, 20);
  await server.write(keys, SPACE, 'whole');
  server.notify('sync', { space: SPACE, prev: 2, cursor: 2, key_generation: 0, records: [] });
  await eventually(() => space.get(SPACE) === 'whole');
  assert.equal(space.records.get(NOTE).locked, true);
});

const changed = (bytes, at) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

test('a blob opens only as the record that it is', async () => {
  const dek = await newDek();
  const blob = await encrypt(dek, SPACE, NOTE, new Uint8Array([1, 2, 3]));
  assert.equal(blob.length, 29 + 3);
  assert.deepEqual(await decrypt(dek, SPACE, NOTE, blob), new Uint8Array([1, 2, 3]));
  await assert.rejects(decrypt(dek, SPACE, SPACE, blob));
  await assert.rejects(decrypt(dek, SPACE, NOTE, changed(blob, 0)), RangeError);
  await assert.rejects(decrypt(dek, SPACE, NOTE, changed(blob, 20)));
});

test('a UCAN is issued by a member to another', async () => {
  const [root, ada, ben] = await Promise.all([newSigningKey(), newSigningKey(), newSigningKey()]);
  const expiresAt = 2_000_000_000;
  const admin = await issueUcan({ issuer: root, audience: ada.did, space: SPACE, permission: 'admin', expiresAt });
  const write = await issueUcan({
    issuer: ada, audience: ben.did, space: SPACE, permission: 'write', expiresAt, proof: admin,
  });
  const wanted = { space: SPACE, audience: ben.did, permission: 'write', rootPublicKey: root.publicKey, now: 1 };
  await checkUcan(write, wanted);
  await assert.rejects(checkUcan(write, { ...wanted, permission: 'admin' }), /does not carry/);
  await assert.rejects(checkUcan(write, { ...wanted, now: expiresAt + 1 }), /expired/);
  await assert.rejects(checkUcan(write, { ...wanted, audience: ada.did }), /somebody else/);
});

test('what is sealed opens for its receiver alone', async () => {
  const [ben, eve] = await Promise.all([newSealingKey(), newSealingKey()]);
  const payload = await seal(ben.address, { space: SPACE });
  assert.deepEqual(await unseal(ben, payload), { space: SPACE });
  await assert.rejects(unseal(eve, payload));
});

test('an invitation gets to a mailbox here or on another server, and lets its receiver in', async (t) => {
  const wire = new Wire();
  const mailbox = [];
  wire.answer = (method, params) => {
    if (method === 'invitation.create') {
      mailbox.push(params);
      return { result: { id: String(mailbox.length) } };
    }
    return method === 'invitation.list'
      ? { result: { invitations: mailbox.map(({ payload }, i) => ({ id: String(i), payload })) } }
      : { result: {} };
  };
  const connection = connect(wire, t);
  await until(connection, 'open');
  const [root, receiver, sealing] = await Promise.all([newSigningKey(), newSigningKey(), newSealingKey()]);
  const expiresAt = Math.floor(Date.now() / 1000) + 60;
  const ucan = await issueUcan({ issuer: root, audience: receiver.did, space: SPACE, permission: 'write', expiresAt });
  const invitation = { space: SPACE, rootPublicKey: root.publicKey, ucan, epoch: 1, key: newSpaceKey() };
  const contact = { mailbox: 'a'.repeat(64), did: receiver.did, address: sealing.address };

  await sendInvitation(connection, contact, invitation);
  await sendInvitation(connection, { ...contact, server: 'b.example' }, invitation);
  assert.deepEqual(mailbox.map(({ payload, ...rest }) => rest), [
    { mailbox_id: contact.mailbox },
    { mailbox_id: contact.mailbox, server: 'b.example' },
  ]);
  const taken = await takeInvitations(connection, { did: receiver.did, sealing });
  assert.deepEqual(taken, [invitation, invitation]);
});
