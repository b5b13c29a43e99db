// SPDX-License-Identifier: Apache-2.0
// What ZITADEL's events end is asked about again, in all processes.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { Administrator } from '../issuer/test/administrator.mjs';
import { tally } from './support/callers.mjs';
import { behind, kWithin, last200, makeKnown, withFeed as withFeedOf } from './support/feeds.mjs';
import { signal, waitFor } from './support/processes.mjs';

const limit = { timeout: 120_000 };
const kKilled = /child signalled: 9/; // what lighttpd says of a process that a test has killed

let issuer;
before(async () => {
  issuer = await startIssuer({ assertions: 'reusable' });
  await issuer.eventSettings({ latency: 40 });
});
after(() => issuer?.stop());

const lighttpd = behind['lighttpd, 4 processes'];
const withFeed = (...rest) => withFeedOf(issuer, ...rest);

for (const [name, server] of Object.entries(behind)) {
  describe(`events, behind ${name}`, limit, () => {
    it('what has ended is refused by all processes within two seconds', async () => {
      await withFeed(server, {}, async ({ callers }) => {
        for (const token of await issuer.mintMany(2)) {
          await makeKnown(callers, token);
          await last200(callers, token, () => issuer.revoke(token));
        }
      });
    });

    it('whichever process is killed, another goes on', async () => {
      await withFeed(server, {}, async ({ api, callers }) => {
        api.server.expected = kKilled;
        const tokens = await issuer.mintMany(3);
        for (const token of tokens) await makeKnown(callers, token);
        const pids = api.server.programs();
        assert.ok(pids.length > 0);
        for (const [n, token] of tokens.entries()) {
          signal(pids[n % pids.length], 'SIGKILL');
          // A web server that has lost a process answers 5xx for a while.
          await last200Eventually(callers, token, () => issuer.revoke(token));
        }
      });
    });
  });
}

// As last200, where a web server also answers 5xx meanwhile.
async function last200Eventually(callers, token, end) {
  await end();
  const ended = performance.now();
  while (performance.now() - ended < 3000 + kWithin) {
    await callers.call('/api/private', { token }).catch(() => {});
    await sleep(50);
  }
  for (let n = 0; n < 20; n += 1) {
    const { status } = await callers.call('/api/private', { token }).catch(() => ({}));
    assert.notEqual(status, 200);
  }
  await waitFor('a refusal', async () => (await callers.call('/api/private', { token })
    .catch(() => ({}))).status === 401);
}

// That the end of one token leaves the other known. `make` gives both, and what ends the one. Doubt may ask about
// the other as a witness; a feed that a busy machine held up has it asked about as well: then it is tried again.
async function leavesTheOther(callers, make, { path = '/api/private', then } = {}) {
  for (let left = 2; ; left -= 1) {
    const { ended, other, end } = await make();
    await makeKnown(callers, ended, path);
    await makeKnown(callers, other, path);
    const before = await issuer.introspectionsOf(other);
    await last200(callers, ended, end, { path, then });
    await makeKnown(callers, other, path);
    const more = await issuer.introspectionsOf(other) - before;
    if (more <= 1) return;
    assert.ok(left > 0, `it was asked about ${more} times more`);
  }
}

describe('events', limit, () => {
  it('end what they name, and nothing else', async () => {
    await withFeed(lighttpd, {}, ({ callers }) => leavesTheOther(callers, async () => {
      const [ended, other] = await issuer.mintMany(2);
      return { ended, other, end: () => issuer.revoke(ended) };
    }));
  });

  it('of a log-out end what is known of that user alone', async () => {
    await withFeed(lighttpd, {}, ({ callers }) => leavesTheOther(callers, async () => {
      const { access_token: ended, session } = await issuer.logIn();
      const { access_token: other } = await issuer.logIn({ user: 'without-role' });
      return { ended, other, end: () => issuer.endSession(session) };
    }));
  });

  it('of a grant that name no user end what is known of that user alone', async () => {
    const admin = new Administrator(issuer);
    const grants = `/users/${issuer.users['without-role']}/grants`;
    let grant;
    await withFeed(lighttpd, {}, ({ callers }) => leavesTheOther(callers, async () => {
      if (grant) await admin.remove(grant);
      const { userGrantId } = await admin.post(grants,
        { projectId: issuer.projectId, roleKeys: ['read:messages'] });
      grant = `${grants}/${userGrantId}`;
      return { ended: await issuer.mint({ user: 'without-role' }), other: await issuer.mint(),
        end: () => admin.post(`${grant}/_deactivate`) };
    }, { path: '/api/private-scoped', then: 403 }));
    await admin.remove(grant);
  });

  it('are asked for with the key of a service user as well', async () => {
    await withFeed(lighttpd, { file: 'iam-owner-viewer-key' }, async ({ callers }) => {
      const token = await issuer.mint();
      await makeKnown(callers, token);
      await last200(callers, token, () => issuer.revoke(token));
    });
  });

  it('count whatever form their payloads have', async () => {
    const path = '/api/private-scoped';
    const roles = { [issuer.projectId]: { 'read:messages': { [issuer.organisationId]: 'localhost' } } };
    await issuer.grantRoles('with-role', roles);
    for (const payloads of ['object', 'missing', 'empty', 'base64']) {
      await issuer.eventSettings({ latency: 40, payloads });
      await withFeed(lighttpd, {}, async ({ callers }) => {
        const token = await issuer.mint();
        await makeKnown(callers, token, path);
        await last200(callers, token, () => issuer.grantRoles('with-role', {}), { path, then: 403 });
      }).finally(async () => {
        await issuer.grantRoles('with-role', roles);
        await issuer.eventSettings({ latency: 40 });
      });
    }
  });

  it('count also behind one that is larger than a usual answer', async () => {
    await withFeed(lighttpd, {}, async ({ callers }) => {
      const token = await issuer.mint();
      await makeKnown(callers, token);
      const payload = { userId: 'somebody-else', roleKeys: Array.from({ length: 40_000 }, (_, n) => `a-role-with-a-long-name-${n}`) };
      await issuer.event({ type: 'user.grant.changed', payload });
      await sleep(2000);
      await last200(callers, token, () => issuer.revoke(token));
    });
  });

  it('count that become visible later than younger ones', async () => {
    await withFeed(lighttpd, {}, async ({ callers }) => {
      const [late, young] = await issuer.mintMany(2);
      await makeKnown(callers, late);
      await makeKnown(callers, young);
      await issuer.eventSettings({ latency: 40, visibleAfter: 3000 });
      await issuer.revoke(late);
      await issuer.eventSettings({ latency: 40 });
      await last200(callers, young, () => issuer.revoke(young));
      await last200(callers, late, () => {}, { within: 3000 + kWithin });
    });
  });

  it('that came while no process was there count when one is', async () => {
    await withFeed(lighttpd, {}, async ({ api, callers }) => {
      api.server.expected = kKilled;
      const token = await issuer.mint();
      await makeKnown(callers, token);
      for (const pid of api.server.programs()) signal(pid, 'SIGKILL');
      await last200Eventually(callers, token, () => issuer.revoke(token));
    });
  });

  it('leave answers of plain CGI as they are where no process stays to ask for them', async () => {
    await withFeed({ way: 'apache/cgi.conf' }, { isUp: false }, async ({ callers }) => {
      const token = await issuer.mint();
      for (let n = 0; n < 3; n += 1) {
        assert.equal((await callers.call('/api/private', { token })).status, 200);
      }
      assert.equal(await issuer.introspectionsOf(token), 1);
    });
  });

  it('of keys make the key set be read again at once', async () => {
    await withFeed(lighttpd, { settings: { ZITADEL_VALIDATION: 'jwt-or-introspection' } }, async ({ callers }) => {
      const token = await issuer.mint({ kind: 'jwt' });
      const { kid } = JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
      await makeKnown(callers, token);
      await issuer.activateWebKey(await issuer.addWebKey());
      await last200(callers, token, () => issuer.removeWebKey(kid));
    });
  });

  it('of whose list the token may see nothing are told of once', async () => {
    await withFeed(lighttpd, { file: 'admin-token', isUp: false }, async ({ api, callers }) => {
      await api.waitForLog(/events cannot be had from ZITADEL: .*IAM_OWNER_VIEWER/);
      await callers.call('/api/public');
      await sleep(2000);
      const lines = api.programLog().filter((line) => line.includes('events cannot be had'));
      assert.equal(lines.length, 1);
    });
  });
});
