// SPDX-License-Identifier: Apache-2.0
// Users with a thousand roles, and tokens of which more is said than is kept: what counts for a decision
// is never dropped without a word, in this process, in others and on other machines.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { introspect } from '../issuer/test/calls.mjs';
import { guards, startApi } from './support/api.mjs';
import { callMany, fleets } from './support/fleets.mjs';
import { learned, startGuardedSite } from './support/guarded_site.mjs';
import { RedisServer } from './support/redis.mjs';

const limit = { timeout: 120_000 };
// In the order of their names the last of all is the one that the tests' endpoints and rules ask for.
const kLast = 'read:messages';
const many = (count) => [...Array.from({ length: count - 1 }, (_, i) =>
  `catalogue-editor-${1000 + i}`.padEnd(36, '-x')), kLast];

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());

const grant = () => ({ [issuer.organisationId]: 'my-organisation.my-instance.zitadel.cloud' });
const mint = (names, more = {}) => issuer.mint({ user: 'without-role', ...more,
  roles: { [issuer.projectId]: Object.fromEntries(names.map((name) => [name, grant()])) } });

async function assertLetIn(api, token) {
  assert.equal((await api.call('/api/private-scoped', { token })).status, 200);
}

it('the issuer says of a thousand roles what ZITADEL does: three times', async () => {
  const token = await mint(many(1000));
  const { text } = await introspect(issuer, token);
  assert.ok(text.length > 250_000, `${text.length} bytes`);
});

for (const [name, fleet] of Object.entries(fleets)) {
  it(`the last of a thousand roles counts with ${name}, and is asked for once`, limit, async () => {
    const api = await fleet.start(issuer, { ZITADEL_CACHE_TTL: 600 });
    try {
      const token = await mint(many(1000));
      await assertLetIn(api, token);
      await fleet.each(api, async () => {
        for (let i = 0; i < 8; i += 1) await assertLetIn(api, token);
        assert.deepEqual(await callMany(api, token, 8), { 200: 8 });
      });
      await fleet.renew(api);
      await assertLetIn(api, token);
      assert.equal(await issuer.introspectionsOf(token), 1);
      const others = await mint(many(1000).slice(0, -1));
      assert.equal((await api.call('/api/private-scoped', { token: others })).status, 403);
    } finally {
      await api.stop();
    }
  });
}

it('the last of a thousand roles counts on another machine, and is asked for once', limit, async () => {
  const redis = await RedisServer.start();
  const machines = [];
  try {
    for (let i = 0; i < 2; i += 1) {
      machines.push(await startApi('lighttpd/fastcgi.conf', issuer, { settings: {
        ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_URL: redis.networkUrl, ZITADEL_CACHE_TTL: 600 } }));
    }
    // The first of all may be late for the server.
    for (const machine of machines) await assertLetIn(machine, await mint([kLast]));
    const token = await mint(many(1000));
    for (const machine of [...machines, ...machines]) await assertLetIn(machine, token);
    assert.equal(await issuer.introspectionsOf(token), 1);
  } finally {
    for (const machine of machines) await machine.stop();
    await redis.remove();
  }
});

for (const [way, { tells = true }] of Object.entries(guards)) {
  describe(`a thousand roles, guarded by ${way}`, limit, () => {
    let site;
    before(async () => { site = await startGuardedSite(way, issuer); });
    after(() => site?.stop());

    it('open what the last of them is for', async () => {
      const token = await mint(many(1000));
      for (let i = 0; i < 2; i += 1) {
        assert.equal((await site.call('/staff/file.txt', { token })).status, 200);
      }
      assert.equal(await issuer.introspectionsOf(token), 1);
    });

    if (!tells) return;
    it('are told to programs up to a whole name, and what is cut is said', async () => {
      const names = many(1000);
      const token = await mint(names);
      for (const path of ['/cgi/who.cgi', '/who.php']) {
        const answer = await site.call(path, { token });
        assert.equal(answer.status, 200, path);
        const { AUTH_ROLES: list, AUTH_CUT: cut, AUTH_SUB: subject } = learned(answer);
        const told = list.split(' ');
        assert.ok(told.length > 200 && told.length < names.length, `${told.length}`);
        assert.deepEqual(told, names.slice(0, told.length), path);
        assert.match(cut, /^AUTH_ROLES( AUTH_SCOPE)?$/, path);
        assert.equal(subject, issuer.users['without-role']);
      }
    });

    it('are told in full where they fit', async () => {
      const token = await mint(many(200));
      for (const path of ['/cgi/who.cgi', '/who.php']) {
        const variables = learned(await site.call(path, { token }));
        assert.deepEqual(variables.AUTH_ROLES.split(' '), many(200), path);
        assert.ok(!variables.AUTH_CUT, path);
      }
    });
  });
}

describe('claims beyond what is kept', limit, () => {
  let api;
  before(async () => { api = await startApi('lighttpd/fastcgi.conf', issuer); });
  after(() => api?.stop());

  it('scopes without room are left out with one line, and the roles count', async () => {
    const scope = Array.from({ length: 60_000 }, (_, i) => `scope-${i}`).join(' ');
    const token = await mint([kLast], { claims: { scope } });
    for (let i = 0; i < 20; i += 1) await assertLetIn(api, token);
    const lines = api.programLog().filter((line) => line.includes('are left out'));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0], / \d+ of its scopes and claims are left out \[request \S+\]$/);
  });

  it('roles without room are no roles less: the operator is told', async () => {
    const token = await mint(many(3000));
    const answer = await api.call('/api/private-scoped', { token });
    assert.equal(answer.status, 503);
    await api.waitForLog(/error: .*its roles, subject or names cannot be kept/);
    await assertLetIn(api, await mint([kLast]));
  });
});
