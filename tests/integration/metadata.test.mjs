// SPDX-License-Identifier: Apache-2.0
// What clients and browsers are told of an API without a token: where to get one (RFC 9728), and
// which scripts may call (CORS), through each web server with its shipped file.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi, ways } from './support/api.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const wellKnown = '/.well-known/oauth-protected-resource';
const resource = 'https://api.example.org/api';
const origin = 'https://app.example.org';

for (const way of Object.keys(ways)) {
  describe(way, () => {
    let api;
    before(async () => {
      api = await startApi(way, issuer, {
        settings: { ZITADEL_RESOURCE: resource, ZITADEL_CORS_ORIGINS: origin },
      });
    });
    after(() => api?.stop());

    it('says where to get a token', async () => {
      const answer = await api.call(`${wellKnown}/api`);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.json, {
        resource,
        authorization_servers: [issuer.issuer],
        bearer_methods_supported: ['header'],
        scopes_supported: ['openid', `urn:zitadel:iam:org:project:id:${issuer.projectId}:aud`],
      });
    });

    it('has nothing else there', async () => {
      for (const path of ['', '/', '/private', '/api/private', '/apix']) {
        assert.equal((await api.call(wellKnown + path)).status, 404, path);
      }
    });

    it('names that document in challenges', async () => {
      const { headers } = await api.call('/api/private');
      assert.equal(headers['www-authenticate'], 'Bearer realm="zitadel", ' +
        `resource_metadata="https://api.example.org${wellKnown}/api"`);
    });

    it('lets scripts of an allowed origin call and read a challenge', async () => {
      const preflight = await api.call('/api/private', { method: 'OPTIONS', headers: {
        Origin: origin, 'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization',
      } });
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers['access-control-allow-origin'], origin);
      assert.equal(preflight.headers['access-control-allow-methods'], 'GET');
      assert.equal(preflight.headers['access-control-allow-headers'], 'authorization');
      const refusal = await api.call('/api/private', { headers: { Origin: origin } });
      assert.equal(refusal.status, 401);
      assert.equal(refusal.headers['access-control-allow-origin'], origin);
      assert.match(refusal.headers['access-control-expose-headers'], /WWW-Authenticate/);
    });

    it('tells scripts of other origins nothing', async () => {
      const headers = { Origin: 'https://other.example', 'Access-Control-Request-Method': 'GET' };
      for (const method of ['OPTIONS', 'GET']) {
        const answer = await api.call('/api/private', { method, headers });
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
      }
    });
  });
}
