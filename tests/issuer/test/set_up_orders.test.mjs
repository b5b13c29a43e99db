// SPDX-License-Identifier: Apache-2.0
// What a test may order of the set-up API: that searches lag behind, that a call fails, and how
// often it was called and what came of it.
import assert from 'node:assert/strict';
import { afterEach, before, after, describe } from 'node:test';
import { startIssuer } from '../client.mjs';
import { Administrator } from './administrator.mjs';
import { test, until } from './calls.mjs';

let issuer;
let admin;
before(async () => {
  issuer = await startIssuer();
  admin = new Administrator(issuer);
});
after(() => issuer?.stop());
afterEach(async () => {
  await issuer.clearFaults();
  await issuer.lag({});
  await issuer.resetCounters();
});

const named = (name) => [{ nameQuery: { name, method: 'TEXT_QUERY_METHOD_EQUALS' } }];
const found = async (name) => (await admin.search('/projects', named(name))).length;
const add = (name) => admin.ask('POST', '/projects', { name });
const projectsNamed = async (name) =>
  (await issuer.management()).projects.filter((project) => project.name === name).length;

// The same by a client that bears a connection which ends within an answer.
const cutOff = async (name) => (await fetch(`${issuer.issuer}/management/v1/projects`, {
  method: 'POST', headers: { authorization: `Bearer ${admin.token}` },
  body: JSON.stringify({ name }),
})).text();

describe('searches that lag', () => {
  test('by a number of searches', async () => {
    await issuer.lag({ searches: 2 });
    const { id } = (await add('two later')).body;
    assert.deepEqual([await found('two later'), await found('two later'), await found('two later')],
      [0, 0, 1]);
    assert.equal((await admin.ask('GET', `/projects/${id}`)).status, 200);
  });

  test('by a time', async () => {
    await issuer.lag({ ms: 300 });
    await add('later');
    assert.equal(await found('later'), 0);
    await until(() => found('later'));
  });

  test('do not let twins be made, nor hide what is there from writers', async () => {
    await issuer.lag({ searches: 100 });
    const { id } = (await add('unseen')).body;
    assert.equal(await found('unseen'), 0);
    assert.equal((await admin.ask('GET', `/projects/${id}`)).body.details[0].id, 'QUERY-fk2fs');
    assert.equal((await add('unseen')).status, 409);
    const role = { roleKey: 'a', displayName: 'a' };
    await admin.post(`/projects/${id}/roles`, role);
    assert.deepEqual(await admin.search(`/projects/${id}/roles`), []);
    assert.equal((await admin.ask('POST', `/projects/${id}/roles`, role)).status, 409);
    const { userId } = await admin.makeUser('unseen');
    assert.deepEqual(await admin.search(`/users/${userId}/keys`), []);
    await admin.post(`/users/${userId}/grants`, { projectId: id, roleKeys: ['a'] });
    assert.deepEqual(await admin.search('/users/grants', [{ userIdQuery: { userId } }]), []);
  });

  test('show what was there before', async () => {
    await add('old');
    await issuer.lag({ searches: 100, ms: 60_000 });
    assert.equal(await found('old'), 1);
  });
});

describe('a fault', () => {
  test('at the third call, and at that alone', async () => {
    await issuer.fault({ on: 'management', nth: 3, status: 503, body: 'busy' });
    const statuses = [];
    for (const name of ['1st', '2nd', '3rd', '4th']) statuses.push((await add(name)).status);
    assert.deepEqual(statuses, [200, 200, 503, 200]);
    assert.equal(await projectsNamed('3rd'), 0);
  });

  test('from the second call on, as often as was said', async () => {
    await issuer.fault({ on: 'management', nth: 2, times: 2, status: 503, body: 'busy' });
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await admin.ask('GET', '/orgs/me')).status);
    assert.deepEqual(statuses, [200, 503, 503, 200]);
  });

  const effects = [['none', 0], ['taken', 1], [undefined, 0]];
  for (const [effect, made] of effects) {
    test(`a connection reset, its effect ${effect}`, async () => {
      await issuer.fault('reset', { on: 'management', nth: 2, effect });
      assert.equal((await add(`before, ${effect}`)).status, 200);
      await assert.rejects(cutOff(`reset, ${effect}`), /terminated|fetch failed/);
      assert.equal(await projectsNamed(`reset, ${effect}`), made);
      assert.equal((await add(`reset, ${effect}`)).status, made ? 409 : 200);
    });

    test(`a call that hangs, its effect ${effect}`, async () => {
      await issuer.fault('hang', { on: 'management', nth: 1, effect });
      const hanging = add(`hangs, ${effect}`).catch((error) => error);
      await until(async () => (await issuer.counters()).inFlight === 1);
      if (made) await until(() => projectsNamed(`hangs, ${effect}`));
      await issuer.dropConnections();
      assert.ok(await hanging instanceof Error);
      assert.equal(await projectsNamed(`hangs, ${effect}`), made);
    });

    test(`a status, its effect ${effect}`, async () => {
      await issuer.fault('server-error', { on: 'management', nth: 1, effect });
      const answer = await add(`fails, ${effect}`);
      assert.deepEqual([answer.status, answer.body], [500, 'instance not found']);
      assert.equal(await projectsNamed(`fails, ${effect}`), made);
    });
  }

  test('has an effect or none', async () => {
    await assert.rejects(issuer.fault('reset', { on: 'management', effect: 'half' }),
      /an effect is none or taken/);
    for (const nth of [0, -1, 1.5, '2']) {
      await assert.rejects(issuer.fault('reset', { on: 'management', nth }), /nth/);
    }
  });

  test('does not count other calls', async () => {
    await issuer.fault({ on: 'management', nth: 1, status: 503, body: 'busy' });
    await fetch(`${issuer.issuer}/.well-known/openid-configuration`);
    assert.equal((await add('other')).status, 503);
  });
});

describe('what others did', () => {
  test('a person and an application of another kind hold their names', async () => {
    const { projectId, project } = await admin.makeApi('Strangers');
    const { userId } = await issuer.stranger({ kind: 'person', name: 'Ada' });
    const { appId } = await issuer.stranger({ kind: 'oidc-application', name: 'web', projectId });
    const twin = await admin.ask('POST', '/users/machine', { userName: 'ada', name: 'x' });
    assert.equal(twin.body.details[0].id, 'V3-DKcYh');
    const [person] = await admin.search('/users', [{ userNameQuery: { userName: 'Ada' } }]);
    assert.deepEqual([person.id, typeof person.human, person.machine], [userId, 'object', undefined]);
    const { status } = await admin.ask('POST', `${project}/apps/api`, { name: 'web' });
    assert.equal(status, 409);
    const [web] = await admin.search(`${project}/apps`, named('web'));
    assert.deepEqual([web.id, typeof web.oidcConfig, web.apiConfig], [appId, 'object', undefined]);
    const config = await admin.ask('PUT', `${project}/apps/${appId}/api_config`, {});
    assert.deepEqual([config.status, config.body.details[0].id], [400, 'COMMAND-Gnwt3']);
    const pat = await admin.ask('POST', `/users/${userId}/pats`, {});
    assert.deepEqual([pat.status, pat.body.details[0].id], [400, 'COMMAND-Df2f1']);
    assert.equal((await admin.ask('POST', `/users/${userId}/keys`, { type: 'KEY_TYPE_JSON' })).status,
      501);
  });

  test('another name', async () => {
    const { projectId, app, appId, project } = await admin.makeApi('Old name');
    const { userId, user } = await admin.makeUser('old user name');
    for (const id of [projectId, appId, userId]) {
      await issuer.stranger({ kind: 'rename', id, name: 'New name' });
    }
    assert.equal(await found('Old name'), 0);
    assert.equal((await admin.do('GET', project)).project.name, 'New name');
    assert.equal((await admin.do('GET', user)).user.userName, 'New name');
    assert.deepEqual((await admin.search(`${project}/apps`)).map(({ name }) => name), ['New name']);
    assert.equal((await admin.search(`${app}/keys`)).length, 1);
  });

  test('of what there is not is a mistake', async () => {
    for (const order of [{ kind: 'x', name: 'x' }, { kind: 'person' },
      { kind: 'oidc-application', name: 'x', projectId: '1' }, { kind: 'rename', name: 'x' }]) {
      await assert.rejects(issuer.stranger(order), /nothing|needs a name|no project/);
    }
  });
});

describe('the journal', () => {
  test('tells changes from questions and from what was refused', async () => {
    await admin.post('/projects/_search');
    await admin.do('GET', '/orgs/me');
    assert.equal((await issuer.management()).changes, 0);
    const { id } = (await add('journal')).body;
    await add('journal');
    await admin.remove(`/projects/${id}`);
    const { changes, calls } = await issuer.management();
    assert.equal(changes, 2);
    assert.deepEqual(calls.map(({ method, path, status, isChange }) =>
      `${method} ${path.replace(/\d{18}/, ':id')} ${status} ${isChange}`), [
      'POST /management/v1/projects/_search 200 false',
      'GET /management/v1/orgs/me 200 false',
      'POST /management/v1/projects 200 true',
      'POST /management/v1/projects 409 false',
      'DELETE /management/v1/projects/:id 200 true',
    ]);
    const counters = await issuer.counters();
    assert.deepEqual([counters.management, counters.other], [5, 0]);
    await issuer.resetCounters();
    assert.deepEqual((await issuer.management()).calls, []);
  });

  test('what there is', async () => {
    const api = await admin.makeApi('Inventory', { role: 'r' });
    const { userId, user, key } = await admin.makeUser('inventory');
    const { userGrantId } =
      await admin.post(`${user}/grants`, { projectId: api.projectId, roleKeys: ['r'] });
    await admin.post(`${user}/pats`);
    const { projects, applications, users, grants } = await issuer.management();
    assert.deepEqual(projects.find(({ id }) => id === api.projectId), {
      id: api.projectId, name: 'Inventory', state: 'active', organisationId: issuer.organisationId,
      roles: ['r'],
    });
    const forever = '9999-12-31T23:59:59Z';
    assert.deepEqual(applications.find(({ appId }) => appId === api.appId), {
      appId: api.appId, clientId: api.clientId, name: 'api', projectId: api.projectId,
      state: 'active', keys: [{ keyId: api.key.keyId, expirationDate: forever }],
    });
    assert.deepEqual(users.find((one) => one.userId === userId), {
      userId, name: 'inventory', state: 'active', organisationId: issuer.organisationId,
      accessTokens: 'opaque', keys: [{ keyId: key.keyId, expirationDate: forever }], tokens: 1,
    });
    assert.deepEqual(grants.find(({ id }) => id === userGrantId),
      { id: userGrantId, userId, projectId: api.projectId, roleKeys: ['r'], state: 'active' });
    assert.ok(!JSON.stringify(await issuer.management()).includes('PRIVATE KEY'));
  });
});
