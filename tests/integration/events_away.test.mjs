// SPDX-License-Identifier: Apache-2.0
// Where ZITADEL's events cannot be had, nothing is older than half a minute. The clocks of the program are moved,
// so that nobody waits for it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { tally } from './support/callers.mjs';
import { behind, last200, makeKnown, withFeed } from './support/feeds.mjs';
import { MovedClock } from './support/moved_clock.mjs';
import { waitFor } from './support/processes.mjs';
import { Workspace } from './support/workspace.mjs';

const kUnfedLife = 30; // seconds
const lighttpd = behind['lighttpd, 4 processes'];

// Waits until ZITADEL was asked for events twice more, and all processes have learned of it.
async function nextPolls(issuer) {
  const searches = async () => (await issuer.searches()).length;
  const before = await searches();
  await waitFor('two more polls', async () => await searches() >= before + 2);
  await sleep(500);
}

// Most of each is waiting.
describe('while events cannot be had', { timeout: 120_000, concurrency: 3 }, () => {
  const faults = ['server-error', 'rate-limited', 'wrong-token', 'no-permission', 'not-json', 'truncated',
    'redirect', 'hang', 'hang-body', 'reset'];
  for (const fault of faults) {
    it(`(${fault}) no answer is older than half a minute, until they can again`, async () => {
      await withMovedFeed(async ({ issuer, api, callers, clock }) => {
        const [revoked, good] = await issuer.mintMany(2);
        await makeKnown(callers, revoked);
        await makeKnown(callers, good);
        const before = await issuer.introspectionsOf(good);
        clock.pass(100);
        await nextPolls(issuer);
        assert.deepEqual(tally(await callers.callAll('/api/private', Array(20).fill(good))), { 200: 20 });
        assert.equal(await issuer.introspectionsOf(good), before, 'it is not known for minutes');
        await issuer.fault(fault, { on: 'events' });
        await nextPolls(issuer);
        await issuer.revoke(revoked);
        clock.pass(100 + kUnfedLife);
        for (let round = 0; round < 3; round += 1) {
          assert.deepEqual(tally(await callers.callAll('/api/private', Array(20).fill(revoked))), { 401: 20 });
          assert.deepEqual(tally(await callers.callAll('/api/private', Array(20).fill(good))), { 200: 20 });
        }
        await api.waitForLog(/feed of ZITADEL's events is behind/);
        await issuer.clearFaults();
        await nextPolls(issuer);
        const token = await issuer.mint();
        await makeKnown(callers, token);
        await last200(callers, token, () => issuer.revoke(token));
      });
    });
  }

  async function withMovedFeed(use) {
    const issuer = await startIssuer({ assertions: 'reusable' });
    const folder = new Workspace();
    const clock = new MovedClock(folder);
    const variables = Object.entries(clock.environment).map(([name, value]) => `"${name}" => "${value}", `);
    const environment = '"bin-environment" => ( ';
    const replacements = [...lighttpd.replacements, [environment, environment + variables.join('')]];
    const settings = { ZITADEL_TIMEOUT_MS: 1000 };
    try {
      await issuer.eventSettings({ latency: 40 });
      await withFeed(issuer, { way: lighttpd.way, replacements }, { settings },
        (parts) => use({ ...parts, issuer, clock }));
    } finally {
      folder.remove();
      await issuer.stop();
    }
  }
});
