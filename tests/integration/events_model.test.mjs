// SPDX-License-Identifier: Apache-2.0
// 100,000 requests while events come in bursts, late and out of order, the feed is cut, slowed and refused, and
// processes are killed, against a model of who may still be let in, and of what ZITADEL may be asked.
//
// EVENTS_SEED: of the random numbers. EVENTS_SCALE: so many times as many requests and events.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { EventModel } from './support/event_model.mjs';
import { behind, withFeed } from './support/feeds.mjs';
import { MachineLag } from './support/machine_lag.mjs';
import { signal } from './support/processes.mjs';
import { QuickLine } from './support/quick_line.mjs';

const kSeed = Number(process.env.EVENTS_SEED ?? 1);
const kScale = Number(process.env.EVENTS_SCALE ?? 1);
const kRequests = 100_000 * kScale;
const kPerSecond = 1500; // at most
const kLines = 16; // callers at once
const kTokens = 500;
const kUsers = 100;
const kEvents = 2000 * kScale; // in bursts, and as many again in one of more than a page
const kLate = 8000; // milliseconds until an event is found, at most
const kLatency = 40; // of a search

// The troubles of the feed, and how long after their end it may take until it is up again.
const troubles = {
  'server-error': 6000, 'rate-limited': 2000, 'wrong-token': 6000, 'no-permission': 6000, 'not-json': 1500,
  truncated: 1500, hang: 6000, 'hang-body': 6000, reset: 1500, slow: 3000, closed: 1500,
};
const kTakeover = 3000; // until another process polls

// Mulberry32: numbers from 0 to 1 that are the same for the same seed.
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const random = randomFrom(kSeed);
const below = (end) => Math.floor(random() * end);
const pick = (list) => list[below(list.length)];

let issuer;
before(async () => {
  issuer = await startIssuer({ assertions: 'reusable' });
  await issuer.eventSettings({ latency: kLatency });
});
after(() => issuer?.stop());

// Events that end something of others.
const strange = () => ({
  type: pick(['user.locked', 'user.pat.removed', 'oidc_session.access_token.revoked', 'user.grant.removed']),
  payload: { userId: 'somebody-else', tokenId: 'another' },
});

// Gives events of one of the model's tokens or users, and which of them they end.
function ours(model) {
  const token = pick(model.tokens);
  const ofUser = () => model.tokens.filter(({ sub }) => sub === token.sub);
  const aggregate = { id: token.sub };
  return pick([
    () => ({ event: { type: 'user.pat.removed', aggregate, payload: { tokenId: token.jti } }, ends: [token] }),
    () => ({ event: { type: 'oidc_session.refresh_token.renewed', aggregate: { id: token.chain } }, ends: [token] }),
    () => ({ event: { type: 'user.human.signed.out', aggregate }, ends: ofUser() }),
    () => ({ event: { type: 'user.grant.changed', payload: { userId: token.sub } }, ends: ofUser() }),
  ])();
}

// One transaction; some become visible late, and some are dated back: never both, which nobody looks back for.
async function write(model, size) {
  const late = random() < 0.1 ? below(kLate) : 0;
  const when = late === 0 && random() < 0.1 ? { ago: below(kLate) } : {};
  const written = [];
  const events = Array.from({ length: size }, () => {
    if (random() < 0.7) return { ...strange(), ...when, visibleIn: late };
    const { event, ends } = ours(model);
    written.push(model.event(ends, { late }));
    return { ...event, ...when, visibleIn: late };
  });
  await issuer.transaction(events);
  for (const done of written) done();
}

async function revoke(model) {
  const live = model.tokens.filter(({ revoked }) => !revoked);
  if (live.length < kTokens / 3) return;
  const token = pick(live);
  const late = random() < 0.1 ? below(kLate) : 0;
  await issuer.eventSettings({ latency: kLatency, visibleAfter: late });
  const done = model.event([token], { late, revokes: true });
  await issuer.revoke(token.access_token);
  done();
  await issuer.eventSettings({ latency: kLatency });
}

async function endEverything(model) {
  const done = model.event(undefined);
  await issuer.event(pick([
    { type: 'session.terminated' },
    { type: 'project.role.removed', aggregate: { id: issuer.projectId }, payload: { key: 'read:messages' } },
  ]));
  done();
}

// As many events as wished, in bursts, for about that time.
async function writeBursts(model, count, time) {
  let left = count;
  const begin = Date.now();
  let bursts = 0;
  while (left > 0) {
    const size = Math.min(left, 1 + below(60));
    await write(model, size);
    left -= size;
    for (let n = below(4); n > 0; n -= 1) await revoke(model);
    bursts += 1;
    if (bursts % 30 === 0) await endEverything(model);
    await sleep(Math.max(0, begin + time * (1 - left / count) * (0.8 + 0.4 * random()) - Date.now()));
  }
}

async function beginTrouble(name) {
  if (name === 'closed') return issuer.closeListener();
  if (name === 'slow') return issuer.fault({ on: 'events', delay: 1500 });
  return issuer.fault(name, { on: 'events' });
}

async function endTrouble() {
  await issuer.clearFaults();
  await issuer.openListener().catch(() => {}); // it is open
}

// Short ones, one after the other; in between the feed is up for a while.
async function troubleShortly(model, names) {
  for (const name of names) {
    const done = model.cut();
    await beginTrouble(name);
    await sleep(500 + random() * 1500);
    await endTrouble();
    done(troubles[name]);
    await sleep(troubles[name] + random() * 2000);
  }
}

// The feed is away for longer than answers live without it, in ever other ways.
async function troubleForLong(model, time) {
  const done = model.cut();
  const end = Date.now() + time;
  while (Date.now() < end) {
    const name = pick(Object.keys(troubles).filter((each) => each !== 'slow' && each !== 'closed'));
    await issuer.fault(name, { on: 'events' });
    await sleep(1000 + random() * 3000);
    await issuer.clearFaults();
  }
  // The pause after one may outlast the next ones.
  const recovery = Math.max(...Object.values(troubles));
  done(recovery);
  await sleep(recovery);
}

async function kill(model, api) {
  const done = model.cut();
  const pids = api.server.programs();
  if (pids.length > 0) signal(pick(pids), 'SIGKILL');
  done(kTakeover);
  await sleep(kTakeover);
}

describe('random events', { timeout: 600_000 * Math.max(1, kScale) }, () => {
  it(`let nobody in for longer than the model allows, and are the reason of all questions (EVENTS_SEED=${kSeed})`, async (t) => {
    await withFeed(issuer, behind['lighttpd, 4 processes'], {}, async ({ api, callers }) => {
      api.server.expected = /child signalled: 9/;
      const tokens = [];
      for (let n = 0; n < kTokens; n += 1) tokens.push(await issuer.issue({ sub: `user-${n % kUsers}` }));
      for (const { access_token: token } of tokens) api.secrets.add(token);
      const lag = new MachineLag(() => issuer.counters(), () => callers.call('/api/public'));
      const model = new EventModel(tokens, lag);
      const counts = { 200: 0, 401: 0 };
      let [requests, isOver] = [0, false];
      const begin = Date.now();

      const call = async () => {
        const caller = new QuickLine(api);
        while (requests < kRequests || !isOver) {
          const due = begin + (1000 * requests) / kPerSecond;
          requests += 1;
          if (due > Date.now()) await sleep(due - Date.now());
          const token = pick(tokens).access_token;
          const asked = Date.now();
          const status = await caller.get('/api/private', token).catch(({ message }) => message);
          counts[status] = (counts[status] ?? 0) + 1;
          model.answered(token, asked, status);
        }
        caller.close();
      };

      const run = async () => {
        await sleep(3000);
        const names = Object.keys(troubles).sort(() => random() - 0.5);
        for (let scale = 0; scale < kScale; scale += 1) {
          const bursts = writeBursts(model, kEvents / kScale, 60_000);
          await sleep(8000);
          await kill(model, api);
          await troubleShortly(model, names.slice(0, 2));
          await kill(model, api);
          await sleep(3000);
          await Promise.all([
            troubleForLong(model, 32_000),
            (async () => {
              await sleep(10_000);
              await write(model, 1200); // more than a page
              await kill(model, api);
            })(),
          ]);
          await bursts;
        }
        await sleep(3000);
        isOver = true;
      };

      try {
        await Promise.all([...Array.from({ length: kLines }, call), run()]);
      } finally {
        await lag.stop();
      }
      model.take(await issuer.questions());
      t.diagnostic(`${JSON.stringify(counts)} in ${Date.now() - begin} ms; the machine was late by ${lag.worst} ms`);
      assert.deepEqual(model.tooLate(), [], 'milliseconds from events to 200s');
      assert.deepEqual(model.unexplained(), [], 'questions that nothing explains');
      assert.ok(counts[200] + counts[401] > 0.95 * kRequests, JSON.stringify(counts));
    });
  });
});
