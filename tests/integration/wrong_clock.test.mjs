// SPDX-License-Identifier: Apache-2.0
// This machine's clock is an hour ahead. What ZITADEL calls active is let in all the same, JWTs and opaque
// tokens; what has expired for ZITADEL is not.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { audienceScope } from '../issuer/lib/names.mjs';
import { useApi } from './support/api.mjs';
import { MovedClock } from './support/moved_clock.mjs';
import { Workspace } from './support/workspace.mjs';

const kAhead = 3600; // seconds

let issuer;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());

const mint = (kind, wish) => issuer.mint({ kind, scope: `openid ${audienceScope(issuer.projectId)}`, ...wish });

// ZITADEL would refuse an assertion that an hour ahead has dated; a client secret tells no time.
function basic() {
  const { clientId, clientSecret } = issuer.readFile('basic');
  return { key: null, API_PRIVATE_KEY_FILE_PATH: undefined, ZITADEL_CLIENT_ID: clientId,
    ZITADEL_CLIENT_SECRET: clientSecret };
}

// The web server's file with these variables for the program.
function withVariables(variables) {
  const start = '"bin-environment" => ( ';
  return [[start, start + Object.entries(variables).map(([name, value]) => `"${name}" => "${value}", `).join('')]];
}

it('a clock that is an hour ahead costs nobody a token', { timeout: 60_000 }, async () => {
  const folder = new Workspace();
  const clock = new MovedClock(folder, kAhead);
  await useApi('lighttpd/fastcgi.conf', issuer, { replacements: withVariables(clock.environment),
    settings: { ...basic(), ZITADEL_CACHE_TTL: 30 } }, async (api) => {
    const status = async (token) => (await api.call('/api/private', { token })).status;
    for (const kind of ['opaque', 'jwt']) {
      const token = await mint(kind, { ttl: 600 });
      for (let i = 0; i < 3; ++i) assert.equal(await status(token), 200, `${kind} ${i}`);
      assert.equal(await issuer.introspectionsOf(token), 1, `${kind}: a known token is served from memory`);
      assert.equal(await status(await mint(kind, { ttl: -65 })), 401, `${kind} that has expired`);
    }
    const short = await mint('jwt', { ttl: 3 });
    assert.equal(await status(short), 200);
    await sleep(3500);
    assert.equal(await status(short), 401);
    await api.waitForLog(/this machine's clock is wrong: it is \d+ seconds ahead of ZITADEL's/);
  }).finally(() => folder.remove());
});
