// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, beforeEach } from 'node:test';
import { startIssuer } from '../client.mjs';
import { verify, parse } from '../lib/jwt.mjs';
import { audienceScope, paths } from '../lib/names.mjs';
import { assertionOf, getJson, introspect, test, tokenFrom } from './calls.mjs';

let issuer;
let key;
before(async () => {
  issuer = await startIssuer();
  key = issuer.readFile('user-with-role');
});
beforeEach(() => issuer.settings({ accessTokens: 'opaque' }));
after(() => issuer?.stop());

const now = () => Math.floor(Date.now() / 1000);
// ZITADEL does not say why.
const isRefused = (answer) => {
  assert.equal(answer.status, 500);
  assert.deepEqual(answer.body,
    { error: 'server_error', error_description: 'Errors.Internal' });
};

const badAssertions = {
  'another audience': () => ({ claims: { aud: 'https://elsewhere' } }),
  'an exp that has passed': () => ({ claims: { iat: now() - 60, exp: now() - 5 } }),
  'an iat older than an hour': () => ({ claims: { iat: now() - 3700 } }),
  'an iat ahead': () => ({ claims: { iat: now() + 5 } }),
  'a kid of nobody': () => ({ header: { kid: '1' } }),
  'no kid': () => ({ header: { kid: undefined } }),
  'a subject who is nobody': () => ({ claims: { sub: '1', iss: '1' } }),
};
for (const [what, change] of Object.entries(badAssertions)) {
  test(`the grant refuses an assertion with ${what}`, async () => {
    isRefused(await tokenFrom(issuer, assertionOf(issuer, key, change())));
  });
}

test('the grant refuses what is no JWT, an application\'s key and a wrong signature', async () => {
  isRefused(await tokenFrom(issuer, 'no-jwt'));
  const application = issuer.readFile('api-key');
  isRefused(await tokenFrom(issuer, assertionOf(issuer, application)));
  const other = issuer.readFile('user-without-role');
  isRefused(await tokenFrom(issuer, assertionOf(issuer, { ...key, key: other.key })));
});

test('the grant refuses a deleted key until it is restored', async () => {
  await issuer.deleteKey(key.keyId);
  isRefused(await tokenFrom(issuer, assertionOf(issuer, key)));
  await issuer.restoreKey(key.keyId);
  assert.equal((await tokenFrom(issuer, assertionOf(issuer, key))).status, 200);
});

test('a service user gets an opaque token for the projects its scope names', async () => {
  const scope = `openid ${audienceScope(issuer.projectId)}`;
  const answer = await tokenFrom(issuer, assertionOf(issuer, key), scope);
  assert.equal(answer.status, 200);
  assert.equal(answer.body.token_type, 'Bearer');
  assert.ok(answer.body.expires_in > 0);
  assert.doesNotMatch(answer.body.access_token, /\./);
  const introspected = (await introspect(issuer, answer.body.access_token)).body;
  assert.equal(introspected.sub, key.userId);
  assert.equal(introspected.scope, scope);
});

test('without the aud scope its token is inactive for the API', async () => {
  const answer = await tokenFrom(issuer, assertionOf(issuer, key), 'openid');
  assert.deepEqual((await introspect(issuer, answer.body.access_token)).body, { active: false });
});

test('a service user set to JWT gets one that the published keys verify', async () => {
  await issuer.settings({ accessTokens: 'jwt' });
  const scope = audienceScope(issuer.projectId);
  const { body } = await tokenFrom(issuer, assertionOf(issuer, key), scope);
  const { keys } = await getJson(issuer.issuer + paths.keys);
  const jwk = keys.find(({ kid }) => kid === parse(body.access_token).header.kid);
  assert.ok(verify(body.access_token, createPublicKey({ key: jwk, format: 'jwk' })));
  assert.equal(jwk.d, undefined);
});

test('discovery names the issuer to the byte, and ZITADEL\'s endpoints', async () => {
  const document = await getJson(issuer.issuer + paths.discovery);
  assert.equal(document.issuer, issuer.issuer);
  assert.doesNotMatch(document.issuer, /\/$/);
  assert.equal(document.introspection_endpoint, `${issuer.issuer}/oauth/v2/introspect`);
  assert.equal(document.token_endpoint, `${issuer.issuer}/oauth/v2/token`);
  assert.equal(document.jwks_uri, `${issuer.issuer}/oauth/v2/keys`);
  assert.equal(document.revocation_endpoint, `${issuer.issuer}/oauth/v2/revoke`);
});
