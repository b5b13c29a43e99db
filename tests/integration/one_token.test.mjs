// SPDX-License-Identifier: Apache-2.0
// One token decides nothing about another: what ZITADEL answers about some of them concerns nobody
// else, and what concerns all is told by ZITADEL itself.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { Callers, tally } from './support/callers.mjs';
import { inactive, startFront } from './support/front.mjs';
import { waitFor } from './support/processes.mjs';

const way = 'lighttpd/fastcgi.conf';
const limit = { timeout: 90_000 };

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());

// Runs `use` with an API that asks by way of a front (support/front.mjs).
async function withFront(answerFor, settings, use) {
  const front = await startFront(issuer, answerFor);
  try {
    const api = await startApi(way, issuer,
      { settings: { ZITADEL_LOG_LEVEL: 'warn', ...front.settings, ...settings } });
    const callers = new Callers(api, { most: 500 });
    try {
      return await use({ api, callers, front });
    } finally {
      callers.close();
      await api.stop();
    }
  } finally {
    await front.stop();
  }
}

const call = (callers, token) => callers.call('/api/private', { token });

// Calls every few milliseconds with what `next` gives, until it gives nothing. All answers.
async function callEvery(milliseconds, callers, next) {
  const answers = [];
  for (let token = next(); token !== undefined; token = next()) {
    answers.push(call(callers, token));
    await sleep(milliseconds);
  }
  return Promise.all(answers);
}

const repeat = (count, tokens) => {
  let number = 0;
  return () => (number < count ? tokens[number++ % tokens.length] : undefined);
};

describe('tokens that ZITADEL answers oddly', limit, () => {
  it('keep no new and no known token out: 400, 403, 404, 413 and 500', async () => {
    const odd = new Map([400, 403, 404, 413, 500].map((status) => [`odd-${status}`, { status }]));
    await withFront((token) => odd.get(token), {}, async ({ callers }) => {
      const known = await issuer.mintMany(10);
      assert.deepEqual(tally(await callers.callAll('/api/private', known)), { 200: 10 });
      const good = await issuer.mintMany(200);
      const [bad, fresh, again] = await Promise.all([
        callEvery(20, callers, repeat(500, [...odd.keys()])),
        callEvery(50, callers, repeat(200, good)),
        callEvery(20, callers, repeat(500, known)),
      ]);
      assert.deepEqual(tally(bad), { 503: 500 });
      assert.deepEqual(tally(fresh), { 200: 200 });
      assert.deepEqual(tally(again), { 200: 500 });
    });
  });

  it('keep nobody else out where they are answered too late', async () => {
    const slow = new Set(await issuer.mintMany(6));
    const settings = { ZITADEL_TIMEOUT_MS: 1000 };
    await withFront((token) => slow.has(token) && { delay: 1400 }, settings, async ({ callers }) => {
      const good = await issuer.mintMany(100);
      const [late, fresh] = await Promise.all([
        callEvery(100, callers, repeat(60, [...slow])),
        callEvery(60, callers, repeat(100, good)),
      ]);
      assert.deepEqual(tally(late), { 503: 60 });
      assert.deepEqual(tally(fresh), { 200: 100 });
    });
  });

  // A 429 with a long Retry-After keeps new tokens away, and no known one.
  it('shut out no token in use where ZITADEL limits our calls', async () => {
    const limited = { status: 429, headers: { 'retry-after': '300' } };
    const settings = { ZITADEL_CACHE_TTL: 2 };
    await withFront((token) => (token === 'limited' ? limited : undefined), settings,
      async ({ callers }) => {
        const [known, fresh] = await issuer.mintMany(2);
        assert.equal((await call(callers, known)).status, 200);
        assert.equal((await call(callers, 'limited')).status, 503);
        const refused = await call(callers, fresh);
        assert.equal(refused.status, 503);
        assert.ok(Number(refused.retryAfter) > 250, refused.retryAfter);
        const answers = await callEvery(100, callers, repeat(60, [known]));
        assert.deepEqual(tally(answers), { 200: 60 });
        await sleep(2500); // run out
        assert.equal((await call(callers, known)).status, 200);
        await issuer.revoke(known);
        await waitFor('its refusal', async () => (await call(callers, known)).status === 401,
          { timeoutMs: 4000 });
      });
  });

  it('prolong the life of no revoked token', async () => {
    const odd = new Map([['odd-403', { status: 403 }],
      ['odd-429', { status: 429, headers: { 'retry-after': '1' } }]]);
    const settings = { ZITADEL_CACHE_TTL: 3, ZITADEL_GRACE: 600 };
    await withFront((token) => odd.get(token), settings, async ({ callers }) => {
      const [revoked] = await issuer.mintMany(1);
      assert.equal((await call(callers, revoked)).status, 200);
      await issuer.revoke(revoked);
      const begin = performance.now();
      const [answers] = await Promise.all([
        callEvery(100, callers, repeat(60, [revoked])),
        callEvery(20, callers, repeat(300, [...odd.keys()])),
      ]);
      const last = answers.findLastIndex(({ status }) => status === 200);
      assert.ok(last < 40, `let in at the ${last}th of 60 calls, ${performance.now() - begin} ms`);
      assert.equal(answers.at(-1).status, 401);
    });
  });
});

describe('a ZITADEL that hangs', limit, () => {
  const kTimeout = 2000;

  it('keeps one caller waiting once, and is tried once a second', async () => {
    let hangs = true;
    const settings = { ZITADEL_TIMEOUT_MS: kTimeout, ZITADEL_GRACE: 600, ZITADEL_CACHE_TTL: 1 };
    let idle;
    await withFront((token) => hangs && token !== idle && { delay: 60_000 }, settings,
      async ({ callers, front }) => {
        [idle] = await issuer.mintMany(1);
        assert.equal((await call(callers, idle)).status, 200);
        await sleep(1100); // its answer runs out
        idle = undefined;
        const [known] = front.asked;
        const [first, ...others] = await issuer.mintMany(60);
        const begin = performance.now();
        assert.equal((await call(callers, first)).status, 503);
        assert.ok(performance.now() - begin > kTimeout - 100);
        const asked = front.asked.length;
        const since = performance.now();
        for (const token of others) {
          const { status, ms } = await call(callers, token);
          assert.equal(status, 503);
          assert.ok(ms < kTimeout / 4, `${ms} ms`);
          await sleep(100);
        }
        // A token that was idle has its grace at once.
        const { status, ms } = await call(callers, known);
        assert.equal(status, 200);
        assert.ok(ms < kTimeout / 4, `${ms} ms`);
        const seconds = (performance.now() - since) / 1000;
        const trials = front.asked.length - asked;
        assert.ok(trials >= 2 && trials <= seconds + 1, `${trials} trials in ${seconds} s`);
        hangs = false;
        await waitFor('new tokens to be let in', async () =>
          (await call(callers, others.at(-1))).status === 200, { timeoutMs: 3000 });
      });
  });
});

describe('a ZITADEL that calls every token inactive', limit, () => {
  const kTtl = 2;
  const users = (count) => Promise.all(Array.from({ length: count }, (_, n) =>
    issuer.mint({ sub: `user-${n}` })));

  it('makes nobody throw a good token away', async () => {
    let fails = false;
    await withFront(() => (fails ? inactive : undefined), { ZITADEL_CACHE_TTL: kTtl },
      async ({ api, callers, front }) => {
        const tokens = await users(6);
        assert.deepEqual(tally(await callers.callAll('/api/private', tokens)), { 200: 6 });
        fails = true;
        await sleep(kTtl * 1000 + 200);
        for (let round = 0; round < 5; round += 1) {
          const answers = await callers.callAll('/api/private', tokens);
          assert.deepEqual(tally(answers), { 503: 6 });
          for (const { retryAfter } of answers) assert.match(retryAfter, /^[1-9]\d?$/);
        }
        assert.equal((await call(callers, 'made-up')).status, 503);
        const lines = api.programLog().filter((line) => line.includes('failing inside'));
        assert.equal(lines.length, 1, lines.join('\n'));
        fails = false;
        front.asked.length = 0;
        assert.equal((await call(callers, tokens[0])).status, 200);
        assert.equal((await call(callers, 'made-up')).status, 401);
        assert.deepEqual(tally(await callers.callAll('/api/private', tokens)), { 200: 6 });
        assert.equal(front.asked.length, 7);
      });
  });

  it('is told from one that has revoked a token, by one question more at most', async () => {
    await withFront(() => undefined, { ZITADEL_CACHE_TTL: kTtl }, async ({ callers, front }) => {
      const tokens = await users(8);
      assert.deepEqual(tally(await callers.callAll('/api/private', tokens)), { 200: 8 });
      for (const token of tokens.slice(0, 4)) {
        await sleep(kTtl * 1000 + 200); // also of one that was asked about as a witness
        await issuer.revoke(token);
        front.asked.length = 0;
        assert.equal((await call(callers, token)).status, 401);
        assert.ok(front.asked.length <= 2, String(front.asked.length));
      }
    });
  });

  it('does not help a lone caller, whose token is refused', async () => {
    await withFront(() => undefined, { ZITADEL_CACHE_TTL: kTtl }, async ({ callers }) => {
      const [token] = await users(1);
      assert.equal((await call(callers, token)).status, 200);
      await issuer.revoke(token);
      await sleep(kTtl * 1000 + 200);
      assert.equal((await call(callers, token)).status, 401);
    });
  });
});
