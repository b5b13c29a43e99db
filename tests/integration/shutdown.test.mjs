// SPDX-License-Identifier: Apache-2.0
// The program ends in good order whatever is under way: tokens being refreshed, new ones being asked about,
// and the store silent or far away. With a sanitizer built in, each try looks for what is used after its end.
//
// SHUTDOWN_TRIES=200 node --test tests/integration/shutdown.test.mjs tries more often than `make check` does.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { numbers } from './support/callers.mjs';
import { FarAway } from './support/far_away.mjs';
import { FastCgiConnection, fastCgiRequest } from './support/fastcgi.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { RedisServer } from './support/redis.mjs';
import { alarms } from './support/servers.mjs';
import { Workspace } from './support/workspace.mjs';

const kTries = Number(process.env.SHUTDOWN_TRIES ?? 6); // with each store
const kAtOnce = 6; // programs
const kTokens = 4; // known ones of each program, and as many new ones
const kLifetime = 1; // second that an answer counts
const kDelay = 150; // milliseconds that the issuer takes for what is under way at the end
const kAway = 10; // milliseconds to the Redis server
const kEndLimit = 10_000; // milliseconds; a sanitizer takes its time
const limit = { timeout: 60_000 + kTries * 5000 };

let issuer;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());

// What each store is: its settings, what happens once the tokens are known, and its end.
const stores = {
  'a file': async () => ({ settings: {} }),
  'a Redis server that falls silent': async () => {
    const redis = await RedisServer.start();
    return { settings: { ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_URL: redis.networkUrl }, begin: () => redis.resume(),
      fail: () => redis.pause(), stop: () => redis.remove() };
  },
  'a Redis server that is silent from the beginning': async () => {
    const redis = await RedisServer.start();
    redis.pause();
    return { settings: { ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_URL: redis.networkUrl }, stop: () => redis.remove() };
  },
  'a Redis server 10 ms away': async () => {
    const redis = await RedisServer.start();
    const way = await FarAway.start(redis.port, kAway);
    const url = redis.networkUrl.replace(`:${redis.port}/`, `:${way.port}/`);
    return { settings: { ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_URL: url },
      stop: async () => {
        await way.stop();
        await redis.remove();
      } };
  },
};

class Program {
  #connections = [];

  static async start(workspace, n) {
    const program = new Program();
    program.socket = workspace.path(`run/${n}.sock`);
    program.process = new Process('systemd-socket-activate', ['--inetd', `--listen=${program.socket}`,
      `--setenv=ZITADEL_ENV_FILE=${workspace.settingsFile}`, workspace.program]);
    await waitFor('the socket', () => /Listening on/.test(program.process.output));
    return program;
  }

  // The answer to a request on a connection of its own.
  async ask(token) {
    const connection = await FastCgiConnection.open(this.socket);
    this.#connections.push(connection);
    connection.send(fastCgiRequest('/private', { token, keep: true }));
    return connection.answer();
  }

  close() {
    for (const connection of this.#connections) connection.close();
  }
}

// Each program knows its tokens; at its end they are being refreshed, and as many are new.
async function tryBatch(workspace, store, signals, random) {
  const known = await issuer.mintMany(kTokens);
  const fresh = await issuer.mintMany(kTokens);
  const programs = [];
  try {
    store.begin?.();
    for (let n = 0; n < signals.length; n += 1) programs.push(await Program.start(workspace, n));
    await Promise.all(programs.flatMap((program) => known.map(async (token) =>
      assert.equal((await program.ask(token)).status, 200))));
    store.fail?.();
    await issuer.fault({ delay: kDelay });
    await sleep(kLifetime * 900);
    await Promise.all(programs.map((program, n) => end(program, [...known, ...fresh], signals[n], random)));
  } finally {
    for (const program of programs) {
      program.close();
      await program.process.stop();
    }
    await issuer.clearFaults();
  }
}

async function end(program, tokens, signal, random) {
  const { process } = program;
  const answers = tokens.map((token) => program.ask(token));
  await sleep(random(2 * kDelay));
  // The log is opened anew, and what else is sent then changes nothing.
  for (let i = random(3); i > 0; i -= 1) process.signal('SIGHUP');
  process.signal(signal);
  if (random(2) === 1) process.signal('SIGHUP');
  const { code, signal: killed } = await process.exit({ timeoutMs: kEndLimit });
  assert.doesNotMatch(process.output, alarms);
  assert.deepEqual({ code, killed }, { code: 0, killed: null }, process.output);
  for (const { status = 'closed' } of await Promise.all(answers)) {
    assert.ok([200, 503, 'closed'].includes(status), `${status}`);
  }
}

describe('the program ends in good order with', limit, () => {
  for (const [name, open] of Object.entries(stores)) {
    it(name, limit, async () => {
      const random = numbers(kTries);
      const workspace = new Workspace();
      workspace.installProgram();
      const store = await open();
      try {
        writeSettings(workspace, issuer, { ZITADEL_CACHE_TTL: kLifetime, ZITADEL_LOG_FILE: 'own.log',
          ...store.settings });
        for (let left = kTries; left > 0; left -= kAtOnce) {
          const names = ['SIGTERM', 'SIGUSR1', 'SIGINT'];
          const signals = Array.from({ length: Math.min(left, kAtOnce) }, (_, n) => names[n % names.length]);
          await tryBatch(workspace, store, signals, random);
        }
      } finally {
        await store.stop?.();
        workspace.remove();
      }
    });
  }
});
