// SPDX-License-Identifier: Apache-2.0
// Many processes on one machine: what one has learned of a token, none of the others asks again.
//
// Where the first requests with a token reach several processes before any of them has its answer,
// each of those asks once: they do not wait for each other. From the first answer on nobody asks.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { callMany, fleets } from './support/fleets.mjs';
import { waitFor } from './support/processes.mjs';

const kTtl = 3; // seconds

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

for (const [name, fleet] of Object.entries(fleets)) {
  describe(`with ${name}`, () => {
    let api;
    before(async () => { api = await fleet.start(issuer, { ZITADEL_CACHE_TTL: 600 }); });
    after(() => api?.stop());

    async function mintKnown() {
      const token = await issuer.mint();
      assert.equal((await api.call('/api/private', { token })).status, 200);
      return token;
    }

    it('1,000 requests with one token make one question', async () => {
      const token = await mintKnown();
      assert.deepEqual(await callMany(api, token, 999), { 200: 999 });
      await fleet.each(api, async () =>
        assert.deepEqual(await callMany(api, token, 8), { 200: 8 }));
      assert.equal(await issuer.introspectionsOf(token), 1);
    });

    it('each process asks at most once where the first requests race', async () => {
      const token = await issuer.mint();
      const racing = 24;
      await issuer.fault({ delay: 500 });
      const calls = Array.from({ length: racing }, () => api.call('/api/private', { token }));
      for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
      await issuer.clearFaults();
      const questions = await issuer.introspectionsOf(token);
      assert.ok(questions >= 1 && questions <= Math.min(fleet.count, racing), `${questions}`);
      assert.deepEqual(await callMany(api, token, 100), { 200: 100 });
      assert.equal(await issuer.introspectionsOf(token), questions);
    });

    it('a refusal is shared too', async () => {
      const token = await issuer.mint();
      await issuer.revoke(token);
      assert.equal((await api.call('/api/private', { token })).status, 401);
      assert.deepEqual(await callMany(api, token, 40), { 401: 40 });
      assert.equal(await issuer.introspectionsOf(token), 1);
    });

    it('new processes find what the old ones have learned', async () => {
      const token = await mintKnown();
      await fleet.renew(api);
      assert.deepEqual(await callMany(api, token, 100), { 200: 100 });
      assert.equal(await issuer.introspectionsOf(token), 1);
    });

    it('every process answers for a known token while ZITADEL does not', async () => {
      const token = await mintKnown();
      issuer.pause();
      try {
        await fleet.each(api, async () =>
          assert.deepEqual(await callMany(api, token, 40), { 200: 40 }));
      } finally {
        issuer.resume();
      }
    });
  });

  it(`with ${name} a revoked token is refused everywhere one lifetime later`, async () => {
    const api = await fleet.start(issuer, { ZITADEL_CACHE_TTL: kTtl });
    try {
      const token = await issuer.mint();
      assert.deepEqual(await callMany(api, token, 40), { 200: 40 });
      await issuer.revoke(token);
      const end = Date.now() + kTtl * 1000;
      // In use to the end, so that processes refresh it and tell each other.
      while (Date.now() < end) await callMany(api, token, 8);
      await fleet.each(api, async () =>
        assert.deepEqual(await callMany(api, token, 40), { 401: 40 }));
    } finally {
      await api.stop();
    }
  });
}

describe('a folder in common', () => {
  const way = 'lighttpd/fastcgi.conf';
  let first;
  before(async () => {
    first = await startApi(way, issuer, { settings: withFolder });
  });
  after(() => first?.stop());

  function withFolder(workspace) {
    return { ZITADEL_CACHE_DIR: workspace.path('cache') };
  }

  // How many questions another API makes about a token that the first one knows.
  async function questionsOf(settings) {
    const token = await issuer.mint();
    assert.equal((await first.call('/api/private', { token })).status, 200);
    const other = await startApi(way, issuer,
      { settings: { ...withFolder(first.workspace), ...settings } });
    try {
      await other.call('/api/private', { token });
      return await issuer.introspectionsOf(token) - 1;
    } finally {
      await other.stop();
    }
  }

  it('serves an API of the same key and settings', async () => {
    assert.equal(await questionsOf({}), 0);
  });

  it('shares nothing with another application', async () => {
    assert.equal(await questionsOf({ key: 'api-key-other' }), 1);
  });

  it('shares nothing with other settings', async () => {
    assert.equal(await questionsOf({ ZITADEL_PROJECT_ID: issuer.otherProjectId }), 1);
    assert.equal(await questionsOf({ ZITADEL_PROJECT_ID: undefined }), 1);
  });
});

it('with ZITADEL_CACHE_TTL=0 every request asks, and no folder is made', async () => {
  const api = await startApi('lighttpd/fastcgi.conf', issuer, { settings: (workspace) =>
    ({ ZITADEL_CACHE_TTL: 0, ZITADEL_CACHE_DIR: workspace.path('cache') }) });
  try {
    const token = await issuer.mint();
    assert.deepEqual(await callMany(api, token, 1), { 200: 1 });
    assert.deepEqual(await callMany(api, token, 1), { 200: 1 });
    assert.equal(await issuer.introspectionsOf(token), 2);
    assert.ok(!existsSync(api.workspace.path('cache')));
  } finally {
    await api.stop();
  }
});

it('50 processes of plain CGI at once lose next to nothing of what they tell each other', async () => {
  const api = await startApi('apache/cgi.conf', issuer, { settings: { ZITADEL_CACHE_TTL: 600 } });
  try {
    const tokens = await issuer.mintMany(50);
    const callAll = () => Promise.all(tokens.map(async (token) =>
      assert.equal((await api.call('/api/private', { token })).status, 200)));
    await callAll();
    await issuer.resetCounters();
    await callAll();
    const { introspections } = await issuer.counters();
    assert.ok(introspections <= 2, `${introspections}`);
  } finally {
    await api.stop();
  }
});

describe('a process of plain CGI', () => {
  let api;
  let folder; // where the dynamic linker tells what it loads
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'loaded-'));
    chmodSync(folder, 0o777);
    api = await startApi('apache/cgi.conf', issuer, { replacements: [['  CGIPassAuth On',
      `  CGIPassAuth On\n  SetEnv LD_DEBUG files\n  SetEnv LD_DEBUG_OUTPUT "${folder}/of"`]] });
  });
  after(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // Answers a request; gives what its process has loaded, once that has ended.
  async function loadedFor(token) {
    for (const file of readdirSync(folder)) rmSync(join(folder, file));
    assert.equal((await api.call('/api/private', { token })).status, 200);
    const files = () => readdirSync(folder).map((file) => join(folder, file));
    await waitFor('the process to end', () =>
      files().some((file) => /calling fini: .*ld-linux/.test(readFileSync(file, 'utf8'))));
    return files().map((file) => readFileSync(file, 'utf8')).join('');
  }

  it('loads libcurl and speaks to ZITADEL for nobody whose token is in the store', async () => {
    const token = await issuer.mint();
    assert.match(await loadedFor(token), /libcurl/);
    await issuer.resetCounters();
    const loaded = await loadedFor(token);
    assert.match(loaded, /libcrypto/);
    assert.doesNotMatch(loaded, /libcurl|libssl|libnghttp2/);
    const { connectionsOpened, discovery } = await issuer.counters();
    assert.deepEqual({ connectionsOpened, discovery }, { connectionsOpened: 0, discovery: 0 });
  });
});
