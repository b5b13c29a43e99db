// SPDX-License-Identifier: Apache-2.0
// What happens to users, authorizations and APIs writes the event that ZITADEL was seen to write,
// and introspection says the same right after.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { test } from './calls.mjs';
import { delivered, Feed, kRead, kWrite } from './feed.mjs';

let feed;
let admin;
let api;
let caller;
let issuer;
before(async () => {
  feed = await Feed.start();
  ({ admin, api, caller, issuer } = feed);
});
after(() => feed?.stop());

describe('a user', () => {
  const rows = [
    ['_deactivate', 'user.deactivated', '_reactivate', 'user.reactivated'],
    ['_lock', 'user.locked', '_unlock', 'user.unlocked'],
  ];
  for (const [stop, stopped, resume, resumed] of rows) {
    test(`${stopped} ends its tokens for good, also after ${resumed}`, async () => {
      const token = await feed.tokenOf(caller);
      await feed.causes(() => admin.post(`${caller.user}/${stop}`), [stopped], { id: caller.userId });
      await feed.assertDead(token);
      await feed.causes(() => admin.post(`${caller.user}/${resume}`), [resumed], { id: caller.userId });
      await feed.assertDead(token);
      await feed.assertActive(await feed.tokenOf(caller));
    });
  }

  test('user.removed', async () => {
    const { token, ...user } = await feed.makeUser('leaves');
    await feed.assertActive(token);
    await feed.causes(() => admin.remove(user.user), ['user.removed'], { id: user.userId });
    await feed.assertDead(token);
  });

  test('user.removed takes its authorizations along, in one transaction', async () => {
    const user = await feed.makeUser('leaves with a role');
    const id = await feed.grant(user);
    const { events, transactions } = await feed.causes(() => admin.remove(user.user),
      ['user.removed', 'user.grant.cascade.removed'], { id: user.userId, isRecorded: false });
    assert.deepEqual([transactions, events[1].aggregate.id], [1, id]);
  });

  test('the admin port writes the same', async () => {
    const order = (state) => () => issuer.setUserState('with-role', state);
    const { events: [locked] } = await feed.causes(order('locked'), ['user.locked']);
    assert.equal(locked.editor.userId, issuer.administrators['iam-owner']);
    assert.equal(locked.editor.displayName, 'iam-owner');
    await feed.causes(order('locked'), []);
    await feed.causes(order('deactivated'), ['user.deactivated']);
    await feed.causes(order('locked'), ['user.reactivated', 'user.locked']);
    await feed.causes(order('active'), ['user.unlocked']);
  });

  test('user.human.password.changed holds a hash, and tokens live on', async () => {
    const token = await feed.tokenOf(caller);
    const { event } = delivered.find(({ event: one }) =>
      one.event_type === 'user.human.password.changed');
    await feed.causes(() => issuer.event({
      type: event.event_type, payload: event.event_payload, aggregate: { id: caller.userId },
      editor: { userId: event.userID },
    }), [event.event_type], { id: caller.userId });
    await feed.assertActive(token);
  });
});

describe('an authorization', () => {
  test('user.grant.added, .deactivated, .reactivated, .changed, .removed', async () => {
    const token = await feed.tokenOf(caller);
    await admin.post(`${api.project}/roles`, { roleKey: kWrite, displayName: 'w' });
    const { result: id, events: [added] } =
      await feed.causes(() => feed.grant(caller), ['user.grant.added']);
    assert.deepEqual([added.aggregate.id, added.sequence], [id, '1']);
    assert.deepEqual([added.payload.userId, added.payload.projectId], [caller.userId, api.projectId]);
    await feed.assertRoles(token, kRead);
    const path = `${caller.user}/grants/${id}`;
    await feed.causes(() => admin.post(`${path}/_deactivate`), ['user.grant.deactivated'], { id });
    await feed.assertRoles(token);
    await feed.causes(() => admin.post(`${path}/_reactivate`), ['user.grant.reactivated'], { id });
    await feed.assertRoles(token, kRead);
    await feed.causes(() => admin.do('PUT', path, { roleKeys: [kRead, kWrite] }),
      ['user.grant.changed'], { id });
    await feed.assertRoles(token, kRead, kWrite);
    await feed.causes(() => admin.remove(path), ['user.grant.removed'], { id });
    await feed.assertRoles(token);
  });

  test('project.role.removed changes all who have it, in one transaction', async () => {
    const [first, second] = [await feed.makeUser('first'), await feed.makeUser('second')];
    const tokens = [first.token, second.token];
    const ids = [await feed.grant(first, [kRead, kWrite]), await feed.grant(second, [kWrite])];
    await feed.assertRoles(tokens[1], kWrite);
    const role = `${api.project}/roles/${kWrite}`;
    const { events, transactions } = await feed.causes(() => admin.remove(role),
      ['project.role.removed', 'user.grant.cascade.changed', 'user.grant.cascade.changed'],
      { id: api.projectId, isRecorded: false });
    events.slice(0, 2).forEach((each) => feed.assertDelivered(each));
    assert.deepEqual(events[0].payload, { key: kWrite });
    assert.deepEqual(events.slice(1).map(({ aggregate }) => aggregate.id), ids);
    assert.deepEqual(events[2].payload, {}); // recorded of the search
    assert.equal(transactions, 1);
    await feed.assertRoles(tokens[0], kRead);
    await feed.assertRoles(tokens[1]);
    await feed.causes(() => admin.post(`${api.project}/roles`, { roleKey: kWrite, displayName: 'w' }),
      ['project.role.added'], { id: api.projectId });
  });

  test('the admin port writes what changes and no more', async () => {
    const roles = (...keys) => ({ [api.projectId]: Object.fromEntries(
      keys.map((key) => [key, { [issuer.organisationId]: 'main.localhost' }])) });
    const order = (...keys) => () => issuer.grantRoles('without-role', roles(...keys));
    const { events: [{ aggregate: { id } }] } = await feed.causes(order(kRead), ['user.grant.added']);
    await feed.causes(order(kRead), []);
    await feed.causes(order(kRead, kWrite), ['user.grant.changed'], { id });
    await feed.causes(order(), ['user.grant.removed'], { id });
  });
});

describe('an API', () => {
  test('project.deactivated and project.application.deactivated stop its questions', async () => {
    const token = await feed.tokenOf(caller);
    for (const [path, type] of [[api.project, 'project'], [api.app, 'project.application']]) {
      const { events: [stopped] } = await feed.causes(() => admin.post(`${path}/_deactivate`),
        [`${type}.deactivated`], { id: api.projectId });
      await feed.assertRefused(token);
      assert.equal(stopped.payload?.appId, path === api.app ? api.appId : undefined);
      await feed.causes(() => admin.post(`${path}/_reactivate`),
        [`${type}.reactivated`], { id: api.projectId });
      await feed.assertActive(token);
    }
  });

  test('project.application.oidc.key.removed, by either port', async () => {
    const keys = [];
    for (let n = 0; n < 2; n += 1) {
      const { keyDetails } = await admin.post(`${api.app}/keys`, { type: 'KEY_TYPE_JSON' });
      keys.push({ key: JSON.parse(Buffer.from(keyDetails, 'base64').toString('utf8')) });
    }
    const token = await feed.tokenOf(caller);
    const ways = [(id) => admin.remove(`${api.app}/keys/${id}`), (id) => issuer.deleteKey(id)];
    for (const [n, remove] of ways.entries()) {
      const { keyId } = keys[n].key;
      const { events: [{ payload }] } = await feed.causes(() => remove(keyId),
        ['project.application.oidc.key.removed'], { id: api.projectId });
      assert.equal(payload.keyId, keyId);
      await feed.assertRefused(token, keys[n]);
      await feed.assertActive(token);
    }
  });
});

test('every such event that was delivered was caused, but for one that nothing here does', () => {
  assert.deepEqual(feed.unseen(/^(user|project)\.(?!pat\.|human\.signed)/),
    ['user.human.password.check.succeeded']);
});
