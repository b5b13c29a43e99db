// The units of systemd/: that systemd takes them, and that the program works as they start it. The
// socket is handed over by systemd-socket-activate, on descriptor 0, as StandardInput=socket does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { call } from './support/http.mjs';
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

describe('the units', () => {
  let workspace;
  before(() => { workspace = new Workspace(); });
  after(() => workspace?.remove());

  // What `systemd-analyze verify` says of them, after a change of the service.
  async function verify(change = (text) => text) {
    workspace.installProgram();
    const read = (name) => readFileSync(join(projectFolder, 'systemd', name), 'utf8');
    const service = change(read('zitadel-fcgi.service').replace(kProgram, workspace.program));
    const files = [
      workspace.write('etc/zitadel-fcgi.socket', read('zitadel-fcgi.socket'), 0o644),
      workspace.write('etc/zitadel-fcgi.service', service, 0o644),
    ];
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

describe('the program on a socket of systemd\'s', () => {
  let issuer;
  let workspace;
  let systemd;
  let apache;

  // %d is the folder of the credentials, %t that of what exists while the system runs.
  const here = (text) => text.replaceAll('%d', workspace.path('credentials'))
    .replaceAll('%t', workspace.path('run'));

  function loadCredentials() {
    const installed = {
      '/etc/zitadel-fcgi/api.env': workspace.settingsFile,
      '/etc/zitadel-fcgi/api-key.json': issuer.files['api-key'],
    };
    workspace.makeFolder('credentials');
    for (const value of valuesOf('zitadel-fcgi.service', 'LoadCredential')) {
      const [name, file] = value.split(':');
      assert.ok(file in installed, file);
      workspace.write(`credentials/${name}`, readFileSync(installed[file]), 0o400);
    }
  }

  before(async () => {
    issuer = await startIssuer();
    workspace = new Workspace();
    workspace.installProgram();
    // As before the move to systemd: its own path of the key, which only root can read now.
    writeSettings(workspace, issuer, { API_PRIVATE_KEY_FILE_PATH: '/etc/zitadel-fcgi/api-key.json',
      ZITADEL_CACHE_DIR: undefined, ZITADEL_RULES: 'rules' });
    workspace.write('etc/rules', '/ token\n', 0o644);
    loadCredentials();
    assert.equal(valueOf('zitadel-fcgi.service', 'ExecStart'), kProgram);
    assert.equal(valueOf('zitadel-fcgi.service', 'StandardInput'), 'socket');
    assert.equal(valueOf('zitadel-fcgi.service', 'WorkingDirectory'), '/etc/zitadel-fcgi/');
    assert.equal(valueOf('zitadel-fcgi.socket', 'Accept'), 'no');
    assert.equal(valueOf('zitadel-fcgi.socket', 'ListenStream'), '/run/zitadel-fcgi/api.sock');
    workspace.makeFolder(`run/${valueOf('zitadel-fcgi.service', 'RuntimeDirectory')}`);
    const variables = [...valuesOf('zitadel-fcgi.service', 'Environment'),
      'CREDENTIALS_DIRECTORY=%d'].map((value) => `--setenv=${here(value)}`);
    systemd = new Process('systemd-socket-activate',
      ['--inetd', `--listen=${workspace.socket}`, ...variables, workspace.program],
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

  it('ends on the signal that the service sends, in time', async () => {
    systemd.signal(valueOf('zitadel-fcgi.service', 'KillSignal'));
    const timeoutMs = 1000 * Number(valueOf('zitadel-fcgi.service', 'TimeoutStopSec'));
    assert.deepEqual(await systemd.exit({ timeoutMs }), { code: 0, signal: null });
  });
});
