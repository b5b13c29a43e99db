// SPDX-License-Identifier: Apache-2.0
// Whoever floods the API with made-up tokens keeps nobody else waiting.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { Callers, tally } from './support/callers.mjs';
import { FastCgiConnection, fastCgiRequest } from './support/fastcgi.mjs';
import { isSanitized } from './support/workspace.mjs';

const way = 'lighttpd/spawn-fcgi.conf';
const limit = { timeout: 120_000 };
const kDelay = 1000; // milliseconds of the issuer
const flooder = '192.0.2.1';
const other = '198.51.100.7';

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

async function withApi(settings, use) {
  const api = await startApi(way, issuer, { settings: { ZITADEL_LOG_LEVEL: 'error', ...settings } });
  try {
    return await use(api);
  } finally {
    await api.stop();
  }
}

const requestOf = (token, address) =>
  fastCgiRequest('/private', { token, more: address === undefined ? {} : { REMOTE_ADDR: address } });

// Asks the program itself, as a web server would for a client with that address.
async function ask(api, token, address) {
  api.secrets.add(token);
  const begin = performance.now();
  const connection = await FastCgiConnection.open(api.workspace.socket);
  connection.send(requestOf(token, address));
  const answer = await connection.answer();
  connection.close();
  return { ...answer, ms: performance.now() - begin };
}

// Asks about made-up tokens, so many at once.
async function flood(api, count) {
  const answers = [];
  for (let n = 0; n < count; n += 1) {
    answers.push(ask(api, `made-up-${n}`, flooder));
    if (n % 200 === 199) await sleep(5); // the socket's queue is bounded
  }
  return answers;
}

// How long the issuer takes for anything, which on a busy machine each question takes several times.
async function issuerLag() {
  const begin = performance.now();
  await issuer.counters();
  return performance.now() - begin;
}

async function areServedSoon(asked, lags) {
  const served = await Promise.all(asked);
  assert.deepEqual(tally(served), { 200: asked.length });
  const slowest = Math.max(...served.map(({ ms }) => ms));
  const lag = Math.max(...await Promise.all(lags));
  // A sanitizer makes the program itself several times slower.
  assert.ok(slowest < (isSanitized() ? 10 : 3) * kDelay + 3 * lag, `one took ${slowest} ms, the issuer ${lag} ms for anything`);
}

describe('while a client asks about made-up tokens', limit, () => {
  for (const count of [3000, 6000]) {
    it(`${count} at once, known and good new tokens of others are served`, async () => {
      // The deadline is longer than a busy machine needs: what unfairness costs, the times show.
      await withApi({ ZITADEL_CACHE_TTL: 3, ZITADEL_TIMEOUT_MS: 30_000 }, async (api) => {
        const known = await issuer.mintMany(20);
        for (const token of known) assert.equal((await ask(api, token, other)).status, 200);
        const good = await issuer.mintMany(20);
        await issuer.fault({ delay: kDelay });
        const flooding = await flood(api, count);
        const knownAnswers = [];
        const goodAnswers = [];
        const lags = [];
        for (let n = 0; n < 80; n += 1) { // more than two lifetimes
          knownAnswers.push(ask(api, known[n % 20], other));
          if (n % 4 === 0) goodAnswers.push(ask(api, good[n / 4], other));
          lags.push(issuerLag());
          await sleep(100);
        }
        await areServedSoon([...knownAnswers, ...goodAnswers], lags);
        await issuer.clearFaults();
        const counts = tally(await Promise.all(flooding));
        assert.equal(counts[200], undefined);
        assert.ok(counts[401] > 0, JSON.stringify(counts));
        // Who comes when the share is used up, but for places that have become free by then.
        const over = Math.max(0, count - 4096);
        const told = counts[429] ?? 0;
        assert.ok(told <= over && told >= over / 2, JSON.stringify(counts));
      });
    });
  }

  for (const addresses of [2, 40]) {
    it(`from ${addresses} addresses that fill all places, others' tokens are served`, async () => {
      const settings = { ZITADEL_MAX_PARKED: 200, ZITADEL_MAX_IN_FLIGHT: 64, ZITADEL_CACHE_TTL: 3 };
      await withApi(settings, async (api) => {
        const [known, ...good] = await issuer.mintMany(11);
        assert.equal((await ask(api, known, other)).status, 200);
        await issuer.fault({ delay: kDelay });
        const flooding = Array.from({ length: 400 }, (_, n) =>
          ask(api, `made-up-${n}`, `192.0.2.${n % addresses}`));
        await sleep(300);
        const asked = good.map((token, n) => ask(api, token, `198.51.100.${n}`));
        const lags = asked.map(issuerLag);
        assert.equal((await ask(api, known, other)).status, 200);
        await areServedSoon(asked, lags);
        await issuer.clearFaults();
        const counts = tally(await Promise.all(flooding));
        assert.ok(counts[429] >= 250 && counts[401] > 0, JSON.stringify(counts));
        assert.equal(counts[401] + counts[429], 400, JSON.stringify(counts));
      });
    });
  }

  it("of its own, and good ones, others' tokens are served", async () => {
    const settings = { ZITADEL_MAX_PARKED: 80, ZITADEL_MAX_IN_FLIGHT: 16, ZITADEL_CACHE_TTL: 3 };
    await withApi(settings, async (api) => {
      const own = await issuer.mintMany(120);
      const known = await issuer.mintMany(5);
      const good = await issuer.mintMany(5);
      for (const token of [...own, ...known]) assert.equal((await ask(api, token, other)).status, 200);
      await sleep(3100);
      await issuer.fault({ delay: kDelay });
      const flooding = own.map((token) => ask(api, token, flooder));
      await sleep(200);
      const served = await Promise.all([...known, ...good].map((token, n) =>
        ask(api, token, `198.51.100.${n}`)));
      assert.deepEqual(tally(served), { 200: 10 });
      await issuer.clearFaults();
      const counts = tally(await Promise.all(flooding));
      assert.ok(counts[200] > 0 && counts[429] > 0, JSON.stringify(counts));
      assert.equal(counts[200] + counts[429], 120, JSON.stringify(counts));
    });
  });

  it('it is told to come again once it has its share, and by the header of a proxy, too', async () => {
    const settings = { ZITADEL_MAX_PARKED: 40, ZITADEL_CLIENT_ADDRESS_HEADER: 'X-Forwarded-For',
      ZITADEL_TRUSTED_PROXIES: '127.0.0.0/8' };
    const api = await startApi('lighttpd/fastcgi.conf', issuer,
      { settings: { ZITADEL_LOG_LEVEL: 'warn', ...settings } });
    const callers = new Callers(api, { most: 200 });
    const from = (address, token) => callers.call('/api/private',
      { token, headers: { 'X-Forwarded-For': `203.0.113.1, ${address}` } });
    try {
      await issuer.fault({ delay: 2000 });
      const flooding = Array.from({ length: 60 }, (_, n) => from(flooder, `made-up-${n}`));
      const told = (await Promise.race([Promise.all(flooding), sleep(1500)])) === undefined;
      assert.ok(told); // some of them wait
      const token = await issuer.mint();
      assert.equal((await from(other, token)).status, 200);
      const answers = await Promise.all(flooding);
      assert.deepEqual(tally(answers), { 401: 20, 429: 40 });
      for (const { status, retryAfter, json } of answers) {
        if (status !== 429) continue;
        assert.equal(retryAfter, '1');
        assert.equal(json.error, 'too_many_requests');
      }
    } finally {
      callers.close();
      await api.stop();
    }
  });
});

it('clients that have gone leave their places within a second', limit, async () => {
  await withApi({ ZITADEL_MAX_PARKED: 100 }, async (api) => { // of these a quarter is for known tokens
    const good = await issuer.mint();
    await issuer.fault({ delay: 3000 });
    const leaving = await Promise.all(Array.from({ length: 75 }, () =>
      FastCgiConnection.open(api.workspace.socket)));
    leaving.forEach((each, n) => {
      api.secrets.add(`made-up-${n}`);
      each.send(requestOf(`made-up-${n}`, `192.0.2.${n}`)); // of whom nobody holds more than another
    });
    await sleep(300);
    assert.equal((await ask(api, good, other)).status, 503);
    for (const each of leaving) each.close();
    await sleep(500);
    assert.equal((await ask(api, good, other)).status, 200);
  });
});
