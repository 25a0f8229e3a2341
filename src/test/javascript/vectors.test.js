import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { fromHex, hex } from '../../main/webapp/client/bytes.js';
import { decode, encode } from '../../main/webapp/client/cbor.js';
import { didOf, publicKeyOf } from '../../main/webapp/client/identity.js';
import { checkUcan, cidOf } from '../../main/webapp/client/ucan.js';

const read = (name) =>
  JSON.parse(readFileSync(new URL(`../resources/vectors/${name}.json`, import.meta.url), 'utf8'));

/** The value that a vector stands for. */
function value(json) {
  if (Array.isArray(json)) {
    return json.map(value);
  }
  if (json === null || typeof json !== 'object') {
    return json;
  }
  if ('$hex' in json) {
    return fromHex(json.$hex);
  }
  if ('$int' in json) {
    return BigInt(json.$int);
  }
  return Object.fromEntries(Object.entries(json).map(([key, v]) => [key, value(v)]));
}

test('frames of the server are read, and written in the same bytes', () => {
  const cases = read('frames').cases.filter(({ from }) => from === 'server');
  assert.ok(cases.length > 20);
  for (const { name, hex: bytes, expect } of cases) {
    assert.deepEqual(decode(fromHex(bytes)), value(expect), name);
    assert.equal(hex(encode(value(expect))), bytes, name);
  }
});

test('requests are written so that the server understands them', () => {
  const cases = read('frames').cases.filter(
    ({ from, expect }) => from === 'client' && expect.kind === 'request' && expect.params,
  );
  assert.ok(cases.length > 20);
  for (const { name, expect } of cases) {
    const { id, method, params } = value(expect);
    const frame = { type: 0, id, method, params };
    assert.deepEqual(decode(encode(frame)), frame, name);
  }
});

test('did:key', () => {
  const cases = read('identity').cases.filter(({ kind }) => kind === 'did-key');
  assert.ok(cases.length > 5);
  for (const { name, did, expect } of cases) {
    if (expect.error) {
      assert.throws(() => publicKeyOf(did), RangeError, name);
    } else {
      assert.equal(hex(publicKeyOf(did)), expect.public_key, name);
      assert.equal(didOf(fromHex(expect.public_key)), did, name);
    }
  }
});

test('CIDs of UCANs', async () => {
  const cases = read('identity').cases.filter(({ kind }) => kind === 'ucan-cid');
  assert.ok(cases.length > 0);
  for (const { name, token, expect } of cases) {
    assert.equal(await cidOf(token), expect.cid, name);
  }
});

test('UCAN chains are judged as the server judges them, but for revocation', async () => {
  const { now, cases } = read('ucan');
  assert.ok(cases.length > 100);
  for (const c of cases.filter(({ rule }) => rule !== 5)) {
    const checked = checkUcan(c.token, {
      space: c.space,
      audience: c.audience,
      permission: c.permission,
      rootPublicKey: fromHex(c.root_public_key),
      now,
    });
    if (c.expect === 'forbidden') {
      await assert.rejects(checked, c.name);
    } else {
      await assert.doesNotReject(checked, c.name);
    }
  }
});
