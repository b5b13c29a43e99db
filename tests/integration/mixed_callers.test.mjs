// SPDX-License-Identifier: Apache-2.0
// Thousands of callers with hundreds of tokens: each gets the answer to its own request.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { Callers, numbers, tally } from './support/callers.mjs';
import { forEachOf } from './support/together.mjs';
import { buildFolder } from './support/workspace.mjs';

const kDelay = 20; // milliseconds of the issuer

let issuer;
let callers; // { token, status: of /subject, and withRole: of /subject-with-role, subject }
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
  await issuer.fault({ delay: kDelay });
  callers = [
    ...await mint(300, { user: 'with-role', sub: 'reader-{n}' }, { status: 200, withRole: 200 }),
    ...await mint(100, { user: 'with-role', sub: 'jwt-{n}', kind: 'jwt' },
      { status: 200, withRole: 200 }),
    ...await mint(100, { user: 'without-role', sub: 'other-{n}' }, { status: 200, withRole: 403 }),
    ...await mint(50, { ttl: -5 }, { status: 401, withRole: 401 }),
    ...Array.from({ length: 50 }, (_, n) => ({ token: `made-up-${n}`, status: 401, withRole: 401 })),
  ];
});
after(() => issuer?.stop());

async function mint(count, wish, expected) {
  const tokens = await issuer.mintMany(count, wish);
  return tokens.map((token, n) => ({ token, subject: wish.sub?.replace('{n}', n), ...expected }));
}

// A caller's request, and what is wrong with its answer. Every tenth goes away, some before their
// answer can have come.
async function callOnce(group, random, id) {
  const caller = callers[random(callers.length)];
  const needsRole = random(2) === 1;
  const query = `id=${id}`;
  const answer = await group.call(
    `/api/${needsRole ? 'subject-with-role' : 'subject'}?${query}`, {
      token: caller.token,
      ...(random(4) === 0 && { method: 'POST', body: 'x'.repeat(random(20_000)) }),
      ...(random(10) === 0 && { goAfter: random(2 * kDelay) }),
    });
  if (answer.gone) return { ...answer, right: true };
  const status = needsRole ? caller.withRole : caller.status;
  const right = answer.status === status && (status !== 200 ||
    (answer.json.subject === caller.subject && answer.json.query === query));
  return { ...answer, right, expected: { ...caller, status, query } };
}

async function callMany(api, count) {
  const group = new Callers(api, { most: 200 });
  const random = numbers(count);
  try {
    return await Promise.all(Array.from({ length: count }, (_, id) => callOnce(group, random, id)));
  } finally {
    group.close();
  }
}

const setups = [
  { way: 'lighttpd/fastcgi.conf', count: 10_000 },
  { way: 'apache/proxy_fcgi.conf', count: 4000 },
];

// Short lives: answers known, forgotten and asked about anew are mixed. And time: the issuer of the
// tests has one thread, and who is asked too slowly is rightly told 503.
const startEcho = (way) => startApi(way, issuer, {
  settings: { ZITADEL_CACHE_TTL: 1, ZITADEL_TIMEOUT_MS: 25_000, ZITADEL_LOG_LEVEL: 'warn' },
  prepare: ({ program }) => copyFileSync(join(buildFolder, 'tests/echo.fcgi'), program),
});

describe('each caller gets the answer to its own request', () => {
  for (const { way, count } of setups) {
    it(`among ${count} behind ${way}`, { timeout: 120_000 }, async () => {
      await issuer.resetCounters();
      const api = await startEcho(way);
      try {
        const answers = await callMany(api, count);
        assert.deepEqual(answers.filter(({ right }) => !right).slice(0, 5), []);
        const counts = tally(answers);
        for (const status of [200, 401, 403, 'gone']) {
          assert.ok(counts[status] > count / 100, `${JSON.stringify(counts)} of ${status}`);
        }
        const { introspections } = await issuer.counters();
        assert.ok(introspections >= callers.length * 0.9 && introspections < count,
          `${introspections} introspections`);
        assert.equal((await api.call('/api/subject', { token: callers[0].token })).json.subject,
          callers[0].subject);
      } finally {
        await api.stop();
      }
    });
  }
});

// Requests that are left in the middle: of an answer of 5 MB, of a body that is read, of one that nobody
// reads. [head, bytes of the body that are sent, whether the answer has begun when the caller goes].
const post = (path) => `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n`;
const left = [
  ['GET /api/large HTTP/1.1\r\nHost: localhost\r\n\r\n', 0, true],
  [post('/api/echo-to-all'), 20_000, false],
  [post('/api/echo-to-all'), 59_999, false],
  [post('/api/subject'), 20_000, false],
  [post('/api/none'), 59_999, false],
];

// Gives whether it went away as it was meant to.
function leave(port, [head, size, begun]) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const go = (meant) => { socket.destroy(); resolve(meant); };
    socket.on('error', () => resolve(false));
    socket.write(head + 'x'.repeat(size), () => { if (!begun) setTimeout(go, 5, true); });
    socket.once('data', () => { if (begun) go(true); });
    socket.setTimeout(30_000, () => go(false));
  });
}

describe('on connections that Apache keeps', () => {
  it('nobody gets what was meant for one who left in the middle', { timeout: 120_000 }, async () => {
    const api = await startEcho('apache/proxy_fcgi.conf');
    try {
      let over = false;
      let whole = 0;
      const leavers = forEachOf(Array.from({ length: 600 }, (_, i) => left[i % left.length]),
        async (each) => assert.ok(await leave(api.server.port, each), each[0]), { atOnce: 12 });
      const readers = forEachOf(Array.from({ length: 20 }), async () => {
        const { status, body } = await api.call('/api/large');
        assert.ok(status === 200 && body === '0123456789'.repeat(500_000), `${status} ${body.length}`);
        ++whole;
      }, { atOnce: 2 });
      const asked = (async () => {
        const answers = [];
        for (let seed = 500; !over; ++seed) answers.push(...await callMany(api, seed));
        return answers;
      })();
      await Promise.all([leavers, readers]).finally(() => { over = true; });
      const answers = await asked;
      assert.deepEqual(answers.filter(({ right }) => !right).slice(0, 5), []);
      assert.ok(whole === 20 && tally(answers)[200] > 100, JSON.stringify(tally(answers)));
    } finally {
      await api.stop();
    }
  });
});
