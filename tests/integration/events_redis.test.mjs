// SPDX-License-Identifier: Apache-2.0
// Several machines that share the feed through a Redis server, and one each where they have lost it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { tally } from './support/callers.mjs';
import { behind, kProcesses, withFeed } from './support/feeds.mjs';
import { RedisServer } from './support/redis.mjs';

const kWithin = 2000; // milliseconds
const kTakeover = 3000;
const path = '/api/private';

let issuer;
before(async () => {
  issuer = await startIssuer({ assertions: 'reusable' });
  await issuer.eventSettings({ latency: 40 });
});
after(() => issuer?.stop());

// first, second: what differs of each machine, see withFeed. The second one begins when `begun` is done with
// the first.
async function withMachines(use, { begun = async () => {}, ...first } = {}, second = {}) {
  const redis = await RedisServer.start();
  const settings = { ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_URL: redis.networkUrl };
  const server = behind['lighttpd, 4 processes'];
  try {
    const partsOf = ({ settings: more, ...others }) => ({ settings: { ...settings, ...more }, ...others });
    await withFeed(issuer, server, partsOf(first), async (one) => {
      await begun(one);
      await withFeed(issuer, server, partsOf({ isUp: false, ...second }), (other) => use({ machines: [one, other], redis }));
    });
  } finally {
    await redis.remove();
  }
}

const callAll = async (machines, token) => tally((await Promise.all(machines.map(({ callers }) =>
  callers.callAll(path, Array(5 * kProcesses).fill(token))))).flat());

async function makeKnown(machines, token) {
  for (let round = 0; round < 3; round += 1) {
    assert.deepEqual(await callAll(machines, token), { 200: 10 * kProcesses });
  }
}

async function assertRefused(machines, token, within) {
  await issuer.revoke(token);
  await sleep(within);
  assert.deepEqual(await callAll(machines, token), { 401: 10 * kProcesses });
}

describe('events, of two machines with a Redis server', { timeout: 120_000 }, () => {
  it('are asked for by one process, and all learn of them', async () => {
    await withMachines(async ({ machines }) => {
      await sleep(kTakeover); // until one of them polls
      const before = (await issuer.searches()).length;
      const begin = performance.now();
      for (const token of await issuer.mintMany(2)) {
        await makeKnown(machines, token);
        await assertRefused(machines, token, kWithin);
      }
      // One or, where there is something new, two a second.
      const seconds = (performance.now() - begin) / 1000;
      assert.ok((await issuer.searches()).length - before < 2.5 * seconds + 4);
    });
  });

  it('count beside a machine that has no feed', async () => {
    await withMachines(async ({ machines: [one, other] }) => {
      const [token] = await issuer.mintMany(1);
      await makeKnown([one, other], token);
      await issuer.revoke(token);
      // The other one goes on telling what it knows.
      for (const end = Date.now() + kWithin; Date.now() < end; await sleep(50)) await other.callers.call(path, { token });
      assert.deepEqual(tally(await one.callers.callAll(path, Array(5 * kProcesses).fill(token))), { 401: 5 * kProcesses });
    }, {}, { settings: { ZITADEL_EVENTS_TOKEN_FILE: undefined } });
  });

  it('are asked for by the machine whose token is good', async () => {
    await withMachines(async ({ machines }) => {
      await machines[1].api.waitForLog(/feed of ZITADEL's events is back|events have ended/, { timeoutMs: 15_000 });
      for (const token of await issuer.mintMany(2)) {
        await makeKnown(machines, token);
        await assertRefused(machines, token, kWithin);
      }
    }, {
      file: 'admin-token', isUp: false,
      begun: ({ api }) => api.waitForLog(/events cannot be had from ZITADEL/),
    });
  });

  it('count also while that server is gone, and when it is back', async () => {
    await withMachines(async ({ machines, redis }) => {
      const [first, second, third] = await issuer.mintMany(3);
      for (const token of [first, second]) await makeKnown(machines, token);
      await redis.kill();
      await assertRefused(machines, first, kTakeover + kWithin);
      assert.deepEqual(await callAll(machines, second), { 200: 10 * kProcesses });
      await redis.restart();
      await sleep(kTakeover);
      await makeKnown(machines, third);
      await assertRefused(machines, third, kWithin);
    });
  });
});
