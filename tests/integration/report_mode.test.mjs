// SPDX-License-Identifier: Apache-2.0
// ZITADEL_MODE=report in front of a site that is there already, behind each web server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards, useApi } from './support/api.mjs';
import { learned, startGuardedSite } from './support/guarded_site.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const rules = `
/            token
/open/       public               GET
/cgi/        role:read:messages   GET
/who.php     net:192.0.2.0/24     POST
/who.php     token                *
`;
const origin = 'https://app.example.org';
const settings = { ZITADEL_MODE: 'report', ZITADEL_CORS_ORIGINS: origin };
const callers = ['REMOTE_USER', 'AUTH_SUB', 'AUTH_ROLES', 'AUTH_SCOPE', 'AUTH_EXP', 'AUTH_CLIENT_ID',
  'AUTH_USERNAME', 'AUTH_ORG'];

// mod_fcgid tells the program nothing by itself.
const told = [['#SetEnvIf Request_Method "^" ZITADEL_VARIABLES=1', 'SetEnvIf Request_Method "^" ZITADEL_VARIABLES=1']];

for (const [way, { replacements, tells = true }] of Object.entries(guards)) {
  describe(way, () => {
    let site;
    before(async () => {
      site = await startGuardedSite(way, issuer,
        { rules, settings, replacements: tells ? replacements : told });
    });
    after(() => site?.stop());

    const assertReported = (answer, wouldBe, what) => {
      assert.equal(answer.status, 200, what);
      assert.match(answer.body, /^the file /, what);
      const variables = learned(answer);
      assert.equal(variables.AUTH_WOULD_BE, wouldBe, what);
      if (wouldBe !== '200') for (const name of callers) assert.ok(!variables[name], `${what}: ${name}`);
      assert.ok(!answer.rawHeaders.some((text) => /would|^variable-/i.test(text)), answer.rawHeaders.join());
      assert.equal(answer.headers['www-authenticate'], undefined, what);
    };

    it('warns loudly at start', async () => {
      await site.call('/file.txt'); // mod_fcgid starts the program with the first request
      await site.waitForLog(/ZITADEL_MODE=report: THE RULES REFUSE NOBODY/);
    });

    it('lets who would be refused go on, and tells the program why, but not who it is', async () => {
      const none = '401 no access token was sent';
      const without = await issuer.mint({ user: 'without-role' });
      assertReported(await site.call('/who.php'), none, 'no token');
      assertReported(await site.call('/who.php', { token: 'made-up' }),
        '401 the access token is not active', 'made up');
      assertReported(await site.call('/who.php', { token: await issuer.mint({ ttl: -5 }) }),
        '401 the access token is not active', 'expired');
      assertReported(await site.call('/cgi/who.cgi', { token: without }),
        '403 the user has not been granted the role', 'no role');
      assertReported(await site.call('/cgi/who.cgi', { token: without, method: 'POST' }),
        '405 the rules of the path are not for the method', 'wrong method');
      assertReported(await site.call('/who.php', { token: without, method: 'POST' }),
        '403 the request does not come from a network that is allowed', 'wrong network');
      assertReported(await site.call('/who.php', { headers: { Authorization: 'Bearer a b' } }),
        '400 the Authorization header is not of the form "Bearer TOKEN"', 'malformed');
      assert.equal((await site.call('/file.txt')).body, 'the file /file.txt\n');
      assert.equal((await site.call('/none.txt')).status, 404);
    });

    it('tells of who would be let in as always', async () => {
      const token = await issuer.mint({ user: 'with-role' });
      const answer = await site.call('/cgi/who.cgi', { token });
      assertReported(answer, '200', 'with the role');
      assert.equal(learned(answer).AUTH_SUB, issuer.users['with-role']);
      assertReported(await site.call('/open/who.php'), '200', 'public');
    });

    it('lets no client forge it', async () => {
      const names = ['AUTH_WOULD_BE', 'Auth-Would-Be', 'Variable-AUTH_WOULD_BE', 'HTTP_AUTH_WOULD_BE'];
      const headers = names.flatMap((name) => [name, '200']);
      for (const path of ['/who.php', '/cgi/who.cgi']) {
        assertReported(await site.call(path, { headers }), '401 no access token was sent', path);
      }
    });

    it('leaves a preflight to the program', async () => {
      const answer = await site.call('/who.php', { method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT' } });
      assertReported(answer, '204 a preflight is answered here', 'preflight');
    });

    it('lets requests go on while ZITADEL fails', async () => {
      await issuer.fault('server-error');
      try {
        const answer = await site.call('/who.php', { token: await issuer.mint({}) });
        assertReported(answer, '503 ZITADEL answered with a server error (5xx)', 'outage');
      } finally {
        await issuer.clearFaults();
      }
    });
  });
}

describe('what is not spared', () => {
  it('the endpoints of the program refuse as always', async () => {
    await useApi('lighttpd/fastcgi.conf', issuer, { settings }, async (api) => {
      assert.equal((await api.call('/api/private')).status, 401);
      assert.equal((await api.call('/api/private', { token: 'made-up' })).status, 401);
      assert.equal((await api.call('/api/private', { token: await issuer.mint({}) })).status, 200);
    });
  });

  it('is not there where refusals count, and a program cannot be told of it by a client', async () => {
    const enforcing = await startGuardedSite('lighttpd/authorizer.conf', issuer, { rules });
    try {
      assert.equal((await enforcing.call('/who.php')).status, 401);
      const answer = await enforcing.call('/open/who.php', { headers: { 'Auth-Would-Be': '200' } });
      assert.equal(learned(answer).AUTH_WOULD_BE, undefined);
      assert.doesNotMatch(enforcing.log(), /REFUSE NOBODY/);
    } finally {
      await enforcing.stop();
    }
  });
});
