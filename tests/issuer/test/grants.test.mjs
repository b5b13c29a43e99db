import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, beforeEach } from 'node:test';
import { startIssuer } from '../client.mjs';
import { verify, parse } from '../lib/jwt.mjs';
import { audienceScope, clientAssertionType, paths } from '../lib/names.mjs';
import { assertionOf, getJson, introspect, post, test, tokenFrom } from './calls.mjs';

let issuer;
let key;
before(async () => {
  issuer = await startIssuer();
  key = issuer.readFile('user-with-role');
});
beforeEach(() => issuer.settings({ accessTokens: 'opaque' }));
after(() => issuer?.stop());

const now = () => Math.floor(Date.now() / 1000);
const isRefused = (answer, description) => {
  assert.equal(answer.status, 400);
  assert.equal(answer.body.error, 'invalid_grant');
  assert.match(answer.body.error_description, description);
};

const badAssertions = {
  'another audience': [() => ({ claims: { aud: 'https://elsewhere' } }), /audience/],
  'an exp that has passed': [() => ({ claims: { iat: now() - 60, exp: now() - 5 } }), /expired/],
  'an iat older than an hour': [() => ({ claims: { iat: now() - 3700 } }), /too long ago/],
  'an iat ahead': [() => ({ claims: { iat: now() + 5 } }), /future/],
  'a kid of nobody': [() => ({ header: { kid: '1' } }), /key is not known/],
  'no kid': [() => ({ header: { kid: undefined } }), /names no key/],
  'a subject who is nobody': [() => ({ claims: { sub: '1', iss: '1' } }), /no service user/],
};
for (const [what, [change, description]] of Object.entries(badAssertions)) {
  test(`the grant refuses an assertion with ${what}, and says so`, async () => {
    isRefused(await tokenFrom(issuer, assertionOf(issuer, key, change())), description);
  });
}

test('the grant refuses what is no JWT, an application\'s key and a wrong signature', async () => {
  isRefused(await tokenFrom(issuer, 'no-jwt'), /not a JWT/);
  const application = issuer.readFile('api-key');
  isRefused(await tokenFrom(issuer, assertionOf(issuer, application)), /no service user/);
  const other = issuer.readFile('user-without-role');
  isRefused(await tokenFrom(issuer, assertionOf(issuer, { ...key, key: other.key })), /signature/);
});

test('the grant refuses a deleted key until it is restored', async () => {
  await issuer.deleteKey(key.keyId);
  isRefused(await tokenFrom(issuer, assertionOf(issuer, key)), /key is not known/);
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

test('a service user can revoke its own token and nobody else\'s', async () => {
  const token = await issuer.mint();
  const revokeBy = (file) => post(issuer.issuer + paths.revocation, {
    token,
    client_assertion_type: clientAssertionType,
    client_assertion: assertionOf(issuer, issuer.readFile(file)),
  });
  assert.equal((await revokeBy('user-without-role')).status, 400);
  assert.equal((await introspect(issuer, token)).body.active, true);
  assert.equal((await revokeBy('user-with-role')).status, 200);
  assert.deepEqual((await introspect(issuer, token)).body, { active: false });
});
