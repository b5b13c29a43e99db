// SPDX-License-Identifier: Apache-2.0
// What the feed of ZITADEL's events brings and costs: how soon the last process refuses what has ended, how
// fast known tokens are, and how often ZITADEL is asked.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { startApi } from '../../integration/support/api.mjs';
import { Callers } from '../../integration/support/callers.mjs';
import { fleets } from '../../integration/support/fleets.mjs';
import { RedisServer } from '../../integration/support/redis.mjs';
import { startIssuer } from '../../issuer/client.mjs';
import { wrk } from './wrk.mjs';

const path = '/api/private';
const kLatency = 40; // milliseconds of a search, as ZITADEL's
const kEvents = 60; // of each kind in each round
const kLines = 8; // callers at once
const kTurns = 24; // of a second each, with the feed and without
const kHour = 3600;
const kAskedSeconds = 600;

export const intervals = [1000, 200]; // milliseconds
export const places = ['8 mod_fcgid processes', 'two machines over Redis'];

const quiet = { ZITADEL_LOG_LEVEL: undefined };
const withFeed = (issuer, more) => (workspace) => ({
  ...quiet,
  ZITADEL_EVENTS_TOKEN_FILE:
    workspace.write('etc/events', readFileSync(issuer.files['iam-owner-viewer-token'], 'utf8')),
  ...more,
});

// start: notes what is to be stopped in the end, and gives it.
export async function startEvents(start) {
  const issuer = await start(startIssuer({ assertions: 'reusable' }));
  await issuer.eventSettings({ latency: kLatency });
  const redis = await RedisServer.start();
  await start({ stop: () => redis.remove() });
  const fleet = fleets['mod_fcgid with 8 processes'];
  const fcgid = (interval, more) =>
    start(fleet.start(issuer, withFeed(issuer, { ZITADEL_EVENTS_INTERVAL_MS: interval, ...more })));
  const lighttpd = (settings) => start(startApi('lighttpd/fastcgi.conf', issuer, { settings }));
  return {
    issuer,
    apisAt: async (place, interval) => {
      if (place === places[0]) return [await fcgid(interval)];
      const shared = { ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_URL: `${redis.networkUrl.slice(0, -1)}${interval / 200}` };
      return [await fcgid(interval, shared), await fcgid(interval, shared)];
    },
    on: (more) => lighttpd(withFeed(issuer, more)),
    off: (more) => lighttpd({ ...quiet, ...more }),
  };
}

// Calls with the tokens that have just ended, one after the other, until it is over. No more at once than
// there are processes: mod_fcgid lets who comes beyond that wait for a second.
async function watch(callers, ended, isOver) {
  for (let turn = 0; !isOver(); turn += 1) {
    const tokens = [...ended.keys()];
    if (tokens.length === 0) {
      await sleep(5);
      continue;
    }
    const token = tokens[turn % tokens.length];
    const times = ended.get(token);
    const asked = performance.now() - times.begin;
    const { status } = await callers.call(path, { token });
    if (status === 200) times.last = Math.max(times.last, asked);
  }
}

// Of events at random moments of the feed's turn: how many milliseconds after the order to revoke the last
// 200 was asked for.
export async function eventToLast200({ issuer, apisAt }, place, interval) {
  const apis = await apisAt(place, interval);
  const callers = apis.map((api) => new Callers(api, { most: kLines }));
  const ended = new Map(); // token → { begin, last }
  let isOver = false;
  const watching = callers.flatMap((each) =>
    Array.from({ length: kLines - 1 }, () => watch(each, ended, () => isOver)));
  const all = [];
  try {
    await sleep(3000);
    for (const token of await issuer.mintMany(kEvents)) {
      await Promise.all(callers.map((each) => each.callAll(path, Array(4 * kLines).fill(token))));
      await sleep(Math.random() * interval * 0.4);
      const times = { begin: performance.now(), last: 0 };
      all.push(times);
      ended.set(token, times);
      await issuer.revoke(token);
      setTimeout(() => ended.delete(token), interval + 700);
    }
    await sleep(interval + 700);
  } finally {
    isOver = true;
    await Promise.all(watching);
    callers.forEach((each) => each.close());
    for (const api of apis) await api.stop();
  }
  return all.map(({ last }) => last);
}

// Answers a second with a known token, with the feed and without, in short turns.
export async function knownWithFeed({ issuer, on, off }) {
  const token = await issuer.mint({ kind: 'jwt' }); // load.lua would lengthen another one
  const apis = [await on(), await off()];
  const rates = [[], []];
  for (let turn = 0; turn <= kTurns; turn += 1) {
    for (const n of turn % 2 === 0 ? [0, 1] : [1, 0]) {
      const { rate, errors } = await wrk(apis[n].server.url(path), { callers: 32, seconds: 1, load: ['known', token] });
      if (errors > 0) throw new Error(`${errors} calls with a known token have failed`);
      if (turn > 0) rates[n].push(rate);
    }
  }
  for (const api of apis) await api.stop();
  return { on: rates[0], off: rates[1] };
}

// Questions about a token in constant use, in an hour: 300 seconds' answers with the feed, 30 without.
export async function questions({ issuer, on, off }) {
  const asked = async (start, ttl) => {
    const api = await start({ ZITADEL_CACHE_TTL: ttl });
    await api.call('/api/public');
    await sleep(2000); // the feed's first poll ends what was known before
    const callers = new Callers(api);
    const [token] = await issuer.mintMany(1);
    const end = Date.now() + kAskedSeconds * 1000;
    while (Date.now() < end) {
      await callers.call(path, { token });
      await sleep(500);
    }
    callers.close();
    await api.stop();
    const again = await issuer.introspectionsOf(token) - 1; // after the first one
    return (again * kHour) / kAskedSeconds;
  };
  const [withFeedOn, without] = await Promise.all([asked(on, 300), asked(off, 30)]);
  return { on: withFeedOn, off: without };
}

const percentile = (numbers, share) => [...numbers].sort((a, b) => a - b)[Math.ceil(numbers.length * share) - 1];

// samples: of each round.
export function eventRowsOf({ events, knownFeed, questionsFeed }, median) {
  const targets = { 1000: 1200, 200: 300 };
  const latencies = places.flatMap((place) => intervals.map((interval) => {
    const all = events.flatMap((sample) => sample[place][interval]);
    const [p50, p99] = [0.5, 0.99].map((share) => percentile(all, share));
    return {
      what: `event to last 200, ${place}, every ${interval} ms: p99`, target: `< ${targets[interval]} ms`,
      reached: `${Math.round(p99)} ms (p50 ${Math.round(p50)} ms, ${all.length} events)`, good: p99 < targets[interval],
    };
  }));
  const [on, off] = ['on', 'off'].map((name) => median(knownFeed.flatMap((sample) => sample[name])));
  const pairs = knownFeed.flatMap((sample) => sample.on.map((rate, n) => rate / sample.off[n]));
  const ratio = median(pairs);
  const [low, high] = [0.25, 0.75].map((share) => percentile(pairs, share));
  const [asked] = questionsFeed;
  return [
    ...latencies,
    { what: 'known token, requests/s: with the feed against without', target: '>= 0.99',
      reached: `${ratio.toFixed(3)} (${Math.round(on)}/s against ${Math.round(off)}/s; half of the ${pairs.length} pairs between ${low.toFixed(2)} and ${high.toFixed(2)})`,
      good: ratio >= 0.99 },
    { what: 'questions about a token in constant use, an hour: with the feed against without', target: '<= 0.1 times',
      reached: `${asked.on} against ${asked.off} (in ${kAskedSeconds} s)`, good: asked.on <= 0.1 * asked.off },
  ];
}
