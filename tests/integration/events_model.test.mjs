// Events at random, with a feed that is cut, slowed and refused and processes that are killed, against
// a model of who may still be let in.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { behind, withFeed } from './support/feeds.mjs';
import { signal } from './support/processes.mjs';

const kSeed = Number(process.env.EVENTS_SEED ?? 1);
const kTokens = 300;
const kTime = 55_000; // milliseconds
const kLines = 8; // callers at once
const kWithin = 2000; // from an event to its last 200, while the feed is up
const kTakeover = 3000; // until another process polls
const kMostQuestions = 8; // about a token that nothing has ended: one a process, or as a witness

// The troubles of the feed, and how long after their end it may take until it is up again.
const troubles = {
  'server-error': 1000, 'rate-limited': 2000, 'wrong-token': 6000, 'not-json': 1000, truncated: 1000,
  hang: 6000, reset: 1000,
};

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

let issuer;
before(async () => {
  issuer = await startIssuer({ assertions: 'reusable' });
  await issuer.eventSettings({ latency: 40 });
});
after(() => issuer?.stop());

class Model {
  ended = new Map(); // token → when
  cuts = []; // [begin, end] in which the feed need not be up

  // Until when the token may be let in.
  limitOf(token) {
    const ended = this.ended.get(token);
    if (ended === undefined) return Infinity;
    let limit = ended + kWithin;
    for (const [begin, end] of this.cuts) if (begin <= limit && end + kWithin > limit) limit = end + kWithin;
    return limit;
  }
}

describe('random events', { timeout: 180_000 }, () => {
  it(`let nobody in for longer than the model allows (EVENTS_SEED=${kSeed})`, async () => {
    const random = randomFrom(kSeed);
    const pick = (list) => list[Math.floor(random() * list.length)];
    const model = new Model();
    const wrong = [];
    const counts = { 200: 0, 401: 0, others: 0, events: 0, troubles: 0 };
    await withFeed(issuer, behind['lighttpd, 4 processes'], {}, async ({ api, callers }) => {
      api.server.expected = /child signalled: 9/;
      const tokens = await issuer.mintMany(kTokens);
      const live = [...tokens];
      const end = performance.now() + kTime;

      const line = async () => {
        while (performance.now() < end) {
          const token = pick(tokens);
          const asked = performance.now();
          const { status } = await callers.call('/api/private', { token }).catch(() => ({}));
          counts[status === 200 || status === 401 ? status : 'others'] += 1;
          // What the feed's troubles allow is known when they have ended.
          if (status === 200 && model.ended.has(token)) wrong.push({ token, asked });
          if (status === 401) assert.ok(model.ended.has(token), 'a good token was refused');
        }
      };

      const write = async () => {
        while (performance.now() < end) {
          for (let burst = Math.floor(random() * 4); burst > 0 && live.length > kTokens / 3; burst -= 1) {
            const [token] = live.splice(Math.floor(random() * live.length), 1);
            const late = random() < 0.1 ? Math.floor(random() * 1500) : 0;
            await issuer.eventSettings({ latency: 40, visibleAfter: late });
            model.ended.set(token, Infinity); // it may be refused from now on
            await issuer.revoke(token);
            model.ended.set(token, performance.now() + late);
          }
          await issuer.eventSettings({ latency: 40 });
          const others = Array.from({ length: Math.floor(random() * 40) }, () => (
            { type: pick(['user.locked', 'user.pat.removed', 'oidc_session.access_token.revoked']) }));
          if (others.length > 0) await issuer.transaction(others);
          counts.events += others.length;
          await sleep(50 + random() * 400);
        }
      };

      const trouble = async () => {
        while (performance.now() < end) {
          await sleep(2 * kWithin + random() * 3000); // the feed is up for a while
          const begin = performance.now();
          counts.troubles += 1;
          const cut = [begin - kWithin, Infinity];
          model.cuts.push(cut);
          if (random() < 0.3) {
            const pids = api.server.programs();
            if (pids.length > 0) signal(pick(pids), 'SIGKILL');
            cut[1] = performance.now() + kTakeover;
          } else {
            const name = pick(Object.keys(troubles));
            await issuer.fault(name, { on: 'events' });
            await sleep(500 + random() * 2500);
            await issuer.clearFaults();
            cut[1] = performance.now() + troubles[name];
          }
          await sleep(cut[1] - performance.now());
        }
      };

      await Promise.all([...Array.from({ length: kLines }, line), write(), trouble()]);
      const tooLate = wrong.filter(({ token, asked }) => asked > model.limitOf(token))
        .map(({ token, asked }) => Math.round(asked - model.ended.get(token)));
      assert.deepEqual(tooLate, [], 'milliseconds from events to 200s');
      assert.ok(counts[200] > 1000 && counts[401] > 100 && counts.troubles > 2, JSON.stringify(counts));
      for (const token of live) {
        const asked = await issuer.introspectionsOf(token);
        assert.ok(asked <= kMostQuestions, `${asked} questions about a token that nothing has ended`);
      }
    });
  });
});
