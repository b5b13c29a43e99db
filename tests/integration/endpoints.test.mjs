// SPDX-License-Identifier: Apache-2.0
// What a caller gets from the three endpoints, through each web server with its shipped file.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi, ways } from './support/api.mjs';
import { exchange } from './support/http.mjs';

// The realm of ZITADEL_REALM's default.
const bearer = 'Bearer realm="zitadel"';
const endpoints = ['/public', '/private', '/private-scoped'];

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

// Status of each endpoint for callers with such a token.
const tokens = {
  'an opaque token of a user with the role': {
    mint: () => issuer.mint({ user: 'with-role' }), answers: [200, 200, 200],
  },
  'a JWT of a user with the role': {
    mint: () => issuer.mint({ user: 'with-role', kind: 'jwt' }), answers: [200, 200, 200],
  },
  'a personal access token of a user with the role': {
    mint: () => issuer.mint({ user: 'with-role', kind: 'pat' }), answers: [200, 200, 200],
  },
  'a token of a user whose role another organisation granted': {
    mint: () => issuer.mint({ user: 'org-role' }), answers: [200, 200, 200],
  },
  'an opaque token of a user without the role': {
    mint: () => issuer.mint({ user: 'without-role' }), answers: [200, 200, 403],
  },
  'a JWT of a user without the role': {
    mint: () => issuer.mint({ user: 'without-role', kind: 'jwt' }), answers: [200, 200, 403],
  },
  'a personal access token of a user without the role': {
    mint: () => issuer.mint({ user: 'without-role', kind: 'pat' }), answers: [200, 200, 403],
  },
  'a token whose client asked for the scope read:messages without having the role': {
    mint: () => issuer.mint({ user: 'without-role',
      scope: `openid read:messages urn:zitadel:iam:org:project:id:${issuer.projectId}:aud` }),
    answers: [200, 200, 403],
  },
  'a token of a user with that role in another project': {
    mint: () => issuer.mint({ user: 'other-project-role' }), answers: [200, 200, 403],
  },
  'an expired token': { mint: () => issuer.mint({ ttl: -5 }), answers: [200, 401, 401] },
  'an expired JWT': { mint: () => issuer.mint({ kind: 'jwt', ttl: -5 }), answers: [200, 401, 401] },
  'a revoked token': { mint: () => mintRevoked(), answers: [200, 401, 401] },
  'a revoked JWT': { mint: () => mintRevoked({ kind: 'jwt' }), answers: [200, 401, 401] },
  'a token for another audience': {
    mint: () => issuer.mint({ audience: [issuer.otherProjectId] }), answers: [200, 401, 401],
  },
  'a token asked for without the project\'s audience scope': {
    mint: () => issuer.mint({ scope: 'openid' }), answers: [200, 401, 401],
  },
  'a token of another issuer': { mint: () => mintElsewhere(), answers: [200, 401, 401] },
  'a JWT of another issuer': {
    mint: () => mintElsewhere({ kind: 'jwt' }), answers: [200, 401, 401],
  },
  'a made-up token': { mint: () => 'made-up', answers: [200, 401, 401] },
};

async function mintRevoked(wish) {
  const token = await issuer.mint(wish);
  await issuer.revoke(token);
  return token;
}

let elsewhere;
async function mintElsewhere(wish) {
  elsewhere ??= await startIssuer();
  return elsewhere.mint(wish);
}
after(() => elsewhere?.stop());

// What each status means for the body and for WWW-Authenticate.
function assertAnswer(answer, status) {
  assert.equal(answer.status, status, answer.body);
  if (status === 200) {
    assert.deepEqual(Object.keys(answer.json), ['message']);
    assert.equal(typeof answer.json.message, 'string');
    assert.equal(answer.headers['www-authenticate'], undefined);
    return;
  }
  const error = { 400: 'invalid_request', 401: 'invalid_token', 403: 'insufficient_scope' }[status];
  assertError(answer, status, error);
  assert.equal(answer.headers['www-authenticate'],
    `${bearer}, error="${error}", error_description="${inChallenge(answer.json.error_description)}"`);
}

function assertError(answer, status, error) {
  assert.equal(answer.status, status, answer.body);
  assert.deepEqual(Object.keys(answer.json), ['error', 'error_description']);
  assert.equal(answer.json.error, error);
  assert.ok(answer.json.error_description.length > 0);
}

// RFC 6750 §3: an error_description holds no quotation mark.
function inChallenge(description) {
  return description.replaceAll('"', "'");
}

// Bytes of the longest Authorization value once the web server's own limit has been raised, and of
// one that is too long. mod_proxy_fcgi cannot hand on 16 KiB, so Apache refuses a bit earlier.
const byProgram = { fits: 16 * 1024, tooLong: 16 * 1024 + 1, refusedBy: 'the program' };
const raisedLimits = {
  'lighttpd/fastcgi.conf': { directive: 'server.max-request-field-size', ...byProgram },
  'lighttpd/spawn-fcgi.conf': { directive: 'server.max-request-field-size', ...byProgram },
  'nginx/api.conf': { directive: 'large_client_header_buffers', ...byProgram },
  'apache/mod_fcgid.conf': { directive: 'LimitRequestFieldSize', ...byProgram },
  'apache/proxy_fcgi.conf': { directive: 'LimitRequestFieldSize', fits: 15_900, tooLong: 16_001,
    refusedBy: 'Apache' },
  'apache/cgi.conf': { directive: 'LimitRequestFieldSize', ...byProgram },
};

// Nothing that an outsider must not learn.
function assertTellsNothing(answer, ...secrets) {
  const { users, apiClientId, projectId, organisationId } = issuer;
  const text = `${answer.body}\n${answer.rawHeaders.join('\n')}`;
  const known = [apiClientId, projectId, organisationId, issuer.issuer,
    issuer.readFile('api-key').keyId, '/etc/', ...Object.values(users), ...secrets];
  for (const secret of known) assert.ok(!text.includes(secret), `${secret} is in ${text}`);
}

for (const way of Object.keys(ways)) {
  describe(`behind ${way}`, () => {
    let api;
    before(async () => {
      api = await startApi(way, issuer, { settings: { ZITADEL_CACHE_TTL: 0 } });
    });
    after(() => api?.stop());

    describe('the endpoints', () => {
      it('ask for a token without an error code when none was sent', async () => {
        assertAnswer(await api.call('/api/public'), 200);
        for (const path of ['/private', '/private-scoped']) {
          const answer = await api.call(`/api${path}`);
          assertError(answer, 401, 'unauthorized');
          assert.equal(answer.headers['www-authenticate'], bearer);
          assertTellsNothing(answer);
        }
      });

      it('ask for a token when another scheme was used', async () => {
        for (const value of ['Basic dXNlcjpwYXNz', 'Digest username="x"', 'made-up']) {
          const answer = await api.call('/api/private', { headers: { Authorization: value } });
          assertError(answer, 401, 'unauthorized');
          assert.equal(answer.headers['www-authenticate'], bearer);
        }
      });

      for (const [what, { mint, answers }] of Object.entries(tokens)) {
        it(`answer ${answers.join(', ')} to ${what}`, async () => {
          const token = await mint();
          for (const [index, path] of endpoints.entries()) {
            const answer = await api.call(`/api${path}`, { token });
            assertAnswer(answer, answers[index]);
            assertTellsNothing(answer, token);
          }
        });
      }

      it('say which role is missing', async () => {
        const token = await issuer.mint({ user: 'without-role' });
        const { json } = await api.call('/api/private-scoped', { token });
        assert.match(json.error_description, /\bread:messages\b/);
      });

      it('forbid that what needs a token is stored, and nothing else', async () => {
        const token = await issuer.mint();
        for (const options of [{ token }, {}, { token: 'made-up' }]) {
          for (const path of ['/private', '/private-scoped']) {
            const { headers } = await api.call(`/api${path}`, options);
            assert.equal(headers['cache-control'], 'no-store');
          }
        }
        const { headers } = await api.call('/api/public', { token });
        assert.equal(headers['cache-control'], undefined);
      });

      it('take the scheme in any case and several spaces, as RFC 9110 §11.1 has it', async () => {
        const token = await issuer.mint();
        for (const value of [`bearer ${token}`, `BEARER ${token}`, `Bearer   ${token}`]) {
          assertAnswer(await api.call('/api/private', { headers: { Authorization: value } }), 200);
        }
      });
    });

    describe('a malformed Authorization header', () => {
      const malformed = ['Bearer', 'Bearer a b', 'Bearer a,b', 'Bearer "a"', 'Bearer =', 'Bearer a=b',
        'Bearer\ta', 'Bearer a, Bearer b', 'Bearer é'];
      for (const value of malformed) {
        it(`${JSON.stringify(value)} is refused with 400`, async () => {
          const answer = await api.call('/api/private', { headers: { Authorization: value } });
          assertAnswer(answer, 400);
          assertTellsNothing(answer);
        });
      }

      // lighttpd and Apache both join the two to one header with a comma, which no token has.
      it('that arrives twice is refused with 400, even when both are good', async () => {
        const token = `Bearer ${await issuer.mint()}`;
        const answer = await api.call('/api/private',
          { headers: ['Authorization', token, 'Authorization', token] });
        assert.equal(answer.status, 400);
        // nginx does not even hand it on.
        if (way !== 'nginx/api.conf') assertAnswer(answer, 400);
        assertTellsNothing(answer, token);
      });

      it('does not matter to what is public', async () => {
        assertAnswer(await api.call('/api/public', { headers: { Authorization: 'Bearer' } }), 200);
      });
    });

    describe('methods', () => {
      const allowed = 'GET, HEAD, OPTIONS';

      it('HEAD is answered like GET, without a body', async () => {
        const token = await issuer.mint({ user: 'without-role' });
        for (const options of [{}, { token }, { token: 'made-up' }]) {
          for (const path of endpoints) {
            const get = await api.call(`/api${path}`, options);
            const head = await api.call(`/api${path}`, { method: 'HEAD', ...options });
            assert.equal(head.status, get.status);
            assert.equal(head.body, '');
            for (const name of ['content-type', 'cache-control', 'www-authenticate']) {
              assert.equal(head.headers[name], get.headers[name], name);
            }
          }
        }
      });

      it('OPTIONS is answered 204 with Allow, and needs no token', async () => {
        for (const path of endpoints) {
          const answer = await api.call(`/api${path}`, { method: 'OPTIONS' });
          assert.equal(answer.status, 204);
          assert.equal(answer.headers.allow, allowed);
          assert.equal(answer.body, '');
        }
      });

      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        it(`${method} is refused with 405 and Allow, whatever the token`, async () => {
          const token = await issuer.mint();
          for (const options of [{}, { token }, { token: 'made-up' }]) {
            for (const path of endpoints) {
              const answer = await api.call(`/api${path}`, { method, body: 'a=b', ...options });
              assertError(answer, 405, 'method_not_allowed');
              assert.equal(answer.headers.allow, allowed);
            }
          }
        });
      }
    });

    describe('paths', () => {
      it('that are no endpoint are 404', async () => {
        const token = await issuer.mint();
        const unknown = ['', '/', '/private/', '/Private', '/private/x', '/privat', '/private;x',
          '/public/../nothing', '/private%20'];
        for (const path of unknown) {
          assertError(await api.call(`/api${path}`, { token }), 404, 'not_found');
        }
      });

      it('that are written in other ways are the same endpoint', async () => {
        for (const path of ['/api/%70rivate', '//api/private', '/api//private', '/api/./private',
          '/x/../api/private', '/api/public/../private', '/api/private?a=b', '/api/private?/public']) {
          assertError(await api.call(path), 401, 'unauthorized');
        }
      });

      // The one reads %2F as a slash, the other refuses it: both keep the door shut.
      it('with an encoded slash let nobody in without a token', async () => {
        for (const path of ['/api%2Fprivate', '/api/x%2F..%2Fprivate', '/api%2fprivate%2f']) {
          const { status } = await api.call(path);
          assert.ok([401, 404].includes(status), `${path}: ${status}`);
        }
      });

      it('that only begin with /api do not reach the program', async () => {
        const file = await api.call('/apix/private');
        assert.deepEqual([file.status, file.body], [200, 'a file below /apix']);
        for (const path of ['/apiprivate', '/api-private', '/API/private', '/apix']) {
          const answer = await api.call(path);
          assert.ok([301, 404].includes(answer.status), `${path}: ${answer.status}`);
          assert.equal(answer.json, undefined);
        }
      });

      it('with a null byte are refused by the server', async () => {
        for (const path of ['/api/private%00', '/api/%00', '/api%00/private']) {
          const answer = await api.call(path, { token: await issuer.mint() });
          assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status}`);
        }
      });
    });

    it('a client that sends HTTP/1.0 and no Host is answered too', async () => {
      const answer = await exchange(api.server.port, 'GET /api/public HTTP/1.0\r\n\r\n');
      assert.match(answer, /^HTTP\/1\.[01] 200 /);
    });

    // The web server's own limit, which the file tells how to raise.
    it('a header over the web server\'s limit is refused by the web server', async () => {
      const { status } = await api.call('/api/private', { token: 'a'.repeat(9000) });
      assert.equal(status, way.startsWith('lighttpd') ? 431 : 400);
    });

    it('nothing of a token, key or claim is in the log', async () => {
      const token = await issuer.mint();
      await api.call('/api/private-scoped', { token });
      await api.call('/api/private', { token: 'made-up-and-secret' });
      const log = api.log();
      assert.ok(!log.includes(token));
      assert.ok(!log.includes('made-up-and-secret'));
      assert.ok(!log.includes(issuer.users['with-role']));
      assert.ok(!log.includes('PRIVATE KEY'));
    });

    it('the operator reads why a token may be inactive', async () => {
      await api.call('/api/private', { token: await issuer.mint({ scope: 'openid' }) });
      await api.waitForLog(/info: .*inactive.*urn:zitadel:iam:org:project:id:[^ ]*:aud/);
    });
  });

  describe(`behind ${way} with the limit on headers raised as its comment says`, () => {
    const { directive, fits, tooLong, refusedBy } = raisedLimits[way];
    const tokenOfHeader = (bytes) => 'a'.repeat(bytes - 'Bearer '.length);
    let api;
    before(async () => {
      api = await startApi(way, issuer, { replacements: [[`#${directive}`, directive]] });
    });
    after(() => api?.stop());

    it(`a header of ${fits} bytes is read`, async () => {
      assertAnswer(await api.call('/api/private', { token: tokenOfHeader(fits) }), 401);
    });

    it(`a header of ${tooLong} bytes is refused with 400 by ${refusedBy}`, async () => {
      const answer = await api.call('/api/private', { token: tokenOfHeader(tooLong) });
      assert.equal(answer.status, 400);
      assert.ok(answer.body.length < 1000);
      if (refusedBy === 'the program') assertAnswer(answer, 400);
    });
  });
}
