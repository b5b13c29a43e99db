// Thousands of callers with hundreds of tokens: each gets the answer to its own request.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { Callers, numbers, tally } from './support/callers.mjs';
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

// Apache keeps its connections to the program, as the comment in the shipped file shows.
const reuse = [[`#<Proxy "fcgi://zitadel-fcgi/">
#  ProxySet enablereuse=on max=25 timeout=30 retry=0
#</Proxy>`, `<Proxy "fcgi://zitadel-fcgi/">
  ProxySet enablereuse=on max=25 timeout=30 retry=0
</Proxy>`]];

const setups = [
  { way: 'lighttpd/fastcgi.conf', count: 10_000 },
  { way: 'apache/proxy_fcgi.conf', count: 4000, replacements: reuse,
    name: 'apache/proxy_fcgi.conf with connections that are kept' },
];

describe('each caller gets the answer to its own request', () => {
  for (const { way, name = way, count, replacements } of setups) {
    it(`among ${count} behind ${name}`, { timeout: 120_000 }, async () => {
      await issuer.resetCounters();
      // Short lives and little room: answers known, forgotten and asked about anew are mixed.
      const api = await startApi(way, issuer, {
        settings: { ZITADEL_CACHE_TTL: 1, ZITADEL_CACHE_MAX_TOKENS: 160, ZITADEL_LOG_LEVEL: 'warn' },
        prepare: ({ program }) => copyFileSync(join(buildFolder, 'tests/echo.fcgi'), program),
        replacements,
      });
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
