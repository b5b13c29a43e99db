// SPDX-License-Identifier: Apache-2.0
// How often, and over how many connections, ZITADEL is asked under load; what a token's lifetime in
// the cache means to its users.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { Callers, tally } from './support/callers.mjs';

const way = 'lighttpd/fastcgi.conf';

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

// Runs `use` with an API of its own and with callers of it.
async function withCallers(settings, use, { from = issuer, most = 1000 } = {}) {
  const api = await startApi(way, from, { settings: (workspace) => ({ ZITADEL_LOG_LEVEL: 'warn',
    ...(typeof settings === 'function' ? settings(workspace) : settings) }) });
  const callers = new Callers(api, { most });
  try {
    await callers.call('/api/public');
    await from.resetCounters();
    return await use(callers, api);
  } finally {
    callers.close();
    await api.stop();
  }
}

const limit = { timeout: 60_000 };
const inactive = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"active":false}' };

describe('many callers at once with one token that is not known yet', limit, () => {
  const outcomes = {
    'a good one': { count: 1000, fault: { delay: 1000 }, status: 200 },
    'a refused one': { count: 200, token: 'made-up', fault: { delay: 1000 }, status: 401 },
    'one about which ZITADEL fails': { count: 200, status: 503,
      fault: { delay: 2000, status: 500, body: 'down' } },
  };
  for (const [what, { count, token, fault, status }] of Object.entries(outcomes)) {
    it(`share one question: ${count} with ${what}`, async () => {
      await withCallers({ ZITADEL_TIMEOUT_MS: 20_000 }, async (callers) => {
        await issuer.fault(fault);
        const answers = await callers.callAll('/api/private',
          new Array(count).fill(token ?? await issuer.mint()));
        assert.deepEqual(tally(answers), { [status]: count });
        assert.equal((await issuer.counters()).introspections, 1);
      });
    });
  }
});

describe('many callers at once with tokens that are not known yet', limit, () => {
  it('need no more connections over HTTP/1.1 than are allowed, and one assertion', async () => {
    await withCallers({ ZITADEL_MAX_CONNECTIONS: 50, ZITADEL_TIMEOUT_MS: 20_000 },
      async (callers) => {
        await issuer.fault({ delay: 100 });
        const answers = await callers.callAll('/api/private', await issuer.mintMany(400));
        assert.deepEqual(tally(answers), { 200: 400 });
        const counters = await issuer.counters();
        assert.equal(counters.introspections, 400);
        assert.equal(counters.distinctAssertions, 1);
        assert.ok(counters.maxInFlight <= 50, `${counters.maxInFlight} at once`);
        assert.ok(counters.connectionsOpened <= 50, `${counters.connectionsOpened} connections`);
      });
  });

  // Where the issuer takes longer than kTellingTime to tell its limit (curl_connections.h), some of
  // the questions are refused and go over further connections.
  for (const [streams, most] of [[100, 8], [20, 100]]) {
    it(`need few connections over HTTP/2 of ${streams} streams`, async () => {
      const over2 = await startIssuer({ tls: true, maxStreams: streams, assertions: 'reusable' });
      try {
        const settings = (workspace) => ({ ZITADEL_TIMEOUT_MS: 20_000,
          ZITADEL_CA_FILE: workspace.write('etc/ca.pem', readFileSync(over2.files.ca)) });
        await withCallers(settings, async (callers) => {
          await over2.fault({ delay: 1000 });
          const answers = await callers.callAll('/api/private', await over2.mintMany(400));
          assert.deepEqual(tally(answers), { 200: 400 });
          const { introspections, connectionsOpened, httpVersions } = await over2.counters();
          assert.equal(introspections, 400);
          assert.deepEqual(Object.keys(httpVersions), ['2.0']);
          assert.ok(connectionsOpened <= most, `${connectionsOpened} connections`);
        }, { from: over2 });
      } finally {
        await over2.stop();
      }
    });
  }

  it('are asked about no more at once than ZITADEL_MAX_IN_FLIGHT; the rest wait', async () => {
    await withCallers({ ZITADEL_MAX_IN_FLIGHT: 10, ZITADEL_TIMEOUT_MS: 20_000 },
      async (callers) => {
        await issuer.fault({ delay: 50 });
        const answers = await callers.callAll('/api/private', await issuer.mintMany(200));
        assert.deepEqual(tally(answers), { 200: 200 });
        assert.ok((await issuer.counters()).maxInFlight <= 10);
      });
  });

  it('beyond half of ZITADEL_MAX_PARKED a client is refused at once, and the others are served', async () => {
    await withCallers({ ZITADEL_MAX_PARKED: 50 }, async (callers) => {
      await issuer.fault({ delay: 3000 });
      const answers = await callers.callAll('/api/private', await issuer.mintMany(80));
      assert.deepEqual(tally(answers), { 200: 25, 429: 55 });
      for (const { ms, retryAfter } of answers.filter(({ status }) => status === 429)) {
        assert.ok(ms < 2000, `${ms} ms`);
        assert.equal(retryAfter, '1');
      }
    });
  });
});

// Calls every few milliseconds until told to stop; all answers with the time they were asked for.
function useConstantly(callers, token) {
  const answers = [];
  let stopped = false;
  const line = (async () => {
    while (!stopped) {
      const at = performance.now();
      answers.push({ at, ...await callers.call('/api/private', { token }) });
      await sleep(20);
    }
  })();
  return { answers, stop: () => { stopped = true; return line; } };
}

describe('a token that is in use all the time', limit, () => {
  const kLifetime = 4; // seconds
  const kDelay = 500; // milliseconds; a request that waited for the issuer took at least as long

  it('never waits for ZITADEL after the first time, and is refused one lifetime after its revocation',
    async () => {
      await withCallers({ ZITADEL_CACHE_TTL: kLifetime }, async (callers) => {
        await issuer.fault({ delay: kDelay });
        const [kept, revoked] = await issuer.mintMany(2);
        await callers.callAll('/api/private', [kept, revoked]);
        const uses = [kept, revoked].map((token) => useConstantly(callers, token));
        await sleep(2 * kLifetime * 1000);
        const revokedAt = performance.now();
        await issuer.revoke(revoked);
        await sleep((kLifetime + 0.5) * 1000);
        await Promise.all(uses.map((use) => use.stop()));

        const [keptAnswers, revokedAnswers] = uses.map(({ answers }) => answers);
        assert.deepEqual(tally(keptAnswers), { 200: keptAnswers.length });
        const slowest = Math.max(...keptAnswers.map(({ ms }) => ms));
        assert.ok(slowest < kDelay, `one took ${slowest} ms`);
        const asked = await issuer.introspectionsOf(kept);
        // Also as a witness, when the other one is called inactive.
        assert.ok(asked >= 3 && asked <= 7, `asked ${asked} times in three lifetimes`);

        const lastGood = revokedAnswers.findLast(({ status }) => status === 200);
        const firstBad = revokedAnswers.find(({ status }) => status === 401);
        assert.ok(firstBad !== undefined && firstBad.at > lastGood.at, 'it was let in again');
        assert.ok(lastGood.at - revokedAt < kLifetime * 1000, `${lastGood.at - revokedAt} ms`);
      });
    });
});

describe('a token that ZITADEL calls inactive while other answers are slow', limit, () => {
  const kTimeout = 1500;
  it('is refused at the deadline of whoever asked first', async () => {
    await withCallers({ ZITADEL_TIMEOUT_MS: kTimeout, ZITADEL_CACHE_TTL: 1 }, async (callers) => {
      const tokens = await issuer.mintMany(3, { sub: 'somebody-{n}' });
      for (const answer of await callers.callAll('/api/private', tokens)) assert.equal(answer.status, 200);
      await sleep(1200);
      await issuer.fault({ ...inactive, delay: kTimeout - 300 });
      const begin = Date.now();
      const [{ status }] = await callers.callAll('/api/private', tokens.slice(0, 1));
      const took = Date.now() - begin;
      assert.equal(status, 401);
      assert.ok(took < 2 * (kTimeout - 300), `${took} ms`);
    });
  });
});
