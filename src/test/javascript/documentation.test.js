import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { Server } from './server.js';

const page = readFileSync(new URL('../../../docs/client.md', import.meta.url), 'utf8');
const snippets = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);

test('the snippets of docs/client.md run', async (t) => {
  const server = new Server();
  const files = new Map();
  t.mock.method(globalThis, 'fetch', async (url, { method, body, headers } = {}) => {
    if (url.includes('/dev/token')) {
      return Response.json({ token: 'a.b.c' });
    }
    if (method === 'PUT') {
      files.set(url, { body, dek: headers['X-Wrapped-DEK'] });
      return new Response(null, { status: 201 });
    }
    const { body: stored, dek } = files.get(url);
    return new Response(stored, { headers: { 'X-Wrapped-DEK': dek } });
  });
  t.mock.method(console, 'log', () => {});
  globalThis.WebSocket = server.WebSocket;
  t.after(() => delete globalThis.WebSocket);

  const client = new URL('../../main/webapp/client/', import.meta.url).href;
  const code = snippets.join('\n').replaceAll('./client/', client);
  assert.ok(snippets.length >= 6);
  const file = new URL(`./.snippets-${process.pid}.mjs`, import.meta.url);
  writeFileSync(file, `${code}\nexport { bytes, connection, next, note, space };\n`);
  t.after(() => rmSync(file));
  const { bytes, connection, next, note, space } = await import(file);
  t.after(() => {
    space.stop();
    connection.close();
  });

  assert.deepEqual(space.get(note), { text: 'milk' });
  assert.equal(server.records.get(note).cursor, 1);
  assert.equal(new TextDecoder().decode(bytes), 'a ticket');
  assert.equal(next, 2);
});
