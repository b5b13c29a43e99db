// SPDX-License-Identifier: Apache-2.0
// JWTs that are checked here, and refused from the event on that has ended them until they expire.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { audienceScope, everyProjectsRolesScope } from '../issuer/lib/names.mjs';
import { tally } from './support/callers.mjs';
import { behind, kProcesses, withFeed as withFeedOf } from './support/feeds.mjs';
import { signal, waitFor } from './support/processes.mjs';
import { servingPids } from './support/reloads.mjs';

const limit = { timeout: 120_000 };
const kWithin = 2000; // milliseconds from an event to its last 200
const kKilled = /child signalled: 9/; // what lighttpd says of a process that a test has killed

let issuer;
before(async () => {
  issuer = await startIssuer({ assertions: 'reusable' });
  await issuer.eventSettings({ latency: 40 });
});
after(() => issuer?.stop());

const lighttpd = behind['lighttpd, 4 processes'];
// With `jwt`, nothing of an API application is needed.
const modes = {
  jwt: { ZITADEL_VALIDATION: 'jwt', key: null, API_PRIVATE_KEY_FILE_PATH: undefined },
  'jwt, and nothing is remembered': { ZITADEL_VALIDATION: 'jwt', ZITADEL_CACHE_TTL: 0 },
  'jwt-or-introspection': { ZITADEL_VALIDATION: 'jwt-or-introspection' },
};

const asJwt = (wish) => ({
  kind: 'jwt', scope: `openid ${audienceScope(issuer.projectId)} ${everyProjectsRolesScope}`, ...wish,
});
const mintJwt = (wish) => issuer.mint(asJwt(wish));
const logIn = async (login) => {
  const { access_token: token, session } = await issuer.logIn(asJwt({ login }));
  return { token, session };
};

// What is issued in the second of an event counts as issued before it.
const nextSecond = () => sleep(1000 - (Date.now() % 1000) + 50);

const statuses = async (callers, token) =>
  tally(await callers.callAll('/api/private', Array(10 * kProcesses).fill(token)));
const assertGood = async (callers, token) =>
  assert.deepEqual(await statuses(callers, token), { 200: 10 * kProcesses });
const assertRefused = async (callers, token) =>
  assert.deepEqual(await statuses(callers, token), { 401: 10 * kProcesses });

// A process that has just begun knows nothing of the events yet, and may ask ZITADEL. One that has not begun is
// asked by nobody.
async function allKnowEvents({ api, callers }) {
  await servingPids(api);
  await waitFor('all processes to know of the events', async () => {
    const token = await mintJwt();
    await assertGood(callers, token);
    return await issuer.introspectionsOf(token) === 0;
  });
}

const roles = () => ({ [issuer.projectId]: { 'read:messages': { [issuer.organisationId]: 'localhost' } } });

// Each gives a token, and a function that ends it.
const endings = {
  'is revoked': async () => {
    const token = await mintJwt();
    return { token, end: () => issuer.revoke(token) };
  },
  'was got by a refresh token that is revoked': async () => {
    const { token } = await logIn('v1');
    return { token, end: () => issuer.revoke(token, 'refresh_token') };
  },
  'is of somebody who logs out of the old login': async () => {
    const { token, session } = await logIn('v1');
    return { token, end: () => issuer.endSession(session) };
  },
  'is of somebody who logs out of the new login': async () => {
    const { token, session } = await logIn('v2');
    return { token, end: () => issuer.endSession(session) };
  },
  'is of a session that an administrator has ended': async () => {
    const { token, session } = await logIn('v2');
    return { token, end: () => issuer.endSession(session, 'administrator') };
  },
  'is of a user who is locked for a moment': async () => {
    const token = await mintJwt();
    return {
      token,
      end: async () => {
        await issuer.setUserState('with-role', 'locked');
        await issuer.setUserState('with-role', 'active');
      },
    };
  },
  'holds a role that is taken away': async () => {
    await issuer.grantRoles('with-role', roles());
    const token = await mintJwt();
    return { token, end: () => issuer.grantRoles('with-role', {}) };
  },
};

for (const [mode, settings] of Object.entries(modes)) {
  const withFeed = (more, use) => withFeedOf(issuer, lighttpd, { settings: { ...settings, ...more } }, use);

  describe(`events, with ${mode}`, limit, () => {
    for (const [what, begin] of Object.entries(endings)) {
      it(`a JWT that ${what} is refused, and one from afterwards is good`, async () => {
        await withFeed({}, async ({ api, callers }) => {
          await allKnowEvents({ api, callers });
          const { token, end } = await begin();
          const other = await mintJwt({ user: 'org-role' });
          await assertGood(callers, token);
          await end();
          await sleep(kWithin);
          await assertRefused(callers, token);
          await assertGood(callers, other);
          await nextSecond();
          await assertGood(callers, await mintJwt());
          assert.equal(await issuer.introspectionsOf(token), 0, 'it was not checked here');
        });
      });
    }

    it('a JWT that was revoked is refused by processes that start later', async () => {
      await withFeed({}, async ({ api, callers }) => {
        api.server.expected = kKilled;
        const token = await mintJwt();
        await assertGood(callers, token);
        await issuer.revoke(token);
        await sleep(kWithin);
        await assertRefused(callers, token);
        for (const pid of api.server.programs()) signal(pid, 'SIGKILL');
        let seen = 0;
        await waitFor('the next processes', async () => {
          const { status } = await callers.call('/api/private', { token }).catch(() => ({}));
          assert.notEqual(status, 200);
          seen += status === 401 ? 1 : 0;
          return seen > 20;
        });
      });
    });

    it('a JWT that was revoked before the first process began is refused', async () => {
      const [revoked, good] = [await mintJwt(), await mintJwt()];
      await issuer.revoke(revoked);
      await withFeedOf(issuer, lighttpd, { settings, isUp: false }, async ({ callers }) => {
        for (let n = 0; n < 20; n += 1) {
          assert.equal((await callers.call('/api/private', { token: revoked })).status, 401);
          assert.equal((await callers.call('/api/private', { token: good })).status, 200);
        }
      });
    });

    it('behind plain CGI, too', async () => {
      const [revoked, good] = [await mintJwt(), await mintJwt()];
      await issuer.revoke(revoked);
      const cgi = { way: 'apache/cgi.conf' };
      await withFeedOf(issuer, cgi, { settings, isUp: false }, async ({ callers }) => {
        const before = (await issuer.searches()).length;
        for (let n = 0; n < 5; n += 1) {
          assert.equal((await callers.call('/api/private', { token: revoked })).status, 401);
          assert.equal((await callers.call('/api/private', { token: good })).status, 200);
        }
        assert.equal((await issuer.searches()).length, before, 'each request asks for events');
      });
    });
  });
}

describe('the feed', limit, () => {
  it('takes another token from its file, without a restart', async () => {
    const text = issuer.readToken('iam-owner-viewer');
    const other = await issuer.mint({ user: 'iam-owner-viewer', kind: 'pat' });
    await withFeedOf(issuer, lighttpd, {}, async ({ api, callers }) => {
      api.secrets.add(other);
      api.workspace.write('etc/events', `${other}\n`);
      await sleep(2500);
      await issuer.revoke(other);
      await api.waitForLog(/events cannot be had from ZITADEL: .*\(any more\): write another into that file/);
      api.workspace.write('etc/events', `${text}\n`);
      await sleep(1000);
      const token = await issuer.mint();
      await assertGood(callers, token);
      await issuer.revoke(token);
      await sleep(kWithin);
      await assertRefused(callers, token);
    });
  });

  it('tells the operator that this API\'s own key was removed', async () => {
    const { keyId } = issuer.readFile('api-key');
    await withFeedOf(issuer, lighttpd, {}, async ({ api }) => {
      await issuer.deleteKey(issuer.readFile('api-key-other').keyId);
      await issuer.deleteKey(keyId);
      await api.waitForLog(new RegExp(`error: ZITADEL has removed this API's key ${keyId}: make another`));
      await sleep(kWithin);
      assert.equal(api.programLog().filter((line) => line.includes('has removed')).length, 1);
    }).finally(async () => {
      await issuer.restoreKey(keyId);
      await issuer.restoreKey(issuer.readFile('api-key-other').keyId);
    });
  });
});
