// SPDX-License-Identifier: Apache-2.0
// What callers and the operator get while ZITADEL, the way to it, this API's key or the clock is at
// fault, and how soon all is well again. The table of faults in docs/operations.md is made of these results.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { MovedClock } from './support/moved_clock.mjs';
import { Population } from './support/population.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { checkTable } from './support/documented_table.mjs';
import { Workspace } from './support/workspace.mjs';

const way = 'lighttpd/fastcgi.conf';
const kConnectTimeout = 700; // milliseconds
const kTimeout = 1000;
const kTrialInterval = 1000; // auth/breaker.h
const kSlack = 4000; // of a machine with much else to do
const kRequests = 960; // of each fault
const kRequestsInAll = 10_000;

let issuer;
const rows = [];
let requests = 0;
before(async () => { issuer = await startIssuer({ tls: true, assertions: 'reusable' }); });
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

// Something else on the issuer's port while it does not listen there.
async function inItsPlace(start) {
  await issuer.closeListener();
  const end = await start({ host: '127.0.0.1', port: Number(new URL(issuer.issuer).port) });
  return async () => {
    await end();
    await issuer.openListener();
  };
}

// A server of ours; its connections end with it.
function serve(server) {
  return async (where) => {
    const sockets = new Set();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    });
    await new Promise((resolve) => { server.listen(where, resolve); });
    return async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => { server.close(resolve); });
    };
  };
}

// A listener whose queue is full: the system answers no further SYN.
async function listenWithoutAccepting(where) {
  const code = `require('net').createServer().listen({ ...${JSON.stringify(where)}, backlog: 1 },
    () => { console.log('ready'); process.kill(process.pid, 'SIGSTOP'); });`;
  const listener = new Process(process.execPath, ['-e', code]);
  const sockets = [];
  await waitFor('the listener', () => listener.output.includes('ready'));
  const connects = () => new Promise((resolve) => {
    const socket = net.connect(where).on('error', () => {});
    sockets.push(socket);
    socket.once('connect', () => resolve(true)).setTimeout(300, () => resolve(false));
  });
  await waitFor('the queue to be full', async () => !await connects());
  return async () => {
    for (const socket of sockets) socket.destroy();
    listener.signal('SIGKILL');
    await listener.exit();
  };
}

// With a certificate that ended yesterday, from the authority that the API trusts.
function expiredServer() {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: issuer.dir, stdio: 'pipe' });
  openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem',
    '-CAcreateserial', '-days', '-1', '-extfile', 'openssl.cnf', '-extensions', 'server',
    '-out', 'expired.pem');
  const read = (name) => readFileSync(join(issuer.dir, name));
  const server = https.createServer({ cert: read('expired.pem'), key: read('server-key.pem') });
  return server.on('tlsClientError', () => {});
}

async function deleteKey() {
  const { keyId } = issuer.readFile('api-key');
  await issuer.deleteKey(keyId);
  return () => issuer.restoreKey(keyId);
}

const ordered = (...fault) => async () => {
  await issuer.fault(...fault);
  return () => issuer.clearFaults();
};

const soon = { text: 'within 1 s', ms: kTrialInterval };
// A trial may share a connection that is still being made.
const afterConnecting = { text: 'within 1 s and `ZITADEL_CONNECT_TIMEOUT_MS`',
  ms: kTrialInterval + kConnectTimeout };
const noAnswer = { known: '200', fresh: '503', again: soon };

// begin: brings the fault about and gives what ends it. line: what the log says then. known, fresh:
// what the callers get.
const faults = {
  'ZITADEL refuses connections': { ...noAnswer, line: /warn: (ZITADEL cannot be reached)/,
    begin: () => inItsPlace(() => () => {}) },
  'ZITADEL takes no connection': { ...noAnswer, again: afterConnecting,
    line: /warn: (ZITADEL did not answer in time: while connecting)/,
    begin: () => inItsPlace(listenWithoutAccepting) },
  'ZITADEL hangs in the TLS handshake': { ...noAnswer, again: afterConnecting,
    line: /warn: (ZITADEL did not answer in time: connected, but TLS was not set up)/,
    begin: () => inItsPlace(serve(net.createServer())) },
  'ZITADEL hangs before its answer': { ...noAnswer, begin: ordered('hang'),
    line: /warn: (ZITADEL did not answer in time: the question was sent, no answer came)/ },
  'ZITADEL hangs in the middle of its answer': { ...noAnswer, begin: ordered('hang-body'),
    line: /warn: (ZITADEL's answer began and did not come to its end in time)/ },
  'ZITADEL answers 500': { ...noAnswer, begin: ordered('server-error'),
    line: /warn: (ZITADEL answered with a server error \(5xx\))/ },
  'ZITADEL resets the connection in the middle of its answer': { ...noAnswer,
    begin: ordered('reset'), line: /warn: (ZITADEL's answer ended too early)/ },
  'ZITADEL\'s certificate has expired': { ...noAnswer,
    line: /warn: (the TLS connection to ZITADEL was refused: .*certificate has expired)/,
    begin: () => inItsPlace(serve(expiredServer())) },
  'the API\'s key is deleted, or has expired': { ...noAnswer, begin: deleteKey,
    line: /error: (ZITADEL refused this API's own credentials: key id \d+ was refused)/ },
};

async function withApi(options, use) {
  return useApi(way, issuer, {
    ...options,
    prepare: (workspace) => {
      workspace.write('etc/ca.pem', readFileSync(issuer.files.ca));
      options.prepare?.(workspace);
    },
    settings: (workspace) => ({ ZITADEL_CA_FILE: workspace.path('etc/ca.pem'),
      ZITADEL_CONNECT_TIMEOUT_MS: kConnectTimeout, ZITADEL_TIMEOUT_MS: kTimeout,
      ...options.settings }),
  }, use);
}

const populationOf = () => Population.of(issuer, Math.ceil(kRequests / 12));

// The log has a line a second of each sort: what is looked for may be of a later question.
const lineOf = (api, line) => waitFor(`${line} in the log`, async () => {
  await api.call('/api/private', { token: randomUUID() });
  return api.log().match(line);
});

// Fires requests of every kind and writes down what they and the operator got.
async function observe(what, api, population,
  { known, fresh, line, again, kinds = ['new', 'newJwt'] }) {
  await population.callAll(api, kRequests);
  requests += population.requests;
  assert.equal(population.letIn, 0, JSON.stringify(population.counts));
  if (known !== undefined) assert.equal(population.outcomes('known'), known);
  assert.equal(population.outcomes(...kinds), fresh);
  const said = line === undefined ? undefined : (await lineOf(api, line))[1];
  rows.push([what, known ?? '-', fresh, population.badOutcomes,
    said === undefined ? 'nothing' : `\`${said.replace(/\d{2,}/g, 'N')}\``, again.text]);
}

async function isGoodAgain(api, { ms }) {
  const begin = performance.now();
  const token = await issuer.mint();
  await waitFor('new tokens to be let in', async () =>
    (await api.call('/api/private-scoped', { token })).status === 200, { timeoutMs: ms + kSlack });
  assert.ok(performance.now() - begin < ms + kSlack);
}

describe('while', { timeout: 300_000 }, () => {
  for (const [what, fault] of Object.entries(faults)) {
    it(`${what}, nobody is let in who must not be`, async () => {
      await withApi({}, async (api) => {
        const population = await populationOf();
        await population.makeKnown(api);
        const end = await fault.begin();
        try {
          await observe(what, api, population, fault);
        } finally {
          await end();
        }
        await isGoodAgain(api, fault.again);
      });
    });
  }

  it('ZITADEL\'s name does not resolve, nobody is let in', async () => {
    // A label of more than 63 characters: no name server has to be asked (RFC 1035 §2.3.4).
    const name = `${'x'.repeat(64)}.invalid`;
    await withApi({ settings: { ZITADEL_DOMAIN: `https://${name}` } }, async (api) => {
      const population = await populationOf();
      await observe('ZITADEL\'s name does not resolve', api, population, { fresh: '503',
        line: /warn: (ZITADEL cannot be reached: Could not resolve host)/,
        again: soon, kinds: ['new'] });
      assert.equal(population.outcomes('known'), '503');
      // The JWTs name the issuer that is there: to this API they are another's, and no question.
      assert.equal(population.outcomes('newJwt'), '401');
    });
  });

  const clocks = {
    'the machine\'s clock is 10 minutes ahead': { seconds: 600, fresh: '503', again: soon,
      line: /error: .*(this machine's clock is \d+ seconds ahead of ZITADEL's: set it right)/ },
    'the machine\'s clock is 10 minutes behind': { seconds: -600, fresh: '503', again: soon,
      line: /error: (this machine's clock is wrong: it is \d+ seconds behind ZITADEL's: set it right)/ },
  };
  for (const [what, { seconds, ...expected }] of Object.entries(clocks)) {
    it(`${what}, nobody is let in who must not be`, async () => {
      const folder = new Workspace();
      const clock = new MovedClock(folder, seconds);
      const variables = Object.entries(clock.environment).map(([name, value]) =>
        `"${name}" => "${value}", `);
      const environment = '"bin-environment" => ( ';
      const replacements = [[environment, environment + variables.join('')]];
      await withApi({ replacements }, async (api) => {
        const population = await populationOf();
        await observe(what, api, population, expected);
        clock.set(0);
        await isGoodAgain(api, expected.again);
      }).finally(() => folder.remove());
    });
  }

  it(`all of this together was tried with at least ${kRequestsInAll} requests`, () => {
    assert.ok(requests >= kRequestsInAll, String(requests));
    checkTable('faults', ['what is wrong', 'a token in use', 'a new token',
      'none, or one that is no good', 'the log says', 'well again'], rows);
  });
});
