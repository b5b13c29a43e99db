// SPDX-License-Identifier: Apache-2.0
// An HTTP/2 issuer that takes no byte of any body: its window stays 0. libcurl asks to be told when the
// socket can be written to, and it always can.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { statOf } from './support/processes.mjs';

const kTimeout = 4000; // milliseconds
const kLooked = 2500;

let issuer;
before(async () => { issuer = await startIssuer({ tls: true, window: 0, assertions: 'reusable' }); });
after(() => issuer?.stop());

it('a peer that takes nothing costs next to no processor time, and 503', { timeout: 60_000 }, async () => {
  const api = await startApi('lighttpd/spawn-fcgi.conf', issuer, { settings: (workspace) => ({
    ZITADEL_TIMEOUT_MS: kTimeout, ZITADEL_LOG_LEVEL: 'warn',
    ZITADEL_CA_FILE: workspace.write('etc/ca.pem', readFileSync(issuer.files.ca)) }) });
  try {
    const pid = Number(readFileSync(api.workspace.path('run/api.pid'), 'utf8'));
    await api.call('/api/public');
    const begin = Date.now();
    const answering = api.call('/api/private', { token: await issuer.mint() });
    answering.catch(() => {}); // said below
    await sleep(500);
    const [before, from] = [statOf(pid).worked, Date.now()];
    await sleep(kLooked);
    const share = (statOf(pid).worked - before) * 1000 / (Date.now() - from);
    assert.equal((await answering).status, 503);
    assert.ok(Date.now() - begin >= kTimeout - 100, 'the question was not held up');
    assert.ok(share < 0.1, `${share} of a core`);
  } finally {
    await api.stop();
  }
});
