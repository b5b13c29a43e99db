// SPDX-License-Identifier: Apache-2.0
// What is measured, one function each; a sample is taken in every round.
import { execFile } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { statOf } from '../../integration/support/processes.mjs';
import { buildFolder } from '../../integration/support/workspace.mjs';
import { delaySeconds } from './nginx_issuer.mjs';
import { h2load, wrk } from './wrk.mjs';

const run = promisify(execFile);
const program = (name) => join(buildFolder, 'bench', name);
const url = (api) => api.server.url('/api/private');

const kSlowSeconds = 10;

let names = 0;
const newName = () => `bench${process.pid}-${names += 1}`;

// Of the program behind lighttpd, and of lighttpd itself, in microseconds.
function worked(api) {
  const [pid] = api.server.programs();
  return [pid, api.server.process.pid].map((each) => statOf(each).worked * 1e6);
}

async function loadKnown(api) {
  const before = worked(api);
  const result = await wrk(url(api), { callers: 32, seconds: 1, load: ['known', 'known'] });
  const [own, lighttpd] = worked(api).map((time, i) => time - before[i]);
  return { answers: result.answers, seconds: result.seconds, own, lighttpd };
}

// In short turns: what else the machine does then concerns both alike.
async function inTurns(apis) {
  const sums = new Map(apis.map((api) => [api, { answers: 0, seconds: 0, own: 0, lighttpd: 0 }]));
  for (let turn = 0; turn < 4; turn += 1) {
    for (const [api, sum] of sums) {
      for (const [name, value] of Object.entries(await loadKnown(api))) sum[name] += value;
    }
  }
  return [...sums.values()].map(({ answers, seconds, own, lighttpd }) =>
    ({ rate: answers / seconds, own: own / answers, lighttpd: lighttpd / answers }));
}

export async function knownAgainstFloor({ floor, instant1 }) {
  const [plain, known] = await inTurns([floor, instant1]);
  return { floor: plain, known };
}

export async function watchedAgainstPlain({ plain, watched, what }) {
  const [without, with_] = await inTurns([plain, watched]);
  return { without, with: with_, what };
}

// The program's processor time, in seconds for 1,000 new tokens; the issuer answers at once.
export async function workOfNewTokens(api) {
  const [before] = worked(api);
  const { answers, errors } = await wrk(url(api),
    { callers: 32, seconds: 5, load: ['new', newName()] });
  const [after] = worked(api);
  return { work: (after - before) / answers / 1e3, errors };
}

// New tokens a second, of the machine with a Redis server that is far away and of the one without; in turns.
// So many callers that what each of them waits for does not bound the rate.
export async function newTokensOverRedis({ near, far, milliseconds }) {
  const answers = { near: 0, far: 0 };
  let errors = 0;
  for (let turn = 0; turn < 3; turn += 1) {
    for (const [name, api] of Object.entries({ near, far })) {
      const result = await wrk(url(api), { callers: 400, seconds: 2, load: ['new', newName()] });
      answers[name] += result.rate / 3;
      errors += result.errors;
    }
  }
  return { ...answers, errors, milliseconds };
}

// Callers with a new token each time, while each question takes 0.8 s.
export async function newTokens(api, issuer, protocol, callers) {
  await issuer.asked(protocol);
  const result = await wrk(url(api), { callers, seconds: kSlowSeconds, load: ['new', newName()] });
  const { connections } = await issuer.asked(protocol);
  return { ...result, connections, share: result.rate / (callers / delaySeconds) };
}

const paced = (api) => wrk(url(api), { callers: 8, seconds: 3, threads: 1,
  load: ['paced', 'known', 'known'] });

// The p99 of a known token: idle, while 2,000 callers wait for new ones, while the issuer hangs.
export async function latencies(api, issuer) {
  await wrk(url(api), { callers: 1, seconds: 1, load: ['known', 'known'] });
  const idle = await paced(api);
  const waiting = wrk(url(api), { callers: 2000, seconds: 11, load: ['new', newName()] });
  try {
    await sleep(3000);
    const busy = await paced(api);
    issuer.hang();
    await sleep(200); // what was answered already arrives
    const hung = await paced(api);
    return { idle: idle.p99, busy: busy.p99, hung: hung.p99,
      errors: idle.errors + busy.errors + hung.errors };
  } finally {
    issuer.goOn();
    await waiting;
  }
}

export async function oneNewToken(api, issuer, protocol) {
  await issuer.asked(protocol);
  const result = await wrk(url(api), { callers: 1000, seconds: 2, load: ['known', newName()] });
  return { ...await issuer.asked(protocol), errors: result.errors };
}

export async function sixteenCallers(api, issuer, protocol) {
  await issuer.asked(protocol);
  const { errors } = await wrk(url(api), { callers: 16, seconds: 20, threads: 2,
    load: ['new', newName(), 5000] });
  return { ...await issuer.asked(protocol), errors };
}

// Against the bare question, asked by the same load generator.
export async function addedByNewToken(api, issuer) {
  const one = { callers: 1, seconds: 2 };
  const form = 1200; // bytes, what a question with an assertion takes
  const bare = await wrk(`${issuer.issuers.http1}/oauth/v2/introspect`,
    { ...one, load: ['post', form] });
  const asked = await wrk(url(api), { ...one, load: ['new', newName()] });
  return { bare: bare.p50, added: asked.p50 - bare.p50, errors: bare.errors + asked.errors };
}

export async function memory() {
  const [allocated, resident] = (await run(program('cache_memory'))).stdout.split('\t').map(Number);
  return { allocated, resident };
}

export async function authorizeKnown() {
  const { stdout } = await run(program('cached_token'));
  return stdout.trim().split('\n').map((line) => {
    const [elapsed, busy, what] = line.split('\t');
    return { elapsed: Number(elapsed), worked: Number(busy), what };
  });
}

// With a token that has to be asked about.
export async function firstAnswer(issuer) {
  const { issuer: domain, projectId, files } = issuer.of('http1');
  const env = { PATH: process.env.PATH, ZITADEL_DOMAIN: domain, ZITADEL_PROJECT_ID: projectId,
    API_PRIVATE_KEY_FILE_PATH: files['api-key'] };
  return Number((await run(program('first_answer'), [join(buildFolder, 'api.fcgi'), newName()],
    { env, cwd: '/' })).stdout);
}

// A token that is in the shared cache, under plain CGI: the program as it is built, and as it is
// uploaded to a shared host, against a program that does nothing. In microseconds. All are copies,
// as installed ones are: the system maps what the linker has written more slowly.
export async function plainCgi(issuer) {
  const { issuer: domain, projectId, files } = issuer.of('http1');
  const env = { PATH: process.env.PATH, ZITADEL_DOMAIN: domain, ZITADEL_PROJECT_ID: projectId,
    API_PRIVATE_KEY_FILE_PATH: files['api-key'], ZITADEL_CACHE_TTL: '3600',
    ZITADEL_CACHE_DIR: issuer.workspace.path('cgi-cache'), REQUEST_METHOD: 'GET',
    SCRIPT_NAME: '/api', PATH_INFO: '/private', HTTP_AUTHORIZATION: 'Bearer known' };
  const copies = ['bench/nothing', 'api.fcgi', 'portable/api.fcgi'].map((name) => {
    const copy = issuer.workspace.path(`lib/${name.replace('/', '-')}`);
    copyFileSync(join(buildFolder, name), copy);
    return copy;
  });
  const { stdout } = await run(program('plain_cgi'), copies, { env, cwd: '/' });
  const [nothing, usual, portable] = stdout.trim().split('\n').map(Number);
  return { nothing, usual, portable };
}

// The I/O thread's longest pauses while answers of 1 MB arrive, in milliseconds.
export async function ioPauses() {
  const { stdout } = await run(program('io_pause'));
  return stdout.trim().split('\n').map((line) => {
    const [elapsed, busy, what] = line.split('\t');
    return { elapsed: Number(elapsed), worked: Number(busy), what };
  });
}

export async function sharedHit(issuer) {
  const folder = issuer.workspace.path('hit-cache');
  rmSync(folder, { recursive: true, force: true });
  return Number((await run(program('shared_hit'), [folder])).stdout);
}

// The issuer alone, loaded directly: more than any measurement above asks of it.
export async function issuerAlone(issuer) {
  const { http1, http2 } = issuer.issuers;
  const form = issuer.workspace.write('etc/form', 'x'.repeat(1200));
  const post = ['post', 1200];
  return {
    atOnce1: (await wrk(`${http1}/oauth/v2/introspect`, { callers: 16, seconds: 3, load: post })).rate,
    atOnce2: (await h2load(`${http2}/oauth/v2/introspect`,
      { connections: 1, streams: 16, seconds: 3, file: form })).rate,
    slow1: (await wrk(`${http1}/slow`, { callers: 400, seconds: kSlowSeconds, load: post })).rate,
    slow2: (await h2load(`${http2}/slow`,
      { connections: 8, streams: 250, seconds: kSlowSeconds, file: form })).rate,
  };
}
