// SPDX-License-Identifier: Apache-2.0
// zitadel-check and ZITADEL's events: whether they may be searched, how far the feed of the running
// processes is, and what events of a user or of an authorization would end.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { behind, withFeed } from './support/feeds.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { manage } from './support/setup.mjs';
import { serverUser, Workspace } from './support/workspace.mjs';

const exits = { usage: 64, zitadel: 69, refused: 77 };

let issuer;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());

let workspace;
beforeEach(() => { workspace = new Workspace(); });
afterEach(async () => {
  await issuer.clearFaults();
  workspace.remove();
});

async function run(args = [], place = workspace) {
  const program = new Process(place.installProgram('zitadel-check'), args,
    { env: { ZITADEL_ENV_FILE: place.settingsFile }, cwd: place.path('run') });
  const { code, signal } = await program.exit({ timeoutMs: 30_000 });
  assert.equal(signal, null, program.output);
  for (const name of ['iam-owner-viewer', 'iam-owner', 'admin']) {
    assert.ok(!program.output.includes(issuer.readToken(name).slice(0, 12)), 'a token is shown');
  }
  const bad = program.output.split('\n').filter((line) => line.startsWith('✗'));
  return { code, output: program.output, bad };
}

// Asked for with that file of the issuer's; nobody has polled.
async function look({ file = 'iam-owner-viewer-token', args = [], ...settings } = {}) {
  const folder = workspace.path('run/cache');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (serverUser.uid !== undefined) chownSync(folder, serverUser.uid, serverUser.gid);
  writeSettings(workspace, issuer, {
    ZITADEL_EVENTS_TOKEN_FILE: file ? workspace.write('etc/events', readFileSync(issuer.files[file])) : undefined,
    ZITADEL_CACHE_DIR: folder, ...settings,
  });
  return run(args);
}

describe('events', () => {
  it('may be searched with a token, or with a key', async () => {
    const pat = await look();
    assert.equal(pat.code, 0, pat.output);
    assert.match(pat.output, /^✓ events: may be searched with the personal access token$/m);
    const key = await look({ file: 'iam-owner-viewer-key' });
    assert.equal(key.code, 0, key.output);
    const { keyId, userId } = issuer.readFile('iam-owner-viewer-key');
    assert.match(key.output, new RegExp(`^✓ events: may be searched with the key ${keyId} of user ${userId}$`, 'm'));
  });

  it('are told by type and time alone', async () => {
    await issuer.clearEvents();
    assert.match((await look()).output, /^– last event: none that ends anything has ever been$/m);
    await issuer.event({ type: 'user.human.password.changed', aggregate: { id: '1' }, payload: { encodedHash: 'never-shown' } });
    await issuer.event({ type: 'user.locked', aggregate: { id: '2' }, payload: { secret: 'never-shown' }, at: '2026-01-02T03:04:05.000006Z' });
    const { output } = await look();
    assert.match(output, /^– last event: user\.locked at 2026-01-02T03:04:05\.000006Z$/m);
    assert.ok(!output.includes('never-shown'));
  });

  it('need a token that is good, of somebody who may read them', async () => {
    for (const [file, pattern] of [
      ['expired-token', /✗ events: ZITADEL does not take the personal access token .*zitadel-setup --events/],
      ['admin-token', /✗ events: the personal access token .* may not read events: make its user an IAM_OWNER_VIEWER/],
      ['admin-key', /✗ events: the key \d+ of user \d+ .* may not read events: .*IAM_OWNER_VIEWER/],
      ['manages-nothing-token', /✗ events: .* may not read events: .*IAM_OWNER_VIEWER/],
    ]) {
      const { code, output, bad } = await look({ file });
      assert.deepEqual([code, bad.length], [exits.refused, 1], output);
      assert.match(bad[0], pattern);
    }
    const { keyId } = issuer.readFile('iam-owner-viewer-key');
    await issuer.deleteKey(keyId);
    const gone = await look({ file: 'iam-owner-viewer-key' });
    await issuer.restoreKey(keyId);
    assert.equal(gone.code, exits.refused, gone.output);
    assert.match(gone.bad[0], /✗ events: no token is to be had with the key of ZITADEL_EVENTS_TOKEN_FILE: ZITADEL refused the key/);
  });

  it('cannot be searched while ZITADEL fails', async () => {
    await issuer.fault('server-error', { on: 'events', times: 10 });
    const { code, output, bad } = await look();
    assert.equal(code, exits.zitadel, output);
    assert.match(bad[0], /✗ events: cannot be searched: .*500/);
  });

  it('are no matter where nothing is remembered, or none are asked for', async () => {
    assert.match((await look({ ZITADEL_CACHE_TTL: '0' })).output, /^– events: are not asked for: .*ZITADEL_CACHE_TTL=0$/m);
    assert.doesNotMatch((await look({ file: null })).output, /event|feed/);
    assert.match((await look({ file: null, args: ['--user', '1'] })).output,
      /^– events: end nothing, .*ZITADEL_EVENTS_TOKEN_FILE is not set/m);
  });
});

it('are looked at where JWTs are checked here, whatever is remembered', async () => {
  for (const settings of [{ ZITADEL_VALIDATION: 'jwt' }, { ZITADEL_VALIDATION: 'jwt', ZITADEL_CACHE_TTL: '0' }]) {
    const { code, output } = await look({ ZITADEL_PROJECT_ID: issuer.projectId, ...settings });
    assert.equal(code, 0, output);
    assert.match(output, /^✓ events: may be searched/m);
    assert.match(output, /^– feed: no process has polled yet$/m);
  }
});

describe('the feed', () => {
  it('has not begun', async () => {
    const { code, output } = await look();
    assert.equal(code, 0, output);
    assert.match(output, /^– feed: no process has polled yet$/m);
    assert.match((await look({ ZITADEL_CACHE_DIR: workspace.path('run/none') })).output,
      /^– feed: no process has polled yet: \S+none is not there$/m);
    const theirs = workspace.path('theirs');
    mkdirSync(theirs, { mode: 0o777 });
    chmodSync(theirs, 0o777);
    assert.match((await look({ ZITADEL_CACHE_DIR: theirs })).output,
      /^– feed: cannot be seen: \S+theirs .*; run this as the user that api\.fcgi runs as/m);
  });

  it('is told as the running processes have it: position and delay', async () => {
    await withFeed(issuer, behind['lighttpd, 4 processes'], {}, async ({ api }) => {
      const time = new Date().toISOString().replace('Z', '123Z');
      await issuer.event({ type: 'user.locked', aggregate: { id: '3' }, at: time });
      let told;
      await waitFor('the position', async () => {
        told = await run([], api.workspace);
        return told.output.includes(`✓ position: ${time}`);
      });
      assert.match(told.output, /^✓ feed: a process polls$/m);
      assert.match(told.output, /^✓ delay: [012]\.\d{3} seconds since the last complete poll$/m);
      assert.equal(told.code, 0, told.output);
      // It is behind.
      await issuer.fault('server-error', { on: 'events', times: 1000 });
      await waitFor('the feed to be behind', async () => {
        told = await run([], api.workspace);
        return told.bad.some((line) => line.startsWith('✗ delay: '));
      });
      assert.match(told.output, /^✗ delay: \d+\.\d{3} seconds since the last complete poll: the feed is behind/m);
      assert.equal(told.code, exits.zitadel, told.output);
      await issuer.clearFaults();
      await api.server.stop();
      told = await run([], api.workspace);
      assert.match(told.output, /^– feed: no process polls now; \d+\.\d{3} seconds since the last complete poll$/m);
    });
  });

  it('is said to a program', async () => {
    const { output } = await look({ args: ['--json'] });
    const { ok, checks } = JSON.parse(output);
    const of = (name) => checks.find((check) => check.name === name);
    assert.deepEqual([ok, of('events').result, of('feed').result], [true, 'good', 'note']);
  });
});

describe('what would end', () => {
  const mint = (user, wish) => issuer.mint({ user, scope: `openid urn:zitadel:iam:org:project:id:${issuer.projectId}:aud`, ...wish });
  const tokenFile = async (name, user) => workspace.write(`run/${name}`, await mint(user));

  it('by events of a user', async () => {
    const id = issuer.users['with-role'];
    const args = ['--user', id, '--token-file', await tokenFile('mine', 'with-role'), '--token-file', await tokenFile('other', 'without-role')];
    const { code, output } = await look({ args });
    assert.equal(code, 0, output);
    assert.match(output, new RegExp(`^– user ${id}: user\\.deactivated, user\\.reactivated, user\\.locked, .*user\\.grant\\.added.*: `
      + `what is known of all tokens of user ${id} is asked about again, and so of the token in \\S+mine$`, 'm'));
    assert.match(output, new RegExp(`^– user ${id}: user\\.pat\\.removed: what is known of the personal access token that it names is`, 'm'));
    const nobody = await look({ args: ['--user', '4711', ...args.slice(2)] });
    assert.match(nobody.output, /^– user 4711: user\.deactivated.* again, and so of none of the tokens here$/m);
  });

  it('by events of a user, where JWTs are checked here', async () => {
    const id = issuer.users['with-role'];
    const ended = (said) => new RegExp(`^– user ${id}: user\\.deactivated, [^:]*: ${said}$`, 'm');
    const both = await look({ args: ['--user', id], ZITADEL_VALIDATION: 'jwt-or-introspection', ZITADEL_PROJECT_ID: issuer.projectId });
    assert.match(both.output, ended(`what is known of all tokens of user ${id} is asked about again; of them, JWTs issued until then are refused`));
    assert.match(both.output, new RegExp(`^– user ${id}: user\\.reactivated[^:]*: what is known of all tokens of user ${id} is asked about again$`, 'm'));
    const alone = await look({ args: ['--user', id], ZITADEL_VALIDATION: 'jwt', ZITADEL_PROJECT_ID: issuer.projectId });
    assert.match(alone.output, ended(`of all tokens of user ${id}, JWTs issued until then are refused`));
    assert.ok(!/asked about again/.test(alone.output), alone.output);
  });

  it('by events of an authorization', async () => {
    const { id: projectId } = await manage(issuer, 'POST', '/management/v1/projects', { name: 'of a grant' });
    await manage(issuer, 'POST', `/management/v1/projects/${projectId}/roles`, { roleKey: 'x', displayName: 'x' });
    const userId = issuer.users['with-role'];
    const { userGrantId } = await manage(issuer, 'POST', `/management/v1/users/${userId}/grants`, { projectId, roleKeys: ['x'] });
    for (const payloads of ['object', 'base64']) {
      await issuer.eventSettings({ payloads });
      const { code, output } = await look({ args: ['--grant', userGrantId, '--token-file', await tokenFile('mine', 'with-role'),
        '--token-file', await tokenFile('other', 'without-role')] });
      assert.equal(code, 0, output);
      assert.match(output, new RegExp(`^– grant ${userGrantId}: is an authorization of user ${userId} in project ${projectId}$`, 'm'));
      assert.match(output, new RegExp(`^– grant ${userGrantId}: user\\.grant\\.added, .*: what is known of all tokens of user ${userId} is .* token in \\S+mine$`, 'm'));
      assert.match(output, new RegExp(`where its event names no user: user\\.grant\\.added, .*: what is known of all tokens of user ${userId} is .*mine$`, 'm'));
      assert.match(output, /where its event names no user: user\.grant\.cascade\.changed, .*: what is known of all tokens with a role is .*mine$/m);
    }
    await issuer.eventSettings({});
    const unknown = await look({ args: ['--grant', '4711'] });
    assert.match(unknown.output, /^– grant 4711: ZITADEL tells of no such authorization$/m);
    assert.match(unknown.output, /^– grant 4711, where its event names no user: .*: what is known of all tokens is asked about again$/m);
  });

  it('takes ids alone', async () => {
    for (const args of [['--user', 'a b'], ['--grant', '../1'], ['--user', ''], ['--grant']]) {
      assert.equal((await look({ args })).code, exits.usage, args.join(' '));
    }
  });
});
