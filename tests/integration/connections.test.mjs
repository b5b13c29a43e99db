// SPDX-License-Identifier: Apache-2.0
// Connections to ZITADEL that go silent, and names that are not resolved or lead elsewhere.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';

const kTimeout = 1000; // milliseconds
const kTrialInterval = 1000; // auth/breaker.h
const kSlack = 1000; // of a machine with much else to do

// Why no program can have names of its own here, or false.
function whyNoNames() {
  if (process.getuid() !== 0) return 'only root can have names of its own';
  const own = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' });
  return own.status !== 0 && `no mount namespace can be had: ${own.stderr}`;
}

// The way to a port of this machine, of which what is open can go silent: nothing comes through any
// more, and nothing is closed.
class Way {
  #sockets = new Set();
  #server = net.createServer((near) => this.#join(near));
  connections = 0;

  static async start(port) {
    const way = new Way();
    way.target = port;
    way.#server.listen(0, '127.0.0.1');
    await once(way.#server, 'listening');
    way.port = way.#server.address().port;
    return way;
  }

  #join(near) {
    this.connections += 1;
    const far = net.connect(this.target, '127.0.0.1');
    for (const socket of [near, far]) this.#sockets.add(socket);
    near.on('data', (bytes) => far.write(bytes)).on('close', () => far.destroy()).on('error', () => {});
    far.on('data', (bytes) => near.write(bytes)).on('close', () => near.destroy()).on('error', () => {});
  }

  silence() {
    for (const socket of this.#sockets) socket.removeAllListeners('data').removeAllListeners('close').resume();
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }
}

describe('connections that go silent', () => {
  for (const tls of [true, false]) {
    it(`cost one deadline at most over ${tls ? 'HTTP/2' : 'HTTP/1.1'}`, async () => {
      const issuer = await startIssuer({ tls, assertions: 'reusable' });
      const way = await Way.start(Number(new URL(issuer.issuer).port));
      try {
        const settings = (workspace) => ({ ZITADEL_TIMEOUT_MS: kTimeout,
          ZITADEL_INTROSPECTION_URL: `http${tls ? 's' : ''}://127.0.0.1:${way.port}/oauth/v2/introspect`,
          ...(tls && { ZITADEL_CA_FILE: workspace.write('etc/ca.pem', readFileSync(issuer.files.ca)) }) });
        await useApi('lighttpd/fastcgi.conf', issuer, { settings }, async (api) => {
          const status = async (token) => (await api.call('/api/private', { token })).status;
          const first = await issuer.mintMany(20);
          assert.deepEqual(new Set(await Promise.all(first.map(status))), new Set([200]));
          const tokens = await issuer.mintMany(100);
          const before = way.connections;
          way.silence();
          const begin = performance.now();
          let lastLost = begin;
          for (const token of tokens) {
            if (await status(token) !== 200) lastLost = performance.now();
            await sleep(30);
          }
          const lost = lastLost - begin;
          assert.ok(lost < kTimeout + kTrialInterval + kSlack, `lost for ${lost} ms`);
          assert.ok(way.connections - before <= 5, `${way.connections - before} new connections`);
        });
      } finally {
        await way.stop();
        await issuer.stop();
      }
    });
  }
});

describe('a name that nobody resolves', { skip: whyNoNames() }, () => {
  const kNameServer = '127.53.75.1';
  let issuer;
  let silent; // takes questions and answers none
  before(async () => {
    issuer = await startIssuer({ host: 'issuer.example', assertions: 'reusable' });
    silent = dgram.createSocket('udp4').bind(53, kNameServer);
    await once(silent, 'listening');
  });
  after(async () => {
    silent?.close();
    await issuer?.stop();
  });

  // Runs `use` with an API that asks ZITADEL at that name, and may have a hosts file of its own.
  async function withName(hosts, use) {
    const settings = { ZITADEL_TIMEOUT_MS: kTimeout, ZITADEL_ALLOW_HTTP: 1 };
    const programReplacements = (workspace) => {
      const files = { hosts, 'resolv.conf': `nameserver ${kNameServer}\n`,
        'nsswitch.conf': 'hosts: files dns\n' };
      const mounts = Object.entries(files).map(([name, text]) =>
        `mount --bind ${workspace.write(`etc/${name}`, text)} /etc/${name}`);
      return [[' spawn-fcgi ', ` unshare --mount --propagation private sh -ec \
'${mounts.join('; ')}; exec spawn-fcgi "$@"' sh `]];
    };
    await useApi('lighttpd/spawn-fcgi.conf', issuer, { settings, programReplacements }, use);
  }

  const timed = async (promise) => {
    const begin = performance.now();
    const value = await promise;
    return [value, performance.now() - begin];
  };

  it('costs new tokens no more than the deadline, and SIGTERM still ends the program soon', async () => {
    await withName('', async (api) => {
      for (let i = 0; i < 3; i += 1) {
        const [{ status }, ms] = await timed(api.call('/api/private', { token: await issuer.mint() }));
        assert.equal(status, 503);
        assert.ok(ms < kTimeout + kSlack, `${ms} ms`);
      }
      await api.waitForLog(/warn: .*did not answer in time: .*looking up the name/);
      await sleep(kTrialInterval); // so that the next one is a trial, and under way
      const waiting = api.call('/api/private', { token: await issuer.mint() });
      await sleep(100);
      const [, ms] = await timed(api.program.stop());
      assert.ok(ms < 5000, `${ms} ms`);
      await waiting.catch(() => {});
    });
  });

  it('does not disturb a connection that works', async () => {
    await withName('127.0.0.1 issuer.example\n', async (api) => {
      const status = async () =>
        (await api.call('/api/private', { token: await issuer.mint() })).status;
      assert.equal(await status(), 200);
      writeFileSync(api.workspace.path('etc/hosts'), '');
      for (let i = 0; i < 40; i += 1) {
        assert.equal(await status(), 200);
        await sleep(50);
      }
    });
  });
});
