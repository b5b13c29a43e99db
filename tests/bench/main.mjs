// SPDX-License-Identifier: Apache-2.0
// Measures the program against its floor and its targets, in one run, and prints one table.
//
// usage: make bench [BENCH_ROUNDS=n] [BENCH_ONLY=api|guards|events|watched|redis]     5 rounds take about 20 minutes
//
// api: the API behind lighttpd, and its parts. guards: a static file that a web server protects, and an
// endpoint behind Apache. events: the feed of ZITADEL's events. watched: known tokens with all that
// watches the program on, against off. redis: new tokens with a Redis server far away, against without.
// A figure is the median of the rounds; in each round everything is measured once. Missing a target
// fails nothing. Exit status 1 only where something could not be measured at all.
import assert from 'node:assert/strict';
import os from 'node:os';

import { startFarRedis, startFloor, startProgram, startWatched } from './lib/apis.mjs';
import * as feed from './lib/events.mjs';
import { guardedFile, startGuards } from './lib/guards.mjs';
import * as measure from './lib/measurements.mjs';
import { startNginxIssuer } from './lib/nginx_issuer.mjs';
import { guardRowsOf, redisRowOf, rowsOf, watchedRowOf } from './lib/rows.mjs';
import { median, table } from './lib/table.mjs';

const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const only = process.env.BENCH_ONLY || 'api guards events watched redis';
if (!/\b(api|guards|events|watched|redis)\b/.test(only)) {
  throw new Error('BENCH_ONLY is none of api, guards, events, watched and redis');
}
const started = [];

async function start(part) {
  started.unshift(await part);
  return started[0];
}

async function startApis(issuer) {
  const slow = (protocol) => ({ ZITADEL_INTROSPECTION_URL: issuer.slowUrl(protocol) });
  const apis = {
    floor: await start(startFloor(issuer)),
    instant1: await start(startProgram(issuer, 'http1')),
    instant2: await start(startProgram(issuer, 'http2')),
    slow1: await start(startProgram(issuer, 'http1', slow('http1'))),
    slow2: await start(startProgram(issuer, 'http2', slow('http2'))),
  };
  await compareAnswers(apis);
  return apis;
}

async function eventsAt(parts) {
  const sample = {};
  for (const place of feed.places) {
    sample[place] = {};
    for (const interval of feed.intervals) {
      sample[place][interval] = await feed.eventToLast200(parts, place, interval);
    }
  }
  return sample;
}

// The floor has to send what the program sends.
async function compareAnswers({ floor, instant1 }) {
  const [plain, guarded] = await Promise.all([floor, instant1].map(async (api) => {
    const { status, headers, body } = await api.call('/api/private', { token: 'known' });
    return { status, headers: { ...headers, date: undefined, 'x-request-id': undefined }, body };
  }));
  assert.deepEqual(guarded, plain);
}

function measurementsOf(issuer, apis) {
  const { instant1, instant2, slow1, slow2 } = apis;
  return {
    known: () => measure.knownAgainstFloor(apis),
    work1: () => measure.workOfNewTokens(instant1),
    work2: () => measure.workOfNewTokens(instant2),
    ioPauses: () => measure.ioPauses(),
    new400http1: () => measure.newTokens(slow1, issuer, 'http1', 400),
    new400http2: () => measure.newTokens(slow2, issuer, 'http2', 400),
    new2000http2: () => measure.newTokens(slow2, issuer, 'http2', 2000),
    latencies: () => measure.latencies(slow2, issuer),
    oneToken: () => measure.oneNewToken(slow2, issuer, 'http2'),
    sixteen1: () => measure.sixteenCallers(instant1, issuer, 'http1'),
    sixteen2: () => measure.sixteenCallers(instant2, issuer, 'http2'),
    added: () => measure.addedByNewToken(instant1, issuer),
    memory: () => measure.memory(),
    authorize: () => measure.authorizeKnown(),
    firstAnswer: () => measure.firstAnswer(issuer),
    plainCgi: () => measure.plainCgi(issuer),
    sharedHit: () => measure.sharedHit(issuer),
    issuerAlone: (round) => (round === 0 ? measure.issuerAlone(issuer) : undefined),
  };
}

async function takeSamples(measurements) {
  const samples = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, sample] of Object.entries(measurements)) {
      process.stderr.write(`\rbench: round ${round + 1} of ${rounds}: ${name.padEnd(20)}`);
      const value = await sample(round);
      if (value !== undefined) (samples[name] ??= []).push(value);
    }
  }
  process.stderr.write('\r'.padEnd(60) + '\r');
  return samples;
}

function machine() {
  const [{ model }] = os.cpus();
  return `${os.cpus().length} cores (${model}), load average before: ` +
    `${os.loadavg()[0].toFixed(1)}; medians of ${rounds} rounds`;
}

try {
  const heading = machine();
  const issuer = await start(startNginxIssuer());
  const measurements = {};
  if (only.includes('api')) {
    Object.assign(measurements, measurementsOf(issuer, await startApis(issuer)));
  }
  if (only.includes('guards')) {
    const guards = await startGuards(issuer, start);
    measurements.guards = () => guardedFile(guards);
  }
  if (only.includes('events')) {
    const parts = await feed.startEvents(start);
    measurements.events = () => eventsAt(parts);
    measurements.knownFeed = () => feed.knownWithFeed(parts);
    // Ten minutes of a call or two a second, beside everything else.
    const asked = feed.questions(parts);
    asked.catch(() => {}); // it is waited for in the last round
    measurements.questionsFeed = (round) => (round === rounds - 1 ? asked : undefined);
  }
  if (only.includes('watched')) {
    const pair = await startWatched(issuer, start);
    measurements.watched = () => measure.watchedAgainstPlain(pair);
  }
  if (only.includes('redis')) {
    const pair = await startFarRedis(issuer, start);
    measurements.redis = () => measure.newTokensOverRedis(pair);
  }
  const samples = await takeSamples(measurements);
  if (process.env.BENCH_RAW) console.log(JSON.stringify(samples));
  const { rows, notes } = only.includes('api') ? rowsOf(samples, median) : { rows: [], notes: [] };
  if (samples.guards) rows.push(...guardRowsOf(samples.guards, median));
  if (samples.events) rows.push(...feed.eventRowsOf(samples, median));
  if (samples.watched) rows.push(watchedRowOf(samples.watched, median));
  if (samples.redis) rows.push(redisRowOf(samples.redis, median));
  console.log(`${heading}\n\n${table(rows)}\n\n${notes.join('\n')}`);
} finally {
  for (const part of started) await part.stop().catch((error) => console.error(String(error)));
}
