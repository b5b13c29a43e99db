// SPDX-License-Identifier: Apache-2.0
// What load balancers ask: whether the process answers, and whether it can judge a token.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { useApi, ways } from './support/api.mjs';
import { freePort } from './support/http.mjs';
import { waitFor } from './support/processes.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const alive = { status: 'alive' };
const ready = { status: 'ready', settings: 'valid', zitadel: 'known', store: 'reachable' };

// Beyond what is expected of every answer.
async function ask(api, page) {
  const answer = await api.call(`/api/zitadel/${page}`);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['cache-control'], 'no-store');
  return { status: answer.status, ...answer.json && { body: answer.json } };
}

for (const way of Object.keys(ways)) {
  describe(way, () => {
    it('is alive and ready, without a token', () =>
      useApi(way, issuer, {}, async (api) => {
        assert.deepEqual(await ask(api, 'live'), { status: 200, body: alive });
        assert.deepEqual(await ask(api, 'ready'), { status: 200, body: ready });
        for (const page of ['live', 'ready']) {
          const head = await api.call(`/api/zitadel/${page}`, { method: 'HEAD' });
          assert.deepEqual([head.status, head.body], [200, '']);
          const post = await api.call(`/api/zitadel/${page}`, { method: 'POST', body: 'x' });
          assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
        }
      }));
  });
}

// A ZITADEL that nobody has started.
const away = async () => ({ ZITADEL_DOMAIN: `http://127.0.0.1:${await freePort()}` });

describe('where ZITADEL was never reached', () => {
  it('it is alive, but not ready', async () => {
    const settings = await away();
    await useApi('lighttpd/fastcgi.conf', issuer, { settings }, async (api) => {
      assert.deepEqual(await ask(api, 'live'), { status: 200, body: alive });
      assert.deepEqual(await ask(api, 'ready'),
        { status: 503, body: { ...ready, status: 'not ready', zitadel: 'unknown' } });
    });
  });

  it('with a grace it is ready: remembered answers may serve', async () => {
    const settings = { ...await away(), ZITADEL_GRACE: 60 };
    await useApi('lighttpd/fastcgi.conf', issuer, { settings }, async (api) => {
      assert.deepEqual(await ask(api, 'ready'), { status: 200, body: { ...ready, zitadel: 'grace' } });
    });
  });

  it('where the settings say all that has to be known of it, it is ready', async () => {
    const settings = { ...await away(), ZITADEL_INTROSPECTION_URL: `${issuer.issuer}/oauth/v2/introspect` };
    await useApi('lighttpd/fastcgi.conf', issuer, { settings }, async (api) => {
      assert.deepEqual(await ask(api, 'ready'), { status: 200, body: ready });
    });
  });

  it('to ask for liveness asks nobody', async () => {
    await issuer.settings({ assertions: 'reusable' });
    await useApi('apache/cgi.conf', issuer, {}, async (api) => {
      const before = await issuer.counters();
      for (let i = 0; i < 5; ++i) await ask(api, 'live');
      assert.deepEqual(await issuer.counters(), before);
    });
  });
});

describe('while it serves', () => {
  it('is ready however often it is asked, also with what it left in the store before', () =>
    useApi('lighttpd/fastcgi.conf', issuer, {}, async (api) => {
      for (let i = 0; i < 4; ++i) {
        assert.deepEqual(await ask(api, 'ready'), { status: 200, body: ready });
        await sleep(600); // it looks anew once a second
      }
    }));

  it('stays ready when ZITADEL goes: to take it out of service would help nobody', () =>
    useApi('lighttpd/fastcgi.conf', issuer, { settings: { ZITADEL_TIMEOUT_MS: 300 } }, async (api) => {
      assert.equal((await ask(api, 'ready')).status, 200);
      issuer.pause();
      try {
        assert.equal((await api.call('/api/private', { token: 'unknown' })).status, 503);
        assert.equal((await ask(api, 'ready')).status, 200);
        assert.equal((await ask(api, 'live')).status, 200);
      } finally {
        issuer.resume();
      }
    }));

  it('is not ready without its store, and is again with it', () =>
    useApi('lighttpd/fastcgi.conf', issuer, {}, async (api) => {
      assert.equal((await ask(api, 'ready')).status, 200);
      const folder = api.workspace.path('etc/cache');
      chmodSync(folder, 0o777);
      const without = { status: 503, body: { ...ready, status: 'not ready', store: 'unreachable' } };
      const is = (expected) => async () =>
        JSON.stringify(await ask(api, 'ready')) === JSON.stringify(expected);
      await waitFor('it to be not ready', is(without));
      // Callers are answered all the same.
      assert.equal((await api.call('/api/private', { token: await issuer.mint() })).status, 200);
      chmodSync(folder, 0o700);
      await waitFor('it to be ready', is({ status: 200, body: ready }));
    }));

  it('to ask often asks ZITADEL and the store no more than once a second', async () => {
    const settings = await away();
    await useApi('lighttpd/fastcgi.conf', issuer, { settings }, async (api) => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask(api, 'ready')));
      assert.ok(answers.every(({ status }) => status === 503));
      const lines = api.programLog().filter((line) => /ZITADEL cannot be reached/.test(line));
      assert.ok(lines.length <= 3, lines.join('\n'));
    });
  });

  it('what it says holds no secret, no address and no version', () =>
    useApi('lighttpd/fastcgi.conf', issuer, {}, async (api) => {
      const { body } = await ask(api, 'ready');
      assert.deepEqual(Object.keys(body), ['status', 'settings', 'zitadel', 'store']);
      assert.ok(Object.values(body).every((word) => /^[a-z ]+$/.test(word)));
    }));
});
