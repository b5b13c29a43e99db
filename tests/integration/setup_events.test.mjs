// SPDX-License-Identifier: Apache-2.0
// zitadel-setup --events: the user that reads ZITADEL's events, its key, and what an administrator needs
// for it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';

import { issuer, manage, setUp, SetUp, useSetUp } from './support/setup.mjs';
import { serverUser } from './support/workspace.mjs';

useSetUp();

// A user of its own for each test.
let users = 0;
beforeEach(() => {
  users += 1;
  Object.assign(setUp.options, {
    events: true, eventsUser: `reader ${users}`, adminTokenFile: issuer.files['iam-owner-token'],
  });
});

const asOwner = (method, path, body) => manage(issuer, method, path, body, 'iam-owner');
const membersOf = async (userId) => (await asOwner('POST', '/admin/v1/members/_search',
  { queries: [{ userIdQuery: { userId } }] })).result ?? [];
const orgOwner = () => ({ adminTokenFile: issuer.files['admin-token'] });
const without = { events: undefined, eventsUser: undefined };
const kLine = 'ZITADEL_EVENTS_TOKEN_FILE=events-key.json\n';

describe('--events', () => {
  it('makes who reads events, and a key that only its owner may read', async () => {
    const stdout = await setUp.ok();
    const { reader } = await setUp.assertComplete();
    assert.equal(statSync(join(setUp.dir, 'events-key.json')).mode & 0o7777, 0o600);
    assert.deepEqual((await membersOf(reader.userId)).map(({ roles }) => roles), [['IAM_OWNER_VIEWER']]);
    assert.ok(setUp.read('api.env').includes(kLine));
    for (const row of [`events user +reader ${users}`, 'events role +IAM_OWNER_VIEWER', 'events key +\\S+/events-key\\.json']) {
      assert.match(stdout, new RegExp(`^${row} +make$`, 'm'));
    }
    for (const line of setUp.readJson('events-key.json').key.split('\n').filter((text) => text.length > 20)) {
      assert.ok(!(stdout + setUp.read('zitadel-setup.json')).includes(line));
    }
  });

  it('is seen to work before the key is in its place', async () => {
    await issuer.fault('no-permission', { on: 'events', times: 1000 });
    await setUp.fails(new RegExp(`reader ${users} cannot read ZITADEL's events with its new key: .*403`));
    assert.ok(!existsSync(join(setUp.dir, 'events-key.json')) && !existsSync(join(setUp.dir, 'api.env')));
    await issuer.clearFaults();
    await setUp.ok();
    await setUp.assertComplete();
  });

  it('changes nothing the second time, nor with --dry-run', async () => {
    await setUp.ok({ dryRun: true });
    assert.deepEqual(setUp.files(), []);
    await setUp.ok();
    const before = setUp.read('events-key.json');
    await issuer.resetCounters();
    assert.match(await setUp.ok(), /nothing was changed/);
    // Who may look at the instance is enough to see it.
    assert.match(await setUp.ok({ adminTokenFile: issuer.files['iam-owner-viewer-token'] }), /nothing was changed/);
    assert.equal((await issuer.management()).changes, 0);
    assert.equal(setUp.read('events-key.json'), before);
  });

  it('says it in JSON', async () => {
    const report = JSON.parse(await setUp.ok({ json: true }));
    const { reader } = await setUp.assertComplete();
    assert.deepEqual([report.eventsUser, report.eventsKey], [reader.userId, setUp.readJson('events-key.json').keyId]);
  });

  it('is added to what there is, and stays without being said again', async () => {
    await setUp.ok({ ...without, ...orgOwner() });
    assert.ok(!setUp.files().includes('events-key.json'));
    assert.match(await setUp.ok(), /^settings +\S+api\.env +change$/m);
    await setUp.assertComplete();
    assert.match(await setUp.ok({ ...without, ...orgOwner() }), /nothing was changed/);
    assert.ok(setUp.read('api.env').includes(kLine));
  });

  it('goes by a usual name, and by the one that was given before', async () => {
    await setUp.ok({ eventsUser: undefined });
    const { users: all } = await issuer.management();
    assert.equal(all.filter(({ name }) => name === 'zitadel-fcgi-events').length, 1);
    assert.match(await setUp.ok({ eventsUser: undefined }), /nothing was changed/);
    await setUp.fails(/--dir belongs to the service user zitadel-fcgi-events, not to reader/);
    await setUp.ok({ remove: true });
  });

  it('shares a user with another API, each with a key of its own', async () => {
    await setUp.ok();
    const other = new SetUp(issuer, { ...setUp.options, project: `${setUp.options.project} b`,
      serviceUser: `${setUp.options.serviceUser} b`, dir: join(setUp.parent, 'other') });
    other.dir = other.options.dir;
    try {
      await other.ok();
      assert.notEqual(other.readJson('events-key.json').keyId, setUp.readJson('events-key.json').keyId);
      // The first one goes, and the other one still reads events.
      assert.match(await setUp.ok({ remove: true }), /^events user +reader \d+ +keep  \(it has other keys/m);
      assert.match(await other.ok(), /nothing was changed/);
      const { userId, keyId } = other.readJson('events-key.json');
      assert.deepEqual((await membersOf(userId)).map(({ roles }) => roles), [['IAM_OWNER_VIEWER']]);
      const { users: all } = await issuer.management();
      assert.deepEqual(all.find((user) => user.userId === userId).keys.map((key) => key.keyId), [keyId]);
      await other.ok({ remove: true });
    } finally {
      other.remove();
    }
  });

  it('of the tests\' issuer brings an owner of the instance', async () => {
    const options = { demo: issuer.dir, domain: undefined, adminTokenFile: undefined };
    assert.match(await setUp.ok(options), /^events key \S+: made/m);
  });

  it('leaves settings that were changed by hand, and tells the line', async () => {
    await setUp.ok({ ...without, ...orgOwner() });
    const edited = `${setUp.read('api.env')}ZITADEL_LOG_LEVEL=debug\n`;
    writeFileSync(join(setUp.dir, 'api.env'), edited, { mode: 0o600 });
    assert.match(await setUp.ok(), /changed by hand, stays as it is: write the line ZITADEL_EVENTS_TOKEN_FILE=events-key\.json/);
    assert.equal(setUp.read('api.env'), edited);
    writeFileSync(join(setUp.dir, 'api.env'), edited + kLine, { mode: 0o600 });
    assert.doesNotMatch(await setUp.ok(), /write the line/);
  });

  it('gives --owner the key', { skip: serverUser.uid === undefined && 'only root gives files away' }, async () => {
    await setUp.ok({ owner: 'www-data' });
    const uidOf = (name) => statSync(join(setUp.dir, name)).uid;
    assert.deepEqual([uidOf('events-key.json'), uidOf('user.json')], [serverUser.uid, process.getuid()]);
    await setUp.ok({ owner: 'www-data', rotateKey: true });
    assert.equal(uidOf('events-key.json'), serverUser.uid);
  });
});

describe('the administrator for --events', () => {
  const named = {
    admin: /the user admin lacks the permissions iam\.member\.read, iam\.member\.write; nothing was changed\. Give it the role IAM_OWNER .*console, open Default Settings.*PatPath/,
    'owner-viewer': /lacks the permissions iam\.member\.read, .*iam\.member\.write; .*IAM_OWNER/,
    'iam-owner-viewer': /lacks the permissions project\.create, .*iam\.member\.write; nothing was changed\. Give it the role IAM_OWNER/,
    'manages-nothing': /manages-nothing manages nothing, and --events needs an IAM_OWNER/,
    'login-client': /this is the token of ZITADEL's own log-in page/,
  };
  for (const [name, message] of Object.entries(named)) {
    it(`${name} is told what it lacks, before anything is made`, async () => {
      for (const how of [{ adminTokenFile: issuer.files[`${name}-token`] },
        { adminTokenFile: undefined, adminKey: issuer.files[`${name}-key`] }]) {
        await issuer.resetCounters();
        await setUp.fails(message, how);
        assert.deepEqual([(await issuer.management()).changes, existsSync(setUp.dir)], [0, false]);
      }
    });
  }

  it('need not be one of the instance to replace the key', async () => {
    await setUp.ok();
    const before = setUp.readJson('events-key.json').keyId;
    await setUp.ok({ ...without, ...orgOwner(), rotateKey: true });
    await setUp.ok({ ...without, ...orgOwner(), removeOldKeys: true });
    const { reader } = await setUp.assertComplete();
    assert.notEqual(reader.keys[0].keyId, before);
    unlinkSync(join(setUp.dir, 'events-key.json'));
    await setUp.fails(/events-key\.json is lost.*--new-key/, { ...without, ...orgOwner() });
    await setUp.ok({ ...without, ...orgOwner(), newKey: true });
    await setUp.ok({ ...without, ...orgOwner(), removeOldKeys: true });
    await setUp.assertComplete();
  });
});

describe('who reads events', () => {
  const made = async (roles) => {
    const { userId } = await asOwner('POST', '/management/v1/users/machine',
      { userName: setUp.options.eventsUser, name: 'x' });
    if (roles) await asOwner('POST', '/admin/v1/members', { userId, roles });
    return userId;
  };

  it('may be there already, and gets the role, which goes again', async () => {
    const userId = await made();
    assert.match(await setUp.ok(), /^events user +reader \d+ +exists  \(\d+\)\n.*events role +IAM_OWNER_VIEWER +make$/m);
    assert.equal((await membersOf(userId)).length, 1);
    await setUp.fails(/lacks the permissions iam\.member\.delete.*IAM_OWNER/, { remove: true, ...orgOwner() });
    await setUp.ok({ remove: true });
    const { users: all } = await issuer.management();
    assert.deepEqual(all.find((user) => user.userId === userId).keys, []);
    assert.deepEqual(await membersOf(userId), []);
  });

  it('may have the role already, and keeps it', async () => {
    const userId = await made(['IAM_OWNER_VIEWER']);
    assert.match(await setUp.ok(), /^events role +IAM_OWNER_VIEWER +exists$/m);
    await setUp.ok({ remove: true });
    assert.equal((await membersOf(userId)).length, 1);
  });

  for (const roles of [['IAM_OWNER'], ['IAM_OWNER_VIEWER', 'IAM_OWNER'], ['IAM_LOGIN_CLIENT']]) {
    it(`is nobody who may more than read (${roles})`, async () => {
      await made(roles);
      await issuer.resetCounters();
      await setUp.fails(new RegExp(`manages the instance as ${roles.join(', ')}, .*another name with --events-user`));
      assert.deepEqual([(await issuer.management()).changes, existsSync(setUp.dir)], [0, false]);
    });
  }

  it('is made again with --events alone where somebody has taken it away', async () => {
    await setUp.ok();
    const { reader } = await setUp.assertComplete();
    await asOwner('DELETE', `/management/v1/users/${reader.userId}`);
    await setUp.fails(/reader \d+, which reads ZITADEL's events for api\.fcgi, is gone: add --events/, { ...without, newKey: true });
    await setUp.fails(/events-key\.json: ZITADEL does not know this key any more: --new-key/);
    await setUp.ok({ newKey: true });
    await setUp.assertComplete();
  });

  it('gets the role again where somebody has taken that away', async () => {
    await setUp.ok();
    const { reader } = await setUp.assertComplete();
    await asOwner('DELETE', `/admin/v1/members/${reader.userId}`);
    assert.match(await setUp.ok(), /^events role IAM_OWNER_VIEWER: made/m);
    assert.equal((await membersOf(reader.userId)).length, 1);
  });

  it('is found although ZITADEL lags', async () => {
    await issuer.lag({ searches: 3, ms: 400 });
    await setUp.ok();
    assert.match(await setUp.ok(), /nothing was changed/);
    await setUp.assertComplete();
  });
});

describe('--remove', () => {
  it('takes away who reads events, too, in the name of an ORG_OWNER', async () => {
    const before = await issuer.management();
    await setUp.ok();
    assert.match(await setUp.ok({ remove: true, ...without, ...orgOwner() }), /^events user +reader \d+ +remove$/m);
    const after = await issuer.management();
    for (const kind of ['projects', 'applications', 'users', 'grants']) {
      assert.deepEqual(after[kind], before[kind], kind);
    }
    assert.equal(existsSync(setUp.dir), false);
  });
});

it('a name without --events is a mistake', async () => {
  await setUp.fails(/--events-user goes with --events; see zitadel-setup --help/, { events: undefined });
});
