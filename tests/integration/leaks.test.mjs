// SPDX-License-Identifier: Apache-2.0
// Memory after 1,000 requests of every kind, and after reloads in the middle of them, by valgrind.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { change, inForce, reload, startCalling } from './support/reloads.mjs';
import { isSanitized } from './support/workspace.mjs';

const kRequests = 1000;
const kReloads = 12;
// Below valgrind a program takes seconds to load its libraries.
const kSlow = { timeoutMs: 60_000 };
// Known tokens go on, or mean something else.
const kChanges = [
  (n) => ({ ZITADEL_REALM: `realm-${n}` }),
  (n) => ({ ZITADEL_PASS_CLAIMS: `claim-${n}` }),
  () => ({ ZITADEL_VALIDATION: 'jwt-or-introspection' }),
];

// Valgrind cannot run what a sanitizer has been built into, which looks for leaks itself.
const sanitized = isSanitized();

test(`valgrind finds no leak and no error in ${kRequests} requests`,
  { skip: sanitized && 'the program is built with a sanitizer', timeout: 240_000 }, async () => {
    const issuer = await startIssuer();
    let api;
    try {
      await issuer.settings({ assertions: 'reusable' });
      api = await startUnderValgrind(issuer);
      const tokens = [
        ...await issuer.mintMany(100),
        ...await issuer.mintMany(20, { user: 'without-role' }),
        ...await issuer.mintMany(20, { ttl: -5 }),
        undefined, 'made-up', 'malformed token',
      ];
      for (let done = 0; done < kRequests; done += 20) {
        await Promise.all(Array.from({ length: 20 }, async (_, index) => {
          const path = ['/public', '/private', '/private-scoped', '/nothing'][index % 4];
          const token = tokens[(done + index * 7) % tokens.length];
          const { status } = await api.call(`/api${path}`, { token, timeoutMs: 60_000 });
          assert.ok([200, 400, 401, 403, 404].includes(status), String(status));
        }));
      }
      await assertClean(api);
    } finally {
      await api?.stop();
      await issuer.stop();
    }
  });

test(`valgrind finds no leak and no error in ${kReloads} reloads under load`,
  { skip: sanitized && 'the program is built with a sanitizer', timeout: 240_000 }, async () => {
    const issuer = await startIssuer({ assertions: 'reusable' });
    let api;
    try {
      const settings = { ZITADEL_TIMEOUT_MS: 60_000, ZITADEL_EVENTS_TOKEN_FILE: 'events' };
      api = await startUnderValgrind(issuer, (workspace) => {
        workspace.write('etc/events', readFileSync(issuer.files['iam-owner-viewer-token']));
        return settings;
      });
      await issuer.fault({ delay: 100, times: 100_000 });
      const known = await issuer.mint();
      const fresh = await issuer.mintMany(2000);
      const load = startCalling(api, '/api/private', async () => (fresh.length % 2 ? known : '') || fresh.pop(), { lines: 10 });
      try {
        for (let n = 0; n < kReloads; n += 1) {
          await load.more(10, kSlow);
          change(api, issuer, { ...settings, ...kChanges[n % kChanges.length](n) });
          await reload(api, inForce, kSlow);
        }
      } finally {
        const answers = await load.stop();
        assert.deepEqual(Object.keys(answers), ['200'], JSON.stringify(answers));
      }
      await assertClean(api);
    } finally {
      await api?.stop();
      await issuer.stop();
    }
  });

async function assertClean(api) {
  const report = api.workspace.path('log/valgrind.log');
  api.program.process.signal('SIGTERM');
  await api.program.process.exit({ timeoutMs: 60_000 });
  const text = readFileSync(report, 'utf8');
  assert.match(text, /ERROR SUMMARY: 0 errors/, text);
  assert.match(text, /All heap blocks were freed|definitely lost: 0 bytes/, text);
}

// Leaks count as errors; what libraries keep until the end ("still reachable") does not.
function startUnderValgrind(issuer, settings = { ZITADEL_CACHE_TTL: 0, ZITADEL_TIMEOUT_MS: 60_000 }) {
  return startApi('lighttpd/spawn-fcgi.conf', issuer, {
    settings,
    programReplacements: (workspace) => [[
      `exec ${workspace.program}`,
      `exec valgrind --leak-check=full --show-leak-kinds=definite,indirect,possible ` +
      `--errors-for-leak-kinds=definite,indirect,possible ` +
      `--log-file=${workspace.path('log/valgrind.log')} ${workspace.program}`,
    ]],
  });
}
