// SPDX-License-Identifier: Apache-2.0
// Access tokens longer than usual, where the operator takes them: ZITADEL_MAX_TOKEN_BYTES, and the web
// server's own limit raised as its file says.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { audienceScope, everyProjectsRolesScope } from '../issuer/lib/names.mjs';
import { guards, useApi, ways } from './support/api.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';

const limit = { timeout: 120_000 };
const kUsual = 16 * 1024; // bytes of an Authorization header
const taken = { ZITADEL_MAX_TOKEN_BYTES: 64 * 1024 };

// What each server's file tells how to raise, and to what. Apache's mod_proxy_fcgi and mod_authnz_fcgi
// cannot hand on 16 KiB.
const lighttpd = ['server.max-request-field-size', 32768];
const nginx = ['large_client_header_buffers', 32768];
const apache = ['LimitRequestFieldSize', 32768];
const proxied = ['LimitRequestFieldSize', 16000];
const limits = {
  'lighttpd/fastcgi.conf': lighttpd, 'lighttpd/spawn-fcgi.conf': lighttpd,
  'lighttpd/authorizer.conf': lighttpd, 'nginx/api.conf': nginx, 'nginx/auth_request.conf': nginx,
  'apache/mod_fcgid.conf': apache, 'apache/cgi.conf': apache,
  'apache/fcgid_access_checker.conf': apache, 'apache/proxy_fcgi.conf': proxied,
  'apache/authnz_fcgi.conf': proxied,
};
const raised = (way) => [[`#${limits[way][0]}`, limits[way][0]]];

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

// A JWT of a user with as many roles of 36 characters as make it longer than `bytes`; the last of them
// is the one that the tests' endpoints and rules ask for.
async function jwtLongerThan(bytes) {
  for (let count = 10; count < 400; count += 10) {
    const names = Array.from({ length: count }, (_, i) => `catalogue-editor-${1000 + i}`.padEnd(36, '-x'));
    const roles = Object.fromEntries([...names, 'read:messages'].map((name) =>
      [name, { [issuer.organisationId]: 'my-organisation.my-instance.zitadel.cloud' }]));
    const token = await issuer.mint({ kind: 'jwt', user: 'without-role',
      scope: `openid ${audienceScope(issuer.projectId)} ${everyProjectsRolesScope}`,
      roles: { [issuer.projectId]: roles } });
    if (token.length > bytes) return token;
  }
  throw new Error(`no JWT of ${bytes} bytes`);
}

const status = async (api, token, path = '/api/private-scoped') =>
  (await api.call(path, { token })).status;

// As long as the server lets through, and long enough to show something.
async function longest(way) {
  const most = limits[way][1];
  const token = await jwtLongerThan(most === 32768 ? kUsual + 4096 : kUsual - 4096);
  assert.ok(token.length < most - 200, `${token.length} bytes`);
  return token;
}

for (const way of Object.keys(ways)) {
  it(`behind ${way} a JWT as long as the server lets through is taken`, limit, async () => {
    const token = await longest(way);
    for (const mode of ['introspection', 'jwt']) {
      await useApi(way, issuer, { replacements: raised(way),
        settings: { ...taken, ZITADEL_VALIDATION: mode } }, async (api) => {
        assert.equal(await status(api, token), 200, mode);
        assert.equal(await status(api, `${token.slice(0, -2)}AA`), 401, mode);
      });
    }
  });
}

for (const way of Object.keys(guards)) {
  describe(`guarded by ${way}`, limit, () => {
    let site;
    before(async () => {
      site = await startGuardedSite(way, issuer, { settings: taken,
        replacements: [...raised(way), ...(guards[way].replacements ?? [])] });
    });
    after(() => site?.stop());

    it('a JWT as long as the server lets through opens files and programs', async () => {
      const token = await longest(way);
      for (const path of ['/staff/file.txt', '/cgi/who.cgi', '/who.php']) {
        assert.equal(await status(site, token, path), 200, path);
      }
    });
  });
}

it('a token longer than the setting is answered 400, whichever it is', limit, async () => {
  const way = 'lighttpd/fastcgi.conf';
  const token = await jwtLongerThan(kUsual);
  for (const [bytes, expected] of [[undefined, 400], [token.length + 'Bearer '.length - 1, 400],
    [token.length + 'Bearer '.length, 200]]) {
    await useApi(way, issuer, { replacements: raised(way),
      settings: { ZITADEL_MAX_TOKEN_BYTES: bytes } }, async (api) => {
      const answer = await api.call('/api/private-scoped', { token });
      assert.equal(answer.status, expected, `${bytes}`);
      if (expected === 400) assert.equal(answer.json.error, 'invalid_request');
    });
  }
});
