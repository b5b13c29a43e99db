// SPDX-License-Identifier: Apache-2.0
// What ZITADEL's events end is asked about again, in all processes; without events nothing is older
// than half a minute.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { Administrator } from '../issuer/test/administrator.mjs';
import { tally } from './support/callers.mjs';
import { behind, kProcesses, withFeed as withFeedOf } from './support/feeds.mjs';
import { MovedClock } from './support/moved_clock.mjs';
import { signal, waitFor } from './support/processes.mjs';
import { Workspace } from './support/workspace.mjs';

const limit = { timeout: 120_000 };
const kWithin = 2000; // milliseconds from an event to its last 200, while the feed is up
const kUnfedLife = 30; // seconds
const kKilled = /child signalled: 9/; // what lighttpd says of a process that a test has killed

let issuer;
before(async () => {
  issuer = await startIssuer({ assertions: 'reusable' });
  await issuer.eventSettings({ latency: 40 });
});
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

const failSearch = (name) => issuer.fault(name, { on: 'events' });

const lighttpd = behind['lighttpd, 4 processes'];
const withFeed = (...rest) => withFeedOf(issuer, ...rest);

// Each process gets to know the token, as far as the web server spreads the calls.
async function makeKnown(callers, token, path = '/api/private') {
  for (let round = 0; round < 4; round += 1) {
    const answers = await callers.callAll(path, Array(10 * kProcesses).fill(token));
    assert.deepEqual(tally(answers), { 200: 10 * kProcesses });
  }
}

// How many milliseconds after the call of `end` the last 200 was asked for; from `within` on there is none.
async function last200(callers, token, end, { within = kWithin, path = '/api/private', then = 401 } = {}) {
  await end();
  const ended = performance.now();
  let last = 0;
  for (;;) {
    const asked = performance.now() - ended;
    const answers = await callers.callAll(path, Array(2 * kProcesses).fill(token));
    if (answers.some(({ status }) => status === 200)) last = asked;
    if (asked > within + 500) break;
    await sleep(20);
  }
  assert.ok(last <= within, `a 200 that was asked for ${last} ms after the event`);
  assert.deepEqual(tally(await callers.callAll(path, Array(20).fill(token))), { [then]: 20 });
}

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

// Waits until ZITADEL was asked for events twice more, and all processes have learned of it.
async function nextPolls() {
  const searches = async () => (await issuer.searches()).length;
  const before = await searches();
  await waitFor('two more polls', async () => await searches() >= before + 2);
  await sleep(500);
}

// The clocks of the program are moved, so that nobody waits for half a minute.
describe('while events cannot be had', limit, () => {
  const faults = ['server-error', 'rate-limited', 'wrong-token', 'no-permission', 'not-json', 'truncated',
    'redirect', 'hang', 'hang-body', 'reset'];
  for (const fault of faults) {
    it(`(${fault}) no answer is older than half a minute, until they can again`, async () => {
      await withMovedFeed(async ({ api, callers, clock }) => {
        const [revoked, good] = await issuer.mintMany(2);
        await makeKnown(callers, revoked);
        await makeKnown(callers, good);
        const before = await issuer.introspectionsOf(good);
        clock.pass(100);
        await nextPolls();
        assert.deepEqual(tally(await callers.callAll('/api/private', Array(20).fill(good))), { 200: 20 });
        assert.equal(await issuer.introspectionsOf(good), before, 'it is not known for minutes');
        await failSearch(fault);
        await nextPolls();
        await issuer.revoke(revoked);
        clock.pass(100 + kUnfedLife);
        for (let round = 0; round < 3; round += 1) {
          assert.deepEqual(tally(await callers.callAll('/api/private', Array(20).fill(revoked))), { 401: 20 });
          assert.deepEqual(tally(await callers.callAll('/api/private', Array(20).fill(good))), { 200: 20 });
        }
        await api.waitForLog(/feed of ZITADEL's events is behind/);
        await issuer.clearFaults();
        await nextPolls();
        const token = await issuer.mint();
        await makeKnown(callers, token);
        await last200(callers, token, () => issuer.revoke(token));
      });
    });
  }

  async function withMovedFeed(use) {
    const folder = new Workspace();
    const clock = new MovedClock(folder);
    const variables = Object.entries(clock.environment).map(([name, value]) => `"${name}" => "${value}", `);
    const environment = '"bin-environment" => ( ';
    const replacements = [...lighttpd.replacements, [environment, environment + variables.join('')]];
    const settings = { ZITADEL_TIMEOUT_MS: 1000 };
    await withFeed({ way: lighttpd.way, replacements }, { settings }, (parts) => use({ ...parts, clock }))
      .finally(() => folder.remove());
  }
});
