// SPDX-License-Identifier: Apache-2.0
// zitadel-setup: keys that are lost, that end, that are replaced, and --remove.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';

import { issuer, manage, setUp, useSetUp } from './support/setup.mjs';

useSetUp();

const day = 86_400_000;
const keyIds = () => [setUp.readJson('api-key.json').keyId, setUp.readJson('user.json').keyId];

// What ZITADEL has: the keys of the application, and those of the service user.
const idsThere = async () => {
  const { applications: [application], users: [user] } = await setUp.there();
  return [application, user].map(({ keys }) => keys.map(({ keyId }) => keyId).sort());
};

// What was replaced still works, and is told of, until it is removed.
async function removesOldKeys(...old) {
  const all = (await idsThere()).flat();
  for (const id of old) assert.ok(all.includes(id), `${id} in ${all}`);
  const told = await setUp.ok();
  assert.match(told, /nothing was changed/);
  assert.match(told, /still work\. Reload .*systemctl restart zitadel-fcgi.*--remove-old-keys/);
  for (const id of old) assert.match(told, new RegExp(`${id} before it still works: --remove-old-keys`));
  assert.match(await setUp.ok({ removeOldKeys: true, dryRun: true }),
    /refused from then on\. Reload it first .*systemctl restart zitadel-fcgi.*\n--dry-run/);
  await setUp.ok({ removeOldKeys: true });
  await setUp.assertComplete();
}

describe('a key', () => {
  beforeEach(() => setUp.ok());

  for (const [name, other] of [['api-key.json', 1], ['user.json', 0]]) {
    it(`whose file ${name} is lost is replaced with --new-key alone`, async () => {
      const before = keyIds();
      unlinkSync(join(setUp.dir, name));
      await setUp.fails(new RegExp(`${name} is lost.*--new-key`));
      await setUp.ok({ newKey: true });
      await removesOldKeys(before[1 - other]);
      assert.notEqual(keyIds()[1 - other], before[1 - other]);
      assert.equal(keyIds()[other], before[other]);
    });
  }

  it('that ends soon is told of, and replaced with --new-key', async () => {
    const [before] = keyIds();
    await issuer.expireKey(before, new Date(Date.now() + 20 * day).toISOString());
    assert.match(await setUp.ok(), /ends at .*: --new-key replaces it/);
    assert.equal(keyIds()[0], before);
    await setUp.ok({ newKey: true });
    await removesOldKeys(before);
    assert.notEqual(keyIds()[0], before);
  });

  it('that has ended, or that ZITADEL does not know, is refused without --new-key', async () => {
    const [apiKey, userKey] = keyIds();
    await issuer.expireKey(apiKey, new Date(Date.now() - day).toISOString());
    await setUp.fails(/api-key\.json: this key ended at .*--new-key/);
    await issuer.expireKey(apiKey, '2099-01-01T00:00:00Z');
    await issuer.deleteKey(userKey);
    await setUp.fails(/user\.json: ZITADEL does not know this key any more: --new-key/);
    await setUp.fails(/--new-key/, { removeOldKeys: true });
    await setUp.ok({ newKey: true });
    await setUp.ok({ removeOldKeys: true });
    await setUp.assertComplete();
    assert.equal(keyIds()[0], apiKey);
  });

  it('that is good stays as it is with --new-key', async () => {
    const before = keyIds();
    assert.match(await setUp.ok({ newKey: true }), /nothing was changed/);
    assert.deepEqual(keyIds(), before);
  });

  it('is rotated: made, seen to work, and put in its place; the old one is removed when that is asked for', async () => {
    const before = keyIds();
    const changes = async () => (await issuer.management()).calls.filter(({ isChange }) => isChange).map(({ method }) => method);
    await issuer.resetCounters();
    assert.match(await setUp.ok({ rotateKey: true }), /still work\. Reload .*--remove-old-keys/);
    keyIds().forEach((id, n) => assert.notEqual(id, before[n]));
    const { introspections, token } = await issuer.counters();
    assert.ok(introspections >= 1 && token >= 1);
    assert.deepEqual(await changes(), ['POST', 'POST']);
    assert.deepEqual(await idsThere(), keyIds().map((id, n) => [id, before[n]].sort()));
    await removesOldKeys(...before);
    assert.deepEqual(await changes(), ['POST', 'POST', 'DELETE', 'DELETE']);
    assert.match(await setUp.ok({ removeOldKeys: true }), /nothing was changed/);
  });

  it('that is rotated twice leaves two old ones, which are removed together', async () => {
    const old = [];
    for (let round = 0; round < 2; round += 1) {
      old.push(...keyIds());
      await setUp.ok({ rotateKey: true });
    }
    const { oldKeys } = JSON.parse(await setUp.ok({ json: true }));
    assert.deepEqual(oldKeys.sort(), old.sort());
    assert.deepEqual((await idsThere()).map((ids) => ids.length), [3, 3]);
    const removed = JSON.parse(await setUp.ok({ json: true, removeOldKeys: true }));
    assert.deepEqual([removed.outcome, removed.oldKeys], ['changed', []]);
    await setUp.assertComplete();
  });

  // An instance that does not know a key at once, or never does.
  it('that does not work leaves the old one where it is', async () => {
    const before = keyIds();
    const text = setUp.read('api-key.json');
    await issuer.fault('unauthorized-client', { times: 2 });
    await setUp.ok({ rotateKey: true });
    const [rotated] = keyIds();
    assert.notEqual(rotated, before[0]);
    await issuer.fault('unauthorized-client');
    await setUp.fails(/does not take the new key \d+/, { rotateKey: true });
    assert.equal(keyIds()[0], rotated);
    assert.notEqual(setUp.read('api-key.json'), text);
    const { applications: [{ keys }] } = await setUp.there();
    assert.ok(keys.some(({ keyId }) => keyId === rotated));
    await issuer.clearFaults();
    // What --remove-old-keys completes here replaces a key that programs have: that one stays.
    await setUp.ok({ removeOldKeys: true });
    assert.ok((await idsThere())[0].includes(rotated));
    await removesOldKeys(rotated);
  });
});

describe('--remove', () => {
  it('takes away what was made, and the folder', async () => {
    const before = await issuer.management();
    await setUp.ok();
    assert.match(await setUp.ok({ remove: true }), /All that zitadel-setup had made is gone/);
    const after = await issuer.management();
    for (const kind of ['projects', 'applications', 'users', 'grants']) {
      assert.deepEqual(after[kind], before[kind], kind);
    }
    assert.equal(existsSync(setUp.dir), false);
    await setUp.fails(/zitadel-setup\.json is not there/, { remove: true });
    await setUp.ok();
    await setUp.assertComplete();
  });

  it('asks first, and needs no names', async () => {
    await setUp.ok();
    const bare = { remove: true, project: undefined, role: undefined, serviceUser: undefined };
    await setUp.fails(/nothing was changed/, { ...bare, yes: undefined }, { input: 'n\n' });
    await setUp.assertComplete();
    assert.match(await setUp.ok({ ...bare, dryRun: true }), /^project +api \d+ +remove$/m);
    await setUp.assertComplete();
    await setUp.ok(bare);
    assert.equal((await setUp.there()).projects.length, 0);
  });

  // What somebody else had made, and what somebody else has put into what was made.
  it('leaves what was found as it was found', async () => {
    const { project, serviceUser } = setUp.options;
    const { id } = await manage(issuer, 'POST', '/management/v1/projects', { name: project });
    for (const roleKey of ['old', 'read:messages']) {
      await manage(issuer, 'POST', `/management/v1/projects/${id}/roles`,
        { roleKey, displayName: 'x' });
    }
    await manage(issuer, 'POST', `/management/v1/projects/${id}/apps/api`,
      { name: 'api', authMethodType: 'API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT' });
    const { userId } = await manage(issuer, 'POST', '/management/v1/users/machine',
      { userName: serviceUser, name: 'x' });
    await manage(issuer, 'POST', `/management/v1/users/${userId}/grants`,
      { projectId: id, roleKeys: ['old'] });
    const before = await setUp.there();
    assert.match(await setUp.ok({ role: ['read:messages', 'new'] }),
      /authorization +read:messages, new +change/);
    const { grants: [{ roleKeys }] } = await setUp.there();
    assert.deepEqual([...roleKeys].sort(), ['new', 'old', 'read:messages']);
    await setUp.ok({ remove: true });
    const after = await setUp.there();
    for (const kind of ['projects', 'applications', 'users', 'grants']) {
      assert.deepEqual(after[kind], before[kind], kind);
    }
  });

  it('keeps what others have put something into', async () => {
    await setUp.ok();
    const { project, user } = await setUp.assertComplete();
    await manage(issuer, 'POST', `/management/v1/projects/${project.id}/apps/api`,
      { name: 'theirs', authMethodType: 'API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT' });
    await manage(issuer, 'POST', `/management/v1/users/${user.userId}/keys`,
      { type: 'KEY_TYPE_JSON', expirationDate: '2099-01-01T00:00:00Z' });
    // An owner of the organisation may not delete a single application, the instance's owner may.
    await setUp.fails(/lacks the permissions project\.app\.delete.*IAM_OWNER/, { remove: true });
    const owner = { adminTokenFile: issuer.files['iam-owner-token'] };
    const stdout = await setUp.ok({ remove: true, ...owner });
    assert.match(stdout, /^service user +caller \d+ +keep  \(it has other keys/m);
    assert.match(stdout, /^project +api \d+ +keep  \(it holds applications/m);
    const { projects, applications, users, grants } = await setUp.there();
    assert.deepEqual([projects.length, applications.map(({ name }) => name), grants.length],
      [1, ['theirs'], 0]);
    assert.equal(users[0].keys.length, 1);
    assert.ok(!readFileSync(issuer.files['admin-token'], 'utf8').includes(users[0].keys[0].keyId));
  });

  it('keeps a service user for which somebody has made a personal access token, and says so', async () => {
    await setUp.ok();
    const { user } = await setUp.assertComplete();
    await manage(issuer, 'POST', `/management/v1/users/${user.userId}/pats`, {});
    const stdout = await setUp.ok({ remove: true });
    assert.match(stdout, /^service user +caller \d+ +keep  \(it has personal access tokens\)$/m);
    assert.match(stdout,
      /^Of what zitadel-setup had made, this is left: service user caller \d+ \(it has personal access tokens\)\.$/m);
    const { projects, users } = await setUp.there();
    assert.deepEqual([projects, users.map(({ keys }) => keys)], [[], [[]]]);
  });
});
