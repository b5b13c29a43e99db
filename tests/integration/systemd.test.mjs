// SPDX-License-Identifier: Apache-2.0
// The units of systemd/: that systemd takes them, and that the program works as they start it. The
// socket is handed over by systemd-socket-activate, on descriptor 0, as StandardInput=socket does.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { call } from './support/http.mjs';
import { startKeptSocket } from './support/kept_socket.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { startApache } from './support/servers.mjs';
import { Workspace, projectFolder } from './support/workspace.mjs';

const kProgram = '/usr/local/lib/zitadel-fcgi/api.fcgi';

// The values of a setting, in order.
function valuesOf(unit, name) {
  const text = readFileSync(join(projectFolder, 'systemd', unit), 'utf8');
  return text.split('\n').filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));
}

function valueOf(unit, name) {
  const values = valuesOf(unit, name);
  assert.equal(values.length, 1, `${unit}: ${name}`);
  return values[0];
}

// What docs/web-servers.md adds to the units where the API has no key file.
function withoutKey() {
  const [service, socket] = [...readFileSync(join(projectFolder, 'docs/web-servers.md'), 'utf8')
    .matchAll(/^```ini\n([^]*?)^```$/mg)].map(([, block]) => block);
  return { 'zitadel-fcgi.service': service, 'zitadel-fcgi.socket': socket };
}

describe('the units', () => {
  let workspace;
  before(() => { workspace = new Workspace(); });
  after(() => workspace?.remove());

  // What `systemd-analyze verify` says of them, after a change of the service, and with what is added to them.
  async function verify(change = (text) => text, dropIns = {}) {
    workspace.installProgram();
    const read = (name) => readFileSync(join(projectFolder, 'systemd', name), 'utf8');
    const service = change(read('zitadel-fcgi.service').replaceAll(kProgram, workspace.program));
    const files = [
      workspace.write('etc/zitadel-fcgi.socket', read('zitadel-fcgi.socket'), 0o644),
      workspace.write('etc/zitadel-fcgi.service', service, 0o644),
    ];
    for (const [unit, text] of Object.entries(dropIns)) {
      workspace.ensureFolder(`etc/${unit}.d`);
      workspace.write(`etc/${unit}.d/override.conf`, text, 0o644);
    }
    const analyze = new Process('systemd-analyze', ['verify', '--man=no', ...files]);
    const { code } = await analyze.exit({ timeoutMs: 30_000 });
    // Other units of the machine are none of our business.
    const complaints = analyze.output.split('\n').filter((line) => line.includes('zitadel-fcgi'));
    return { code, complaints };
  }

  it('are taken by systemd without a complaint', async () => {
    assert.deepEqual(await verify(), { code: 0, complaints: [] });
  });

  it('would be complained of with a mistake in them', async () => {
    const { complaints } = await verify(
      (text) => text.replace('NoNewPrivileges=yes', 'NoNewPrivilege=yes'));
    assert.match(complaints.join('\n'), /NoNewPrivilege/);
  });

  it('are taken with what is added where there is no key', async () => {
    assert.deepEqual(await verify(undefined, withoutKey()), { code: 0, complaints: [] });
    const { complaints } = await verify(undefined, { 'zitadel-fcgi.service': '[Service]\nNoSuchThing=yes\n' });
    assert.match(complaints.join('\n'), /NoSuchThing/);
  });
});

describe('the service', () => {
  const names = ['Restart', 'RestartSec', 'StartLimitIntervalSec'];

  // systemd closes the socket of a service that it has given up.
  it('is never given up, whatever its settings', () => {
    assert.deepEqual(names.map((name) => valueOf('zitadel-fcgi.service', name)),
      ['on-failure', '2', '0']);
    assert.deepEqual(valuesOf('zitadel-fcgi.service', 'RestartPreventExitStatus'), []);
  });
});

// %d is the folder of the credentials, %t that of what exists while the system runs.
const inWorkspace = (workspace, text) => text.replaceAll('%d', workspace.path('credentials'))
  .replaceAll('%t', workspace.path('run'));

function loadCredentials(workspace, issuer) {
  const installed = {
    '/etc/zitadel-fcgi/api.env': workspace.settingsFile,
    '/etc/zitadel-fcgi/api-key.json': issuer.files['api-key'],
  };
  workspace.ensureFolder('credentials');
  for (const value of valuesOf('zitadel-fcgi.service', 'LoadCredential')) {
    const [name, file] = value.split(':');
    assert.ok(file in installed, file);
    workspace.write(`credentials/${name}`, readFileSync(installed[file]), 0o400);
  }
}

// The settings as before the move to systemd: their own path of the key, which only root can read now.
function install(workspace, issuer, settings = {}) {
  if (!existsSync(workspace.program)) workspace.installProgram();
  writeSettings(workspace, issuer, { API_PRIVATE_KEY_FILE_PATH: '/etc/zitadel-fcgi/api-key.json',
    ZITADEL_CACHE_DIR: undefined, ZITADEL_RULES: 'rules', ...settings });
  workspace.write('etc/rules', '/ token\n', 0o644);
  loadCredentials(workspace, issuer);
  assert.equal(valueOf('zitadel-fcgi.service', 'ExecStart'), kProgram);
  assert.equal(valueOf('zitadel-fcgi.service', 'ExecStartPre'), `${kProgram} --check`);
  assert.equal(valueOf('zitadel-fcgi.service', 'StandardInput'), 'socket');
  assert.equal(valueOf('zitadel-fcgi.service', 'WorkingDirectory'), '/etc/zitadel-fcgi/');
  assert.equal(valueOf('zitadel-fcgi.socket', 'Accept'), 'no');
  assert.equal(valueOf('zitadel-fcgi.socket', 'ListenStream'), '/run/zitadel-fcgi/api.sock');
  workspace.ensureFolder(`run/${valueOf('zitadel-fcgi.service', 'RuntimeDirectory')}`);
}

// What the service's program has in its environment.
const variablesOf = (workspace) => [...valuesOf('zitadel-fcgi.service', 'Environment'),
  'CREDENTIALS_DIRECTORY=%d'].map((value) => inWorkspace(workspace, value));

describe('the program on a socket of systemd\'s', () => {
  let issuer;
  let workspace;
  let systemd;
  let apache;

  before(async () => {
    issuer = await startIssuer();
    workspace = new Workspace();
    install(workspace, issuer);
    systemd = new Process('systemd-socket-activate',
      ['--inetd', `--listen=${workspace.socket}`,
        ...variablesOf(workspace).map((each) => `--setenv=${each}`), workspace.program],
      { cwd: workspace.path('etc') });
    await waitFor('the socket', () => /Listening on/.test(systemd.output));
    apache = await startApache(workspace, 'apache/proxy_fcgi.conf');
  });

  after(async () => {
    await apache?.stop();
    await systemd?.stop();
    workspace?.remove();
    await issuer?.stop();
  });

  it('starts with the first request and answers callers by their tokens', async () => {
    assert.ok(!systemd.output.includes('zitadel-fcgi['), systemd.output);
    for (const [token, expected] of [
      [await issuer.mint({ user: 'with-role' }), [200, 200, 200]],
      [await issuer.mint({ user: 'without-role' }), [200, 200, 403]],
      [undefined, [200, 401, 401]],
    ]) {
      const statuses = [];
      for (const path of ['/api/public', '/api/private', '/api/private-scoped']) {
        statuses.push((await call(apache.url(path), { token })).status);
      }
      assert.deepEqual(statuses, expected, systemd.output);
    }
  });

  // systemd before 260 does not copy the credentials again; here they are copied as a newer one does.
  it('reads its settings again on the command of systemctl reload', async () => {
    assert.equal(valueOf('zitadel-fcgi.service', 'Type'), 'notify');
    assert.match(valueOf('zitadel-fcgi.service', 'WatchdogSec'), /^\d+$/);
    install(workspace, issuer, { ZITADEL_REALM: 'changed' });
    const command = valueOf('zitadel-fcgi.service', 'ExecReload').replace('$MAINPID', systemd.pid);
    assert.equal((await new Process('/bin/sh', ['-c', command]).exit()).code, 0);
    await waitFor('the reload', () => /the changed settings are in force; .*API_PRIVATE_KEY_FILE_PATH/.test(systemd.output));
    const { headers } = await call(apache.url('/api/private'));
    assert.match(headers['www-authenticate'], /realm="changed"/);
  });

  it('ends on the signal that the service sends, in time', async () => {
    systemd.signal(valueOf('zitadel-fcgi.service', 'KillSignal'));
    const timeoutMs = 1000 * Number(valueOf('zitadel-fcgi.service', 'TimeoutStopSec'));
    assert.deepEqual(await systemd.exit({ timeoutMs }), { code: 0, signal: null });
  });
});

// With Restart=on-failure, and never given up: systemd itself cannot be run here.
describe('a service whose settings were broken and then mended', () => {
  it('answers who has waited, over the same socket', async () => {
    const issuer = await startIssuer();
    const workspace = new Workspace();
    const parts = [];
    try {
      install(workspace, issuer);
      const right = readFileSync(workspace.settingsFile);
      workspace.write('etc/api.env', `${right}ZITADEL_TIMEOUT_MS=soon\n`);
      loadCredentials(workspace, issuer);
      const kept = await startKeptSocket(workspace, variablesOf(workspace),
        { cwd: workspace.path('etc'), check: '--check' });
      parts.unshift(kept);
      const apache = await startApache(workspace, 'apache/proxy_fcgi.conf');
      parts.unshift(apache);
      const { ino } = statSync(workspace.socket);

      const waiting = call(apache.url('/api/private'), { token: await issuer.mint() });
      await waitFor('the third failed start', () => kept.ends().length >= 3);
      assert.deepEqual(new Set(kept.ends()), new Set([78]), kept.log());
      // The check has ended them: no program that serves was started.
      assert.match(kept.log(), /^✗ settings: ZITADEL_TIMEOUT_MS .*"soon"/m);
      assert.doesNotMatch(kept.log(), /zitadel-fcgi\[/);
      workspace.write('etc/api.env', right);
      loadCredentials(workspace, issuer);

      assert.equal((await waiting).status, 200);
      assert.match(kept.log(), /^✓ listener: /m);
      await kept.restart('SIGTERM');
      assert.equal((await call(apache.url('/api/private'))).status, 401);
      assert.equal(kept.ends().at(-1), 0);
      assert.equal(statSync(workspace.socket).ino, ino);
    } finally {
      for (const part of parts) await part.stop();
      workspace.remove();
      await issuer.stop();
    }
  });
});

// The settings of the service that are made of lists, with what is added to it.
function listsWith(added) {
  const lists = { LoadCredential: [], UnsetEnvironment: [] };
  const text = readFileSync(join(projectFolder, 'systemd/zitadel-fcgi.service'), 'utf8') + added;
  for (const [, name, value] of text.matchAll(/^(LoadCredential|UnsetEnvironment)=(.*)$/mg)) {
    if (value === '') lists[name] = [];
    else lists[name].push(value);
  }
  return lists;
}

describe('a service without a key', () => {
  it('starts with the client secret in its settings', async () => {
    const issuer = await startIssuer();
    const workspace = new Workspace();
    try {
      workspace.installProgram();
      const { clientId, clientSecret } = issuer.readFile('basic');
      writeSettings(workspace, issuer, { API_PRIVATE_KEY_FILE_PATH: undefined, ZITADEL_CACHE_DIR: undefined,
        ZITADEL_CLIENT_ID: clientId, ZITADEL_CLIENT_SECRET: clientSecret });
      const { LoadCredential, UnsetEnvironment } = listsWith(withoutKey()['zitadel-fcgi.service']);
      assert.deepEqual(LoadCredential, ['api.env:/etc/zitadel-fcgi/api.env']);
      workspace.ensureFolder('credentials');
      workspace.write('credentials/api.env', readFileSync(workspace.settingsFile), 0o400);
      workspace.makeFolder(`run/${valueOf('zitadel-fcgi.service', 'RuntimeDirectory')}`);
      const all = Object.fromEntries(variablesOf(workspace).map((each) => each.split(/=(.*)/s)));
      for (const name of UnsetEnvironment) delete all[name];
      const check = new Process(workspace.program, ['--check'], { env: all, cwd: workspace.path('etc') });
      const { code } = await check.exit({ timeoutMs: 30_000 });
      assert.equal(code, 0, check.output);
    } finally {
      workspace.remove();
      await issuer.stop();
    }
  });
});
