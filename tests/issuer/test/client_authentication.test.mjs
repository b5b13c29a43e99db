// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach } from 'node:test';
import { startIssuer } from '../client.mjs';
import { clientAssertionType } from '../lib/names.mjs';
import {
  assertionOf, introspect, introspectWith, introspectWithBasic, post, test,
} from './calls.mjs';

let issuer;
let key;
let token;
before(async () => {
  issuer = await startIssuer();
  key = issuer.readFile('api-key');
  token = await issuer.mint();
});
beforeEach(() => issuer.settings({ assertions: 'once', refusals: 'zitadel' }));
after(() => issuer?.stop());

const now = () => Math.floor(Date.now() / 1000);
const isUnauthorized = (answer) => {
  assert.equal(answer.status, 400);
  assert.deepEqual(answer.body, { error: 'unauthorized_client' });
};
const encode = (part) => encodeURIComponent(part).replaceAll('%20', '+');

const badClaims = {
  'the issuer with a slash at its end as audience': () => ({ aud: `${issuer.issuer}/` }),
  'the endpoint as audience': () => ({ aud: `${issuer.issuer}/oauth/v2/introspect` }),
  'no audience': () => ({ aud: undefined }),
  'an iat older than an hour': () => ({ iat: now() - 3601, exp: now() + 60 }),
  'an iat more than a second ahead': () => ({ iat: now() + 5 }),
  'no iat': () => ({ iat: undefined }),
  'an exp that has passed': () => ({ iat: now() - 60, exp: now() - 5 }),
  'no exp': () => ({ exp: undefined }),
  'no jti, which oidc-provider insists on': () => ({ jti: undefined }),
  'another issuer than subject': () => ({ iss: 'somebody' }),
  'a client that does not exist': () => ({ iss: 'nobody', sub: 'nobody' }),
};
for (const [what, claims] of Object.entries(badClaims)) {
  test(`an assertion with ${what} is refused`, async () => {
    isUnauthorized(await introspectWith(
      issuer, assertionOf(issuer, key, { claims: claims() }), token));
  });
}

test('an assertion without a kid is refused', async () => {
  isUnauthorized(await introspectWith(
    issuer, assertionOf(issuer, key, { header: { kid: undefined } }), token));
});

test('an assertion signed with another key under this kid is refused', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const assertion = assertionOf(issuer, { ...key, key: privateKey });
  isUnauthorized(await introspectWith(issuer, assertion, token));
});

test('a key the issuer does not know is refused', async () => {
  isUnauthorized(await introspect(issuer, token, 'api-key-deleted'));
});

test('a deleted key is refused until it is restored', async () => {
  await issuer.deleteKey(key.keyId);
  isUnauthorized(await introspect(issuer, token));
  await issuer.restoreKey(key.keyId);
  assert.equal((await introspect(issuer, token)).body.active, true);
});

test('an assertion used twice is refused, a fresh one is not', async () => {
  const before = await issuer.counters();
  const assertion = assertionOf(issuer, key);
  assert.equal((await introspectWith(issuer, assertion, token)).body.active, true);
  isUnauthorized(await introspectWith(issuer, assertion, token));
  assert.equal((await introspect(issuer, token)).body.active, true);
  const { assertionsReplayed } = await issuer.counters();
  assert.equal(assertionsReplayed - before.assertionsReplayed, 1);
});

test('an assertion can be used again when the issuer is set to allow it', async () => {
  await issuer.settings({ assertions: 'reusable' });
  const assertion = assertionOf(issuer, key);
  for (let n = 0; n < 3; n += 1) {
    assert.equal((await introspectWith(issuer, assertion, token)).body.active, true);
  }
});

test('an old ZITADEL refuses in plain text, other providers with invalid_client', async () => {
  await issuer.settings({ refusals: 'old-zitadel' });
  const old = await introspect(issuer, token, 'api-key-deleted');
  assert.equal(old.status, 401);
  assert.match(old.headers.get('content-type'), /^text\/plain/);
  await issuer.settings({ refusals: 'oidc-provider' });
  const other = await introspect(issuer, token, 'api-key-deleted');
  assert.equal(other.status, 401);
  assert.equal(other.body.error, 'invalid_client');
});

test('an assertion that cannot be parsed makes every token inactive', async () => {
  const answer = await introspectWith(issuer, 'not-a-jwt', token);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, { active: false });
});

test('a service user\'s key is refused, whatever the token', async () => {
  for (const each of [token, 'made-up']) {
    isUnauthorized(await introspect(issuer, each, 'user-with-role'));
  }
  await issuer.settings({ refusals: 'old-zitadel' });
  assert.equal((await introspect(issuer, token, 'user-with-role')).status, 401);
});

test('a request without a token, or without authentication, is malformed', async () => {
  const url = `${issuer.issuer}/oauth/v2/introspect`;
  const authentication = {
    client_assertion_type: clientAssertionType, client_assertion: assertionOf(issuer, key),
  };
  for (const form of [authentication, { token }]) {
    const answer = await post(url, form);
    assert.equal(answer.status, 400);
    assert.equal(answer.body.error, 'invalid_request');
  }
});

test('both forms of the private key sign alike', async () => {
  assert.match(key.key, /^-----BEGIN RSA PRIVATE KEY-----/);
  assert.match(issuer.readFile('api-key-pkcs8').key, /^-----BEGIN PRIVATE KEY-----/);
  for (const file of ['api-key', 'api-key-pkcs8']) {
    assert.equal((await introspect(issuer, token, file)).body.active, true);
  }
});

test('Basic takes an id and a secret that were form-encoded first, and nothing else', async () => {
  const { clientId, clientSecret } = issuer.readFile('basic');
  const good = await introspectWithBasic(issuer, token, encode(clientId), encode(clientSecret));
  assert.equal(good.body.active, true);
  const wrong = await introspectWithBasic(issuer, token, encode(clientId), encode('wrong'));
  isUnauthorized(wrong);
  assert.equal(wrong.headers.get('www-authenticate'), null);
  const bare = await introspectWithBasic(issuer, token, clientId, clientSecret);
  assert.equal(bare.status, 400);
});
