// SPDX-License-Identifier: Apache-2.0
// zitadel-setup against the issuer's set-up API: what it makes, finds, writes, changes and removes.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync }
  from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, it } from 'node:test';

import { issuer, manage, setUp, SetUp, useSetUp } from './support/setup.mjs';
import { projectFolder, serverUser } from './support/workspace.mjs';

useSetUp();

const modeOf = (path) => statSync(path).mode & 0o7777;
const isOf = (path) => statSync(path).uid;
const countChanges = async (action) => {
  await issuer.resetCounters();
  await action();
  return (await issuer.management()).changes;
};

describe('a first run', () => {
  it('makes all of it, and writes files that nobody else can read', async () => {
    const stdout = await setUp.ok();
    const { project, application, user } = await setUp.assertComplete();
    for (const name of setUp.files()) assert.equal(modeOf(join(setUp.dir, name)), 0o600, name);
    assert.equal(setUp.read('api.env').split('\n').filter((line) => !/^(#|$)/.test(line)).join('\n'),
      `ZITADEL_DOMAIN=${issuer.issuer}\nZITADEL_PROJECT_ID=${project.id}\n`
      + 'API_PRIVATE_KEY_FILE_PATH=api-key.json');
    assert.match(stdout, /^role +read:messages +make$/m);
    assert.match(stdout, new RegExp(`^application api: made \\(${application.appId}\\)$`, 'm'));
    assert.match(stdout, new RegExp(
      `TOKEN=\\$\\(zitadel-token --key ${setUp.dir}/user.json --domain ${issuer.issuer} --project ${project.id}\\)
  curl -H "Authorization: Bearer \\$TOKEN" http://localhost/api/private-scoped\n$`));
    assert.equal(user.accessTokens, 'opaque');
    const state = setUp.read('zitadel-setup.json');
    for (const file of ['api-key.json', 'user.json']) {
      for (const line of setUp.readJson(file).key.split('\n').filter((text) => text.length > 20)) {
        assert.ok(!state.includes(line) && !stdout.includes(line));
      }
    }
  });

  it('sends the public half of the service user\'s key alone', async () => {
    await setUp.ok();
    const user = setUp.readJson('user.json');
    assert.match(user.key, /^-----BEGIN RSA PRIVATE KEY-----\n/);
    assert.equal(Object.keys(user).join(), 'type,keyId,key,expirationDate,userId');
    assert.match(user.expirationDate, /^2099-/);
  });

  it('follows --access-token-type, --application, --key-days and several roles', async () => {
    setUp.options.role = ['a', 'b:c', 'd/e'];
    await setUp.ok({ accessTokenType: 'jwt', application: 'other', keyDays: '10' });
    const { application, user } = await setUp.assertComplete();
    assert.deepEqual([application.name, user.accessTokens], ['other', 'jwt']);
    for (const { expirationDate } of [...application.keys, ...user.keys]) {
      const days = (Date.parse(expirationDate) - Date.now()) / 86_400_000;
      assert.ok(days > 9.9 && days < 10.1, expirationDate);
    }
  });

  it('tells of many roles what fits into a line', async () => {
    setUp.options.role = Array.from({ length: 200 }, (_, index) => `role${index}`);
    const stdout = await setUp.ok();
    await setUp.assertComplete();
    assert.match(stdout, /^authorization +role0, role1, .* and 19\d more +make$/m);
    for (const line of stdout.split('\n').slice(0, 210)) assert.ok(line.length < 120, line);
  });

  it('does without roles', async () => {
    setUp.options.role = undefined;
    await setUp.ok();
    const { grants, projects } = await setUp.there();
    assert.deepEqual([grants.length, projects[0].roles], [0, []]);
    assert.match(await setUp.ok(), /nothing was changed/);
  });

  it('takes an administrator\'s key, and a token from standard input', async () => {
    await setUp.ok({ adminTokenFile: undefined, adminKey: issuer.files['admin-key'] });
    await setUp.assertComplete();
    const other = new SetUp(issuer);
    await other.ok({ adminTokenFile: '-' }, { input: issuer.readToken('admin') });
    await other.assertComplete();
    other.remove();
  });

  it('changes nothing with --dry-run, nor where the answer is not y', async () => {
    const changes = await countChanges(async () => {
      assert.match(await setUp.ok({ dryRun: true }), /--dry-run: nothing was changed/);
      for (const input of ['', 'n\n', 'no\n', '\n']) {
        await setUp.fails(/nothing was changed/, { yes: undefined }, { input });
      }
      await setUp.fails(/add --yes/, { yes: undefined, adminTokenFile: '-' },
        { input: issuer.readToken('admin') });
    });
    assert.deepEqual([changes, existsSync(setUp.dir)], [0, false]);
    await setUp.ok({ yes: undefined }, { input: 'y\n' });
    await setUp.assertComplete();
  });

  it('says it in JSON', async () => {
    const dry = JSON.parse(await setUp.ok({ json: true, dryRun: true }));
    assert.deepEqual([dry.outcome, dry.done, dry.plan[0]],
      ['dry run', [], { what: 'project', name: setUp.options.project, plan: 'make', remark: '' }]);
    const report = JSON.parse(await setUp.ok({ json: true }));
    const { project, application, user, grant } = await setUp.assertComplete();
    assert.deepEqual(
      [report.outcome, report.project, report.application, report.user, report.authorization],
      ['changed', project.id, application.appId, user.userId, grant.id]);
    assert.equal(report.done.length, 8);
    assert.equal(JSON.parse(await setUp.ok({ json: true })).outcome, 'unchanged');
  });
});

describe('--demo', () => {
  const demo = () => ({ demo: issuer.dir, domain: undefined, adminTokenFile: undefined,
    project: undefined, role: undefined, serviceUser: undefined });

  it('takes what the issuer tells in its folder, and names of its own', async () => {
    const stdout = await setUp.ok(demo());
    assert.match(stdout, /^authorization demo-caller: made/m);
    Object.assign(setUp.options, { project: 'demo', serviceUser: 'demo-caller' });
    await setUp.assertComplete();
    assert.match(await setUp.ok(demo()), /nothing was changed/);
    await setUp.ok({ ...demo(), remove: true });
    assert.deepEqual([setUp.files(), (await setUp.there()).projects], [[], []]);
  });

  it('goes by the names that are given', async () => {
    const { project, serviceUser } = setUp.options;
    await setUp.ok({ ...demo(), project, serviceUser, role: 'a' });
    setUp.options.role = 'a';
    await setUp.assertComplete();
  });

  it('takes no other instance, and no folder of anything else', async () => {
    await setUp.fails(/--domain is what --demo brings/, { demo: issuer.dir });
    await setUp.fails(/--admin-key is what --demo brings/, { ...demo(), adminKey: 'x' });
    await setUp.fails(/ready\.json cannot be opened: .*main\.mjs --data DIR/, { ...demo(), demo: setUp.parent });
    for (const [text, why] of [['', /is not what/], ['[]', /is not what/], ['{"files":{"admin-token":"x"}}', /names an issuer that/],
      ['{"issuer":"http://example.org","files":{"admin-token":"x"}}', /names an issuer that/]]) {
      writeFileSync(join(setUp.parent, 'ready.json'), text);
      await setUp.fails(why, { ...demo(), demo: setUp.parent });
    }
  });
});

describe('a second run', () => {
  beforeEach(() => setUp.ok());

  it('changes nothing and says so', async () => {
    const before = setUp.files().map((name) => statSync(join(setUp.dir, name)).mtimeMs);
    const changes = await countChanges(async () => {
      const stdout = await setUp.ok();
      assert.match(stdout, /\nEverything is there already: nothing was changed\.\n$/);
      assert.doesNotMatch(stdout, /  (make|change)\b/);
    });
    assert.equal(changes, 0);
    assert.deepEqual(setUp.files().map((name) => statSync(join(setUp.dir, name)).mtimeMs), before);
  });

  it('finds what was renamed', async () => {
    const { project, application, user } = await setUp.assertComplete();
    for (const id of [project.id, application.appId, user.userId]) {
      await issuer.stranger({ kind: 'rename', id, name: `renamed ${id}` });
    }
    assert.equal(await countChanges(async () => {
      assert.equal([...(await setUp.ok()).matchAll(/, called renamed \d+ now/g)].length, 3);
    }), 0);
    await setUp.ok({ remove: true });
    assert.ok((await issuer.management()).projects.every(({ id }) => id !== project.id));
  });

  it('adds a role that is new, and keeps those that others granted', async () => {
    const { project, user, grant } = await setUp.assertComplete();
    const path = `/management/v1/projects/${project.id}/roles`;
    await manage(issuer, 'POST', path, { roleKey: 'theirs', displayName: 'x' });
    await manage(issuer, 'PUT', `/management/v1/users/${user.userId}/grants/${grant.id}`,
      { roleKeys: ['read:messages', 'theirs'] });
    await setUp.ok({ role: ['read:messages', 'new'] });
    const { grants } = await setUp.there();
    assert.deepEqual([...grants[0].roleKeys].sort(), ['new', 'read:messages', 'theirs']);
  });

  it('makes again what somebody has taken away', async () => {
    const { user } = await setUp.assertComplete();
    await manage(issuer, 'DELETE', `/management/v1/users/${user.userId}`);
    await setUp.fails(/user\.json: ZITADEL does not know this key any more: --new-key/);
    await setUp.ok({ newKey: true });
    await setUp.assertComplete();
  });

  it('refuses another project, instance or organisation for the same folder', async () => {
    await setUp.fails(/belongs to the project api \d+, not to other: give another --dir/,
      { project: 'other' });
    const elsewhere = issuer.issuer.replace('127.0.0.1', 'localhost');
    await setUp.fails(/status 404|calls itself/, { domain: elsewhere });
    await setUp.fails(/belongs to the organisation/,
      { org: issuer.otherOrganisationId, adminTokenFile: issuer.files['iam-owner-token'] });
  });

  it('does not wake what somebody has stopped', async () => {
    const { project, application, user, grant } = await setUp.assertComplete();
    for (const [path, id, stop, told, wake, remedy] of [
      [`projects/${project.id}`, project.id, 'deactivate', /project api \d+ is deactivated/, 'reactivate', /reactivate it, .*--project$/m],
      [`projects/${project.id}/apps/${application.appId}`, application.appId, 'deactivate', /application api is deactivated/,
        'reactivate', /reactivate it, .*--application$/m],
      [`users/${user.userId}`, user.userId, 'deactivate', /service user caller \d+ is deactivated/, 'reactivate', /reactivate it, .*--service-user$/m],
      [`users/${user.userId}`, user.userId, 'lock', /service user caller \d+ is locked/, 'unlock', /unlock it, .*--service-user$/m],
      [`users/${user.userId}/grants/${grant.id}`, grant.id, 'deactivate', /authorization of caller \d+ is deactivated/,
        'reactivate', /reactivate it/],
    ]) {
      await manage(issuer, 'POST', `/management/v1/${path}/_${stop}`, {});
      const changes = await countChanges(async () => {
        const { stderr } = await setUp.fails(told);
        assert.match(stderr, remedy);
        assert.ok(stderr.includes(id), stderr);
      });
      assert.equal(changes, 0);
      await manage(issuer, 'POST', `/management/v1/${path}/_${wake}`, {});
    }
    assert.match(await setUp.ok(), /nothing was changed/);
  });
});

describe('files', () => {
  it('are not written over others that were there', async () => {
    mkdirSync(setUp.dir);
    for (const [name, text] of [['api-key.json', readFileSync(issuer.files['api-key'])],
      ['user.json', '{}'], ['api.env', 'ZITADEL_DOMAIN=https://mine\n']]) {
      writeFileSync(join(setUp.dir, name), text, { mode: 0o600 });
      const changes = await countChanges(() =>
        setUp.fails(new RegExp(`${name} .*zitadel-setup.*move it away, or give another --dir`)));
      assert.equal(changes, 0, name);
      assert.equal(setUp.read(name), String(text));
      unlinkSync(join(setUp.dir, name));
    }
  });

  it('take the place of the settings that make install puts there', async () => {
    mkdirSync(setUp.dir);
    writeFileSync(join(setUp.dir, 'api.env'), readFileSync(join(projectFolder, '.env.example')));
    await setUp.ok();
    await setUp.assertComplete();
  });

  it('stay as they were changed by hand', async () => {
    await setUp.ok();
    writeFileSync(join(setUp.dir, 'api.env'), `${setUp.read('api.env')}ZITADEL_RULES=rules\n`);
    assert.match(await setUp.ok(), /changed by hand, stays as it is/);
    assert.match(setUp.read('api.env'), /ZITADEL_RULES=rules/);
    assert.match(await setUp.ok({ remove: true }),
      /^Of what zitadel-setup had made, this is left: file \S+api\.env \(changed by hand\)\.$/m);
    assert.deepEqual(setUp.files(), ['api.env']);
  });

  it('that were changed by hand are told the line with the id of a project that is made anew', async () => {
    await setUp.ok();
    const { project } = await setUp.assertComplete();
    const edited = `${setUp.read('api.env')}ZITADEL_RULES=rules\n`;
    writeFileSync(join(setUp.dir, 'api.env'), edited, { mode: 0o600 });
    await manage(issuer, 'DELETE', `/management/v1/projects/${project.id}`);
    const stdout = await setUp.ok({ newKey: true });
    const { projects: [{ id }] } = await setUp.there();
    const line = new RegExp(`changed by hand, stays as it is: write the line ZITADEL_PROJECT_ID=${id}\\)?$`, 'm');
    assert.match(stdout, line);
    assert.match(await setUp.ok(), line);
    assert.equal(setUp.read('api.env'), edited);
    writeFileSync(join(setUp.dir, 'api.env'), edited.replace(project.id, id), { mode: 0o600 });
    assert.match(await setUp.ok(), /changed by hand, stays as it is\)$/m);
  });

  it('stay readable for their group where nobody else could read them', async () => {
    await setUp.ok();
    chmodSync(join(setUp.dir, 'api-key.json'), 0o640);
    await setUp.ok({ rotateKey: true });
    assert.deepEqual(setUp.files().map((name) => modeOf(join(setUp.dir, name))), [0o640, 0o600, 0o600, 0o600]);
  });

  it('are for their owner alone, whatever the umask', async () => {
    const before = process.umask();
    for (const umask of [0, 0o777]) {
      const each = new SetUp(issuer);
      process.umask(umask);
      await each.ok().finally(() => process.umask(before));
      await each.assertComplete();
      for (const name of each.files()) assert.equal(modeOf(join(each.dir, name)), 0o600, name);
      assert.equal(modeOf(each.dir), 0o755);
      each.remove();
    }
  });

  it('are told with their whole path', async () => {
    const from = relative(process.cwd(), setUp.dir);
    const stdout = await setUp.ok({ dir: `${from}/` });
    assert.match(stdout, new RegExp(`ZITADEL_ENV_FILE=/.*${setUp.dir}/api\\.env`));
    assert.match(stdout, new RegExp(`--key /.*${setUp.dir}/user\\.json`));
    await setUp.assertComplete();
  });

  it('are not put where others may write', async () => {
    mkdirSync(setUp.dir);
    chmodSync(setUp.dir, 0o777);
    await setUp.fails(/--dir .* may be written to by others: chmod 700/);
    await setUp.fails(/cannot be made: /, { dir: join(setUp.dir, 'a/b') });
  });

  it('belong to --owner as far as it must read them, also when they are replaced', {
    skip: serverUser.uid === undefined && 'only root can give files away',
  }, async () => {
    const owners = () => setUp.files().map((name) => isOf(join(setUp.dir, name)));
    await setUp.fails(/--owner: there is no user nobody-there/, { owner: 'nobody-there' });
    await setUp.ok();
    assert.deepEqual(owners(), [0, 0, 0, 0]);
    await setUp.ok({ owner: 'www-data' });
    assert.deepEqual(owners(), [serverUser.uid, serverUser.uid, 0, 0]);
    await setUp.ok({ rotateKey: true });
    assert.deepEqual(owners(), [serverUser.uid, serverUser.uid, 0, 0]);
    assert.equal(await countChanges(() => setUp.ok({ owner: 'www-data' })), 0);
  });
});
