// SPDX-License-Identifier: Apache-2.0
// No token, key or client secret is found where it does not belong: in a log at its most talkative,
// in a core, or, of the key and the client secret, in the program's memory in the form it was read.
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi, useApi, ways } from './support/api.mjs';
import { Callers } from './support/callers.mjs';
import { forgedTokens } from './support/jwts.mjs';
import { isSanitized } from './support/workspace.mjs';

const limit = { timeout: 180_000 };

let issuer;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

const withApi = (way, settings, use) => useApi(way, issuer, { settings }, use);

const basic = () => {
  const { clientId, clientSecret } = issuer.readFile('basic');
  return { key: null, API_PRIVATE_KEY_FILE_PATH: undefined, ZITADEL_CLIENT_ID: clientId,
    ZITADEL_CLIENT_SECRET: clientSecret };
};

// Every way to get something wrong or right.
async function useAll(api) {
  const revoked = await issuer.mint();
  await issuer.revoke(revoked);
  const tokens = [await issuer.mint(), await issuer.mint({ kind: 'jwt' }), revoked,
    await issuer.mint({ kind: 'pat' }), await issuer.mint({ ttl: -5 }),
    await issuer.mint({ kind: 'jwt', ttl: -5 }), await issuer.mint({ audience: ['elsewhere'] }),
    ...Object.values(await forgedTokens(issuer)), 'made-up-and-long-enough'];
  for (const fault of [undefined, 'unauthorized-client', 'server-error', 'not-json', 'truncated',
    'active-string']) {
    if (fault) await issuer.fault(fault);
    const callers = new Callers(api);
    await callers.callAll('/api/private-scoped', tokens);
    callers.close();
    await issuer.clearFaults();
  }
}

describe('at debug level, the log', limit, () => {
  for (const way of Object.keys(ways)) {
    it(`holds nothing secret behind ${way}`, () => withApi(way, { ZITADEL_CACHE_TTL: 0 }, useAll));
  }
  for (const mode of ['jwt', 'jwt-or-introspection']) {
    it(`holds nothing secret with ZITADEL_VALIDATION=${mode}`, () =>
      withApi('lighttpd/fastcgi.conf', { ZITADEL_CACHE_TTL: 0, ZITADEL_VALIDATION: mode }, useAll));
  }
  it('holds nothing secret where the API has a client secret', () =>
    withApi('lighttpd/fastcgi.conf', { ZITADEL_CACHE_TTL: 0, ...basic() }, useAll));
  for (const way of ['lighttpd/fastcgi.conf', 'apache/mod_fcgid.conf', 'apache/cgi.conf']) {
    it(`holds nothing secret in a file of its own behind ${way}`, () => withApi(way,
      { ZITADEL_CACHE_TTL: 0, ZITADEL_LOG_FILE: 'own.log' }, async (api) => {
        // Searched when the API is stopped, as the other logs are.
        api.add({ log: () => readFileSync(api.workspace.path('etc/own.log'), 'utf8'),
          stop: async () => {} });
        await useAll(api);
        assert.ok(api.programLog().length > 10);
      }));
  }

  it('would be found out', async () => {
    const api = await startApi('lighttpd/fastcgi.conf', issuer);
    const token = await issuer.mint();
    await api.call('/api/private', { token });
    api.add({ log: () => `something of ${token.slice(0, 20)}`, stop: async () => {} });
    await assert.rejects(api.stop(), /in the log/);
  });
});

const way = 'lighttpd/spawn-fcgi.conf';

it('the program leaves no core', limit, async () => {
  await withApi(way, {}, async (api) => {
    const limits = readFileSync(`/proc/${api.program.process.pid}/limits`, 'utf8');
    assert.match(limits, /^Max core file size +0 +0 /m);
  });
});

// What the process may write to, heap and stacks, piece by piece.
function* memoryOf(pid) {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = line.match(/^([0-9a-f]+)-([0-9a-f]+) rw/) ?? [];
      if (from === undefined) continue;
      const start = Number.parseInt(from, 16);
      const piece = Buffer.alloc(Number.parseInt(to, 16) - start);
      try {
        yield piece.subarray(0, readSync(memory, piece, 0, piece.length, start));
      } catch (error) {
        if (error.code !== 'EIO' && error.code !== 'EFAULT') throw error; // never touched
      }
    }
  } finally {
    closeSync(memory);
  }
}

function isInMemory(pid, text) {
  for (const piece of memoryOf(pid)) if (piece.includes(text)) return true;
  return false;
}

const unseen = (process.getuid() !== 0 && 'only root may look') ||
  (isSanitized() && 'a sanitizer has terabytes of it');

describe('the program\'s memory', { ...limit, skip: unseen },
  () => {
    const settingsOf = { 'the key as its file has it': () => ({}), 'the client secret': basic };
    for (const [what, settings] of Object.entries(settingsOf)) {
      it(`does not keep ${what}`, async () => {
        await withApi(way, { ZITADEL_REALM: 'a realm to be found', ...settings() }, async (api) => {
          assert.equal((await api.call('/api/private', { token: await issuer.mint() })).status, 200);
          const { pid } = api.program.process;
          assert.ok(isInMemory(pid, 'a realm to be found'));
          const secrets = what === 'the client secret' ? [issuer.readFile('basic').clientSecret]
            : issuer.readFile('api-key').key.split('\n').slice(1, -2);
          for (const secret of secrets) assert.ok(!isInMemory(pid, secret), secret);
        });
      });
    }
  });
