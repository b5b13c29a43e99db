// SPDX-License-Identifier: Apache-2.0
// What the set-up API makes works at once, and what it takes away or stops does not: there is one
// state behind it and behind the OpenID provider.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { startIssuer } from '../client.mjs';
import { audienceScope, rolesClaim } from '../lib/names.mjs';
import { Administrator } from './administrator.mjs';
import { assertionOf, introspectWith, introspectWithBasic, test, tokenFrom } from './calls.mjs';

let issuer;
let admin;
let api;
let caller;
before(async () => {
  issuer = await startIssuer({ assertions: 'reusable' });
  admin = new Administrator(issuer);
  api = await admin.makeApi('One state');
  caller = await admin.makeUser('caller');
});
after(() => issuer?.stop());

const grantedTo = ({ user }, { projectId } = api) =>
  admin.post(`${user}/grants`, { projectId, roleKeys: ['read'] });
const askForToken = ({ key }) =>
  tokenFrom(issuer, assertionOf(issuer, key), audienceScope(api.projectId));
const tokenOf = async (user) => (await askForToken(user)).body.access_token;
const introspected = (token, { key } = api) =>
  introspectWith(issuer, assertionOf(issuer, key), token);
const rolesOf = async (token) => (await introspected(token)).body[rolesClaim];

async function assertRefused(token, one = api) {
  const { status, body } = await introspected(token, one);
  assert.equal(status, 400);
  assert.deepEqual(body, { error: 'unauthorized_client' });
}

test('a project, its application, its key, a service user and its key', async () => {
  const token = await tokenOf(caller);
  const { body } = await introspected(token);
  assert.equal(body.active, true);
  assert.equal(body.sub, caller.userId);
  assert.equal(body.client_id, 'caller');
  assert.deepEqual(body.aud, [api.projectId]);
  assert.equal(body[rolesClaim], undefined);
});

test('an authorization, through all of its states', async () => {
  const token = await tokenOf(caller);
  const granted = { read: { [issuer.organisationId]: 'main.localhost' } };
  const { userGrantId } = await grantedTo(caller);
  const grant = `${caller.user}/grants/${userGrantId}`;
  assert.deepEqual(await rolesOf(token), granted);
  await admin.post(`${grant}/_deactivate`);
  assert.equal(await rolesOf(token), undefined);
  await admin.post(`${grant}/_reactivate`);
  assert.deepEqual(await rolesOf(token), granted);
  await admin.post(`${api.project}/roles`, { roleKey: 'write', displayName: 'w' });
  await admin.do('PUT', grant, { roleKeys: ['read', 'write'] });
  assert.deepEqual(Object.keys(await rolesOf(token)), ['read', 'write']);
  await admin.remove(`${api.project}/roles/write`);
  assert.deepEqual(await rolesOf(token), granted);
  await admin.remove(grant);
  assert.equal(await rolesOf(token), undefined);
});

test('the kind of a service user\'s access tokens', async () => {
  const jwtUser = await admin.makeUser('jwt', 'ACCESS_TOKEN_TYPE_JWT');
  const opaqueUser = await admin.makeUser('opaque', 'ACCESS_TOKEN_TYPE_BEARER');
  const byDefault = await admin.makeUser('by default');
  const parts = async (user) => (await tokenOf(user)).split('.').length;
  assert.deepEqual([await parts(jwtUser), await parts(opaqueUser), await parts(byDefault)],
    [3, 1, 1]);
  assert.equal((await introspected(await tokenOf(jwtUser))).body.active, true);
});

test('a personal access token until it is removed', async () => {
  const found = async () => (await admin.search(`${caller.user}/pats`)).map(({ id }) => id);
  assert.deepEqual(await found(), []);
  const { token, tokenId } = await admin.post(`${caller.user}/pats`);
  assert.deepEqual(await found(), [tokenId]);
  const { body } = await introspected(token);
  assert.equal(body.active, true);
  assert.equal(body.jti, tokenId);
  assert.equal(body.exp, 253402300799);
  assert.ok(body.scope.split(' ').includes('urn:zitadel:iam:org:project:role:read'));
  await admin.remove(`${caller.user}/pats/${tokenId}`);
  assert.deepEqual(await found(), []);
  assert.deepEqual((await introspected(token)).body, { active: false });
});

describe('a service user', () => {
  for (const [stop, resume] of [['_lock', '_unlock'], ['_deactivate', '_reactivate']]) {
    test(`${stop} ends its tokens for good, ${resume} lets it have new ones`, async () => {
      const token = await tokenOf(caller);
      await admin.post(`${caller.user}/${stop}`);
      assert.deepEqual((await introspected(token)).body, { active: false });
      assert.equal((await askForToken(caller)).body.error_description, 'Errors.User.NotActive');
      await admin.post(`${caller.user}/${resume}`);
      assert.deepEqual((await introspected(token)).body, { active: false });
      assert.equal((await introspected(await tokenOf(caller))).body.active, true);
    });
  }

  test('whose key is removed or has ended gets no token', async () => {
    const user = await admin.makeUser('keyless');
    assert.equal((await askForToken(user)).status, 200);
    await issuer.expireKey(user.key.keyId, '2020-01-01T00:00:00Z');
    assert.equal((await askForToken(user)).body.error_description, 'Errors.Internal');
    await issuer.expireKey(user.key.keyId, '2099-01-01T00:00:00Z');
    assert.equal((await askForToken(user)).status, 200);
    await admin.remove(`${user.user}/keys/${user.key.keyId}`);
    assert.equal((await askForToken(user)).body.error_description, 'Errors.Internal');
  });

  test('that is removed is gone, with its tokens and authorizations', async () => {
    const user = await admin.makeUser('gone');
    await grantedTo(user);
    const token = await tokenOf(user);
    const { token: pat } = await admin.post(`${user.user}/pats`);
    await admin.remove(user.user);
    for (const dead of [token, pat]) {
      assert.deepEqual((await introspected(dead)).body, { active: false });
    }
    assert.equal((await askForToken(user)).status, 500);
    assert.deepEqual(await admin.search('/users/grants', [{ userIdQuery: { userId: user.userId } }]),
      []);
  });
});

describe('an application', () => {
  test('that is stopped, or whose project is, may not ask', async () => {
    const token = await tokenOf(caller);
    for (const path of [api.app, api.project]) {
      await admin.post(`${path}/_deactivate`);
      await assertRefused(token);
      await admin.post(`${path}/_reactivate`);
      assert.equal((await introspected(token)).body.active, true);
    }
  });

  test('has as many keys as were made for it and not removed', async () => {
    const one = await admin.makeApi('Keys');
    const token = await issuer.mint({ audience: [one.projectId] });
    const { id, keyDetails } = await admin.post(`${one.app}/keys`,
      { type: 'KEY_TYPE_JSON', expirationDate: '2099-01-01T00:00:00Z' });
    const second = { key: JSON.parse(Buffer.from(keyDetails, 'base64').toString('utf8')) };
    for (const each of [one, second]) {
      assert.equal((await introspected(token, each)).body.active, true);
    }
    await admin.remove(`${one.app}/keys/${one.key.keyId}`);
    await assertRefused(token, one);
    assert.equal((await introspected(token, second)).body.active, true);
    await issuer.expireKey(id, '2020-01-01T00:00:00Z');
    await assertRefused(token, second);
  });

  test('with a secret has the last one that was made', async () => {
    const path = `${api.project}/apps`;
    const { appId, clientId, clientSecret } = await admin.post(`${path}/api`, { name: 'basic' });
    const token = await tokenOf(caller);
    const ask = async (secret) =>
      (await introspectWithBasic(issuer, token, clientId, encodeURIComponent(secret))).status;
    assert.equal(await ask(clientSecret), 200);
    const changed = await admin.post(`${path}/${appId}/api_config/_generate_client_secret`);
    assert.equal(await ask(clientSecret), 400);
    assert.equal(await ask(changed.clientSecret), 200);
    await admin.do('PUT', `${path}/${appId}/api_config`,
      { authMethodType: 'API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT' });
    assert.equal(await ask(changed.clientSecret), 400);
  });

  test('that is removed, or whose project is, is unknown', async () => {
    const [first, second] = [await admin.makeApi('Loses its API'), await admin.makeApi('Goes')];
    const token = await tokenOf(caller);
    await admin.remove(first.app);
    await admin.remove(second.project);
    await assertRefused(token, first);
    await assertRefused(token, second);
    const { applications } = await issuer.management();
    assert.ok(!applications.some(({ appId }) => [first.appId, second.appId].includes(appId)));
  });
});

describe('what was there at the start', () => {
  test('is seen', async () => {
    const [project] = await admin.search('/projects',
      [{ nameQuery: { name: 'First', method: 'TEXT_QUERY_METHOD_EQUALS' } }]);
    assert.equal(project.id, issuer.projectId);
    const apps = await admin.search(`/projects/${project.id}/apps`);
    assert.deepEqual(apps.map(({ name }) => name), ['api', 'basic']);
    const [user] = await admin.search('/users', [{ userNameQuery: { userName: 'with-role' } }]);
    assert.equal(user.id, issuer.users['with-role']);
    const [grant] = await admin.search('/users/grants', [{ userIdQuery: { userId: user.id } }]);
    assert.deepEqual(grant.roleKeys, ['read:messages']);
    const [key] = await admin.search(`/users/${user.id}/keys`);
    assert.equal(key.id, issuer.readFile('user-with-role').keyId);
  });

  test('is changed', async () => {
    const token = await issuer.mint({ user: 'with-role' });
    const key = { key: issuer.readFile('api-key') };
    const user = issuer.users['with-role'];
    assert.ok((await introspected(token, key)).body[rolesClaim]);
    const [grant] = await admin.search('/users/grants', [{ userIdQuery: { userId: user } }]);
    await admin.remove(`/users/${user}/grants/${grant.id}`);
    assert.equal((await introspected(token, key)).body[rolesClaim], undefined);
    await admin.post(`/users/${user}/_lock`);
    assert.deepEqual((await introspected(token, key)).body, { active: false });
  });

  test('is another in another organisation', async () => {
    const there = new Administrator(issuer, { organisationId: issuer.otherOrganisationId });
    assert.deepEqual((await there.search('/users')).map(({ userName }) => userName), ['org-role']);
    assert.deepEqual(await there.search('/projects'), []);
    assert.equal((await there.ask('GET', `/projects/${issuer.projectId}`)).status, 404);
    const { org } = await there.do('GET', '/orgs/me');
    assert.equal(org.id, issuer.otherOrganisationId);
    const owner = new Administrator(issuer,
      { token: issuer.readToken('admin'), organisationId: issuer.otherOrganisationId });
    const { status, body } = await owner.ask('POST', '/users/_search', {});
    assert.deepEqual([status, body.details[0].id], [404, 'AUTHZ-cdgFk']);
  });
});
