// SPDX-License-Identifier: Apache-2.0
// Stopping and restarting: what was handed to the program is answered.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { Callers } from './support/callers.mjs';
import { outcomeOf } from './support/http.mjs';
import { startKeptSocket } from './support/kept_socket.mjs';
import { waitFor } from './support/processes.mjs';

const kLines = 8; // callers at a time, each with one request after the other
const kEndLimit = 5000; // milliseconds from the signal to the end of the program

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

const withApi = (way, settings, use) => useApi(way, issuer, { settings }, use);

// `count` calls, each with a token of its own, all of them waiting for the issuer.
async function callsUnderWay(api, count) {
  const tokens = await issuer.mintMany(count);
  await issuer.resetCounters();
  const calls = tokens.map((token) => api.call('/api/private', { token }));
  await waitFor('the issuer to be asked', async () =>
    (await issuer.counters()).introspections === count);
  return calls;
}

const tally = (answers) => answers.reduce((counts, { status }) =>
  ({ ...counts, [status]: (counts[status] ?? 0) + 1 }), {});

for (const name of ['SIGTERM', 'SIGINT']) {
  describe(`on ${name} the program`, () => {
    it('answers what is under way, takes nothing new and ends within 5 seconds', async () => {
      await withApi('lighttpd/spawn-fcgi.conf', {}, async (api) => {
        await issuer.fault({ delay: 1500 });
        const calls = await callsUnderWay(api, 20);
        const start = Date.now();
        api.program.process.signal(name);
        const answers = await Promise.all(calls);
        await api.program.process.exit({ timeoutMs: kEndLimit });
        assert.ok(Date.now() - start < kEndLimit);
        assert.deepEqual(tally(answers), { 200: 20 });
        // 500: it was not there any more when lighttpd asked, but its socket still was.
        assert.match(String((await api.call('/api/public')).status), /^50[03]$/);
      });
    });

    it('ends within 5 seconds although ZITADEL hangs, and refuses who was waiting', async () => {
      await withApi('lighttpd/spawn-fcgi.conf', { ZITADEL_TIMEOUT_MS: 60_000 }, async (api) => {
        await issuer.fault('hang');
        const calls = await callsUnderWay(api, 5);
        api.program.process.signal(name);
        await api.program.process.exit({ timeoutMs: kEndLimit });
        assert.deepEqual(tally(await Promise.all(calls)), { 503: 5 });
      });
    });

    it('ends at once when nothing is under way', async () => {
      await withApi('lighttpd/spawn-fcgi.conf', {}, async (api) => {
        assert.equal((await api.call('/api/public')).status, 200);
        api.program.process.signal(name);
        await api.program.process.exit({ timeoutMs: 2000 });
      });
    });
  });
}

// Callers one after the other on several lines, each with a token of its own, until stopped.
function startLoad(api, tokens) {
  const results = [];
  let stopped = false;
  const line = async () => {
    while (!stopped && tokens.length > 0) {
      const token = tokens.pop();
      const { status } = await api.call('/api/private', { token, timeoutMs: 15_000 })
        .catch((error) => ({ status: outcomeOf(error) }));
      results.push({ token, status });
    }
  };
  const done = Promise.all(Array.from({ length: kLines }, line));
  return { results, stop: () => { stopped = true; return done; } };
}

// Slow, so that every restart meets requests under way; and counted by the issuer when the question
// arrives, not when it is answered.
function slowAnswer() {
  const body = JSON.stringify({ active: true, sub: 'load', aud: [issuer.projectId] });
  return { delay: 2000, status: 200, headers: { 'content-type': 'application/json' }, body };
}

// mod_fcgid 2.3.9 loses requests of its own at a restart: a late worker of the old Apache waits for
// the old process manager, which has ended, or hands a request to a process that is ending. Then the
// program has not got it, and has not asked the issuer about its token.
async function wasNeverHandedOver(way, { token }) {
  return way === 'apache/mod_fcgid.conf' && await issuer.introspectionsOf(token) === 0;
}

// What SIGUSR1 does to each server, and the line it writes whenever it is up again.
const lighttpdReload = { what: 'a reload of lighttpd', line: /server started/g };
const apacheRestart = { what: 'a graceful restart of Apache', line: /resuming normal operations/g };
const graceful = {
  'lighttpd/fastcgi.conf': lighttpdReload,
  'lighttpd/spawn-fcgi.conf': lighttpdReload,
  'apache/mod_fcgid.conf': apacheRestart,
  'apache/proxy_fcgi.conf': apacheRestart,
};

// Restarts the server and waits until it is up again, and its old programs have ended.
async function restart(way, { server }) {
  const { line } = graceful[way];
  const starts = () => server.log().match(line).length;
  const before = starts();
  const programs = server.programs();
  server.process.signal('SIGUSR1');
  await waitFor('the server to be up again', () => starts() > before, { timeoutMs: 20_000 });
  await waitFor('the old programs to end', () =>
    server.programs().every((pid) => !programs.includes(pid)), { timeoutMs: 20_000 });
}

describe('under load', () => {
  for (const [way, { what }] of Object.entries(graceful)) {
    it(`${what} behind ${way} loses no request that was handed over`, async () => {
      await withApi(way, {}, async (api) => {
        await issuer.fault(slowAnswer());
        const load = startLoad(api, await issuer.mintMany(1000));
        for (let round = 1; round <= 2; ++round) {
          await waitFor('every caller to wait for the issuer', async () =>
            (await issuer.counters()).inFlight === kLines, { timeoutMs: 30_000 });
          await restart(way, api);
        }
        await load.stop();
        const unserved = load.results.filter(({ status }) => status !== 200);
        for (const result of unserved) {
          assert.ok(await wasNeverHandedOver(way, result), JSON.stringify(tally(load.results)));
        }
      });
    });
  }
});

// Apache keeps its connections to the program; the program ends under them and another one takes its
// place on the same socket, as `systemctl restart` does it.
describe('restarts of the program under apache/proxy_fcgi.conf', () => {
  const kCallers = 24;
  const kRestarts = 5;

  const onKeptSocket = (use) => useApi('apache/proxy_fcgi.conf', issuer, {
    startProgram: (workspace) => startKeptSocket(workspace,
      [`ZITADEL_ENV_FILE=${workspace.settingsFile}`]),
  }, use);

  // Callers with a known token, of whom a third sends a body that nobody reads, until stopped. Gives the
  // statuses with their counts.
  function startCallers(api, token) {
    const group = new Callers(api, { most: kCallers });
    const results = [];
    let stopped = false;
    const line = async (_, i) => {
      const upload = i % 3 === 0 && { method: 'POST', body: 'x'.repeat(10_000 * (i + 1)) };
      while (!stopped) {
        results.push(await group.call('/api/private', { token, ...upload })
          .catch((error) => ({ status: outcomeOf(error) })));
      }
    };
    const done = Promise.all(Array.from({ length: kCallers }, line)).finally(() => group.close());
    return { results, stop: async () => { stopped = true; await done; return tally(results); } };
  }

  // counts: how often which status was given to the callers; slow: to a call at each restart that waits
  // for the issuer just then.
  const afterRestarts = (signalName) => onKeptSocket(async (api) => {
    const token = await issuer.mint();
    assert.equal((await api.call('/api/private', { token })).status, 200);
    await issuer.fault({ delay: 1000 });
    const slow = [];
    const callers = startCallers(api, token);
    try {
      for (let i = 0; i < kRestarts; ++i) {
        const before = callers.results.length;
        await waitFor('every caller to be answered again', () =>
          callers.results.length > before + 10 * kCallers, { timeoutMs: 20_000 });
        const [call] = await callsUnderWay(api, 1);
        slow.push(call.catch((error) => ({ status: outcomeOf(error) })));
        await api.program.restart(signalName);
      }
    } finally {
      await callers.stop();
    }
    return { counts: await callers.stop(), slow: tally(await Promise.all(slow)), ends: api.program.ends(), log: api.server.log() };
  });

  // Apache looks whether a connection is still there, builds the request, and then writes it piece by piece.
  // Where the program ends meanwhile, which takes a busy machine, a piece cannot be written.
  const unwritten = (log) => log.match(
    /\(32\)Broken pipe: .*(AH0107[34]: Failed writing|AH01075: .* \(sending stdin\))/gi) ?? [];

  it('lose no request on SIGTERM that was handed over', async () => {
    const { counts: { 200: right, 405: refused, 503: unserved = 0, ...others }, slow, ends, log } =
      await afterRestarts('SIGTERM');
    assert.deepEqual(slow, { 200: kRestarts });
    assert.deepEqual(others, {});
    assert.ok(right > 0 && refused > 0);
    assert.equal(unserved, unwritten(log).length, log.match(/^.*:error\].*$/gm)?.join('\n'));
    assert.deepEqual(ends.slice(0, kRestarts), Array(kRestarts).fill(0));
  });

  it('lose on SIGKILL what is under way, and nothing later', async () => {
    const { counts, slow } = await afterRestarts('SIGKILL');
    assert.deepEqual(slow, { 503: kRestarts });
    // An answer that was on its way ends in the middle, or Apache's own of 503 follows in it.
    const { 200: right, 405: refused, 503: unserved = 0, 'broken off': broken = 0, ...others } = counts;
    const lost = unserved + broken;
    const text = JSON.stringify(counts);
    assert.deepEqual(others, {}, text);
    assert.ok(right > 0 && refused > 0 && lost <= kRestarts * kCallers, text);
  });
});
