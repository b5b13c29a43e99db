// SPDX-License-Identifier: Apache-2.0
// APIs that ask ZITADEL for its events.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { useApi } from './api.mjs';
import { Callers, tally } from './callers.mjs';
import { waitFor } from './processes.mjs';

export const kProcesses = 4;
export const kWithin = 2000; // milliseconds from an event to its last 200, while the feed is up

export const behind = {
  'lighttpd, 4 processes': {
    way: 'lighttpd/fastcgi.conf', replacements: [['"max-procs" => 1', `"max-procs" => ${kProcesses}`]],
  },
  'Apache, mod_fcgid': { way: 'apache/mod_fcgid.conf' },
};

// Runs `use` with an API that asks for events with that file of the issuer's, once its feed is up.
export async function withFeed(issuer, { way, replacements },
  { file = 'iam-owner-viewer-token', settings, isUp = true }, use) {
  const text = readFileSync(issuer.files[file], 'utf8');
  const options = {
    replacements,
    settings: (workspace) => ({
      ZITADEL_EVENTS_TOKEN_FILE: workspace.write('etc/events', text), ...settings,
    }),
  };
  await useApi(way, issuer, options, async (api) => {
    if (!text.startsWith('{')) api.secrets.add(text.trim());
    const callers = new Callers(api);
    const searches = async () => (await issuer.searches()).length;
    const before = await searches();
    try {
      await callers.call('/api/public');
      if (isUp) await waitFor('the feed to begin', async () => await searches() > before + 1);
      await use({ api, callers });
    } finally {
      callers.close();
    }
  });
}

// Each process gets to know the token, as far as the web server spreads the calls.
export async function makeKnown(callers, token, path = '/api/private') {
  for (let round = 0; round < 4; round += 1) {
    const answers = await callers.callAll(path, Array(10 * kProcesses).fill(token));
    assert.deepEqual(tally(answers), { 200: 10 * kProcesses });
  }
}

// How many milliseconds after the call of `end` the last 200 was asked for; from `within` on there is none.
export async function last200(callers, token, end, { within = kWithin, path = '/api/private', then = 401 } = {}) {
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
