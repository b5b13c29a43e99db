// SPDX-License-Identifier: Apache-2.0
// Known tokens are served whatever ZITADEL and the web server do; it is not asked for more than it
// can bear.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { Callers, tally } from './support/callers.mjs';
import { FastCgiConnection, fastCgiRequest } from './support/fastcgi.mjs';
import { waitFor } from './support/processes.mjs';

const limit = { timeout: 60_000 };
const kKnown = 50; // tokens

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

// Runs `use` with an API that knows some tokens already.
async function withKnown(settings, use, way = 'lighttpd/fastcgi.conf') {
  const api = await startApi(way, issuer, { settings: { ZITADEL_LOG_LEVEL: 'warn', ...settings } });
  const callers = new Callers(api, { most: 1000 });
  try {
    const known = await issuer.mintMany(kKnown);
    assert.deepEqual(tally(await callers.callAll('/api/private', known)), { 200: kKnown });
    await issuer.resetCounters();
    return await use({ api, callers, known });
  } finally {
    callers.close();
    await api.stop();
  }
}

// All are let in, none later than that many milliseconds.
async function assertServed(callers, tokens, { rounds = 4, within }) {
  for (let round = 0; round < rounds; round += 1) {
    const answers = await callers.callAll('/api/private', tokens);
    assert.deepEqual(tally(answers), { 200: tokens.length });
    const slowest = Math.max(...answers.map(({ ms }) => ms));
    assert.ok(slowest < within, `one took ${slowest} ms`);
  }
}

const introspections = async () => (await issuer.counters()).introspections;

describe('while ZITADEL hangs', limit, () => {
  const kTimeout = 4000; // milliseconds

  it('known tokens are served at once, and who waits is told when its time is over', async () => {
    await withKnown({ ZITADEL_TIMEOUT_MS: kTimeout }, async ({ api, callers, known }) => {
      const unknown = await issuer.mintMany(400);
      issuer.pause();
      try {
        const waiting = callers.callAll('/api/private', unknown);
        await assertServed(callers, known, { within: kTimeout / 2 });
        const answers = await waiting;
        assert.deepEqual(tally(answers), { 503: unknown.length });
        for (const { ms } of answers) assert.ok(ms > kTimeout - 100, `${ms} ms`);
        await assertServed(callers, known, { within: kTimeout / 2 });
      } finally {
        issuer.resume();
      }
      await waitFor('new tokens to be served again', async () =>
        (await api.call('/api/private', { token: unknown[0] })).status === 200);
    });
  });
});

describe('while ZITADEL fails', limit, () => {
  // A status says something of one token: nobody is kept from asking about another.
  it('each who asks is told so at once, and served as soon as it answers again', async () => {
    await withKnown({}, async ({ callers, known }) => {
      await issuer.fault('server-error');
      const unknown = await issuer.mintMany(100);
      for (let round = 0; round < 4; round += 1) {
        const answers = await callers.callAll('/api/private', unknown);
        assert.deepEqual(tally(answers), { 503: unknown.length });
        for (const { retryAfter } of answers) assert.match(retryAfter, /^[1-9]$/);
        await assertServed(callers, known, { rounds: 1, within: 1000 });
      }
      await issuer.clearFaults();
      assert.deepEqual(tally(await callers.callAll('/api/private', unknown)), { 200: unknown.length });
    });
  });

  it('with 429, it is not asked again before the time that it names', async () => {
    await withKnown({}, async ({ callers, known }) => {
      await issuer.fault('rate-limited', { times: 1, headers: { 'retry-after': '3' } });
      const unknown = await issuer.mintMany(100);
      const begin = performance.now();
      assert.equal((await callers.call('/api/private', { token: unknown.pop() })).status, 503);
      const limited = performance.now();
      while (performance.now() - begin < 2000) {
        const answers = await callers.callAll('/api/private', unknown.slice(0, 20));
        if (performance.now() - begin >= 3000) break; // the machine was too slow to tell
        assert.deepEqual(tally(answers), { 503: 20 });
        for (const { retryAfter } of answers) assert.ok(Number(retryAfter) <= 3, retryAfter);
        await assertServed(callers, known, { rounds: 1, within: 1000 });
        await sleep(100);
      }
      assert.equal(await introspections(), 1);
      await waitFor('new tokens to be served again', async () =>
        (await callers.call('/api/private', { token: unknown[0] })).status === 200);
      assert.ok(performance.now() - limited > 2900);
    });
  });
});

describe('a web server', limit, () => {
  const way = 'lighttpd/spawn-fcgi.conf';
  const openMany = (path, count) =>
    Promise.all(Array.from({ length: count }, () => FastCgiConnection.open(path)));
  const descriptorsOf = ({ program }) => readdirSync(`/proc/${program.process.pid}/fd`).length;

  it('that has sent half a request, or keeps its connections, holds nobody up', async () => {
    await withKnown({}, async ({ api, callers, known }) => {
      const halves = await openMany(api.workspace.socket, 200);
      const kept = await openMany(api.workspace.socket, 100);
      try {
        const request = fastCgiRequest('/private', { token: known[0] });
        halves.forEach((each, n) => each.send(request.subarray(0, n % request.length)));
        for (let round = 0; round < 20; round += 1) {
          for (const each of kept) {
            each.send(fastCgiRequest('/private', { token: known[round], keep: true }));
          }
          const answers = await Promise.all(kept.map((each) => each.answer()));
          assert.deepEqual(tally(answers), { 200: kept.length });
        }
        await assertServed(callers, known, { within: 2000 });
        halves.forEach((each, n) => each.send(request.subarray(n % request.length)));
        const answers = await Promise.all(halves.map((each) => each.answer()));
        assert.deepEqual(tally(answers), { 200: halves.length });
      } finally {
        for (const each of [...halves, ...kept]) each.close();
      }
    }, way);
  });

  it('that goes away while its request waits, leaves nothing behind', async () => {
    await withKnown({}, async ({ api, callers, known }) => {
      await issuer.fault({ delay: 300 });
      const before = descriptorsOf(api);
      for (const token of await issuer.mintMany(3)) {
        const leaving = await openMany(api.workspace.socket, 200);
        for (const each of leaving) each.send(fastCgiRequest('/private', { token }));
        await waitFor('the question', async () => await issuer.introspectionsOf(token) === 1);
        for (const each of leaving) each.close();
      }
      await assertServed(callers, known, { within: 2000 });
      callers.close();
      await waitFor('the descriptors to be closed', () => descriptorsOf(api) <= before);
    }, way);
  });
});

it('a token about which ZITADEL says too much keeps nobody else out', limit, async () => {
  await withKnown({}, async ({ api, callers }) => {
    const large = await issuer.mint({ claims: { large: 'x'.repeat(1 << 20) } });
    for (let i = 0; i < 10; i += 1) {
      assert.equal((await api.call('/api/private', { token: large })).status, 503);
    }
    const others = await issuer.mintMany(20);
    assert.deepEqual(tally(await callers.callAll('/api/private', others)), { 200: others.length });
  });
});
