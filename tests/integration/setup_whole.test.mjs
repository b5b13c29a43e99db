// SPDX-License-Identifier: Apache-2.0
// From nothing to the first 200: zitadel-setup, then api.fcgi behind lighttpd with the api.env that it
// wrote, zitadel-token with the user.json that it wrote, and the API called.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { call } from './support/http.mjs';
import { cleanEnvironment, signal, waitFor } from './support/processes.mjs';
import { startLighttpd } from './support/servers.mjs';
import { SetUp } from './support/setup.mjs';
import { buildFolder, serverUser, Workspace } from './support/workspace.mjs';

let started = [];
afterEach(async () => {
  for (const stop of started.reverse()) await stop();
  started = [];
});

async function startAll({ issuerOptions = {}, setUpOptions = {}, administrator = 'admin' } = {}) {
  const issuer = await startIssuer(issuerOptions);
  started.push(() => issuer.stop());
  const owner = serverUser.uid === undefined ? {} : { owner: 'www-data' };
  const caFile = issuer.files.ca === undefined ? {} : { caFile: openCopy(issuer.files.ca) };
  const setUp = new SetUp(issuer, { ...owner, ...caFile, adminTokenFile: issuer.files[`${administrator}-token`], ...setUpOptions });
  started.push(() => setUp.remove());
  chmodSync(setUp.parent, 0o755); // as /etc is
  const stdout = await setUp.ok();
  return { issuer, setUp, stdout, serve: () => serve(setUp) };
}

// Where the web server's user can read it.
function openCopy(file) {
  const folder = mkdtempSync(join(tmpdir(), 'zitadel-setup-ca-'));
  started.push(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  const copy = join(folder, 'it\'s the ca.pem');
  execFileSync('install', ['-m', '644', file, copy]);
  return copy;
}

async function serve(setUp) {
  const workspace = new Workspace();
  started.push(() => workspace.remove());
  workspace.installProgram();
  workspace.settingsFile = join(setUp.dir, 'api.env');
  const server = await startLighttpd(workspace, 'lighttpd/fastcgi.conf');
  started.push(() => server.stop());
  return {
    get: async (path, token) => (await call(server.url(path), { token })).status,
    reload: async () => {
      for (const pid of server.programs()) signal(pid, 'SIGHUP');
      await server.waitForLog(/the changed settings are in force/);
    },
  };
}

// The command as it was printed, with this build's zitadel-token.
function tokenBy(stdout) {
  const [, command] = stdout.match(/^ {2}TOKEN=\$\((.*)\)$/m);
  return execFileSync('sh', ['-c', command], { encoding: 'utf8',
    env: { ...cleanEnvironment(), PATH: `${buildFolder}:${process.env.PATH}` } }).trim();
}

describe('what zitadel-setup wrote is enough', () => {
  for (const [what, options] of Object.entries({
    'with opaque tokens': {},
    'with JWTs': { setUpOptions: { accessTokenType: 'jwt' } },
    'over TLS, with a private CA': { issuerOptions: { tls: true } },
  })) {
    it(`${what}`, async () => {
      const { stdout, serve: start } = await startAll(options);
      const { get } = await start();
      const token = tokenBy(stdout);
      assert.equal(await get('/api/public'), 200);
      assert.equal(await get('/api/private'), 401);
      assert.equal(await get('/api/private', token), 200);
      assert.equal(await get('/api/private-scoped', token), 200);
    });
  }

  it('also to ask for events: a token that is revoked is refused within seconds, not minutes', async () => {
    const { issuer, stdout, serve: start } = await startAll({ issuerOptions: { assertions: 'reusable' },
      administrator: 'iam-owner', setUpOptions: { events: true } });
    const { get } = await start();
    const token = tokenBy(stdout);
    assert.equal(await get('/api/private', token), 200);
    await waitFor('the feed to begin', async () => (await issuer.searches()).length > 1);
    assert.equal(await get('/api/private', token), 200);
    await issuer.revoke(token);
    await waitFor('the token to be refused', async () => await get('/api/private', token) === 401, { timeoutMs: 5000 });
  });

  // Each token is a new one, which ZITADEL is asked about.
  it('also while the keys are rotated: a program that runs can ask at each step', async () => {
    const { setUp, stdout, serve: start } = await startAll();
    const { get, reload } = await start();
    const takes = async (token) => assert.equal(await get('/api/private-scoped', token), 200);
    await takes(tokenBy(stdout));
    const before = readFileSync(join(setUp.dir, 'user.json'), 'utf8');
    await setUp.ok({ rotateKey: true });
    assert.notEqual(readFileSync(join(setUp.dir, 'user.json'), 'utf8'), before);
    await takes(tokenBy(stdout));
    await reload();
    await takes(tokenBy(stdout));
    await setUp.ok({ removeOldKeys: true });
    await takes(tokenBy(stdout));
  });
});
