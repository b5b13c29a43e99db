// SPDX-License-Identifier: Apache-2.0
// make dist: the tarball for shared hosts, unpacked and used as the README in it says.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { call } from './support/http.mjs';
import { startApacheWith } from './support/servers.mjs';
import { Workspace, buildFolder, projectFolder } from './support/workspace.mjs';

describe('the tarball for shared hosts', () => {
  let workspace;
  let issuer;
  let folder; // as it was unpacked
  before(async () => {
    workspace = new Workspace();
    issuer = await startIssuer();
    pack('first');
    execFileSync('tar', ['-xzf', tarball('first'), '-C', workspace.folder]);
    [folder] = readdirSync(workspace.folder).filter((name) => name.startsWith('zitadel-fcgi-'))
      .map((name) => workspace.path(name));
  });
  after(async () => {
    await issuer?.stop();
    workspace?.remove();
  });

  // Packs the program that is built.
  function pack(name) {
    mkdirSync(workspace.path(`${name}/portable`), { recursive: true });
    workspace.write(`${name}/portable/api.fcgi`, readFileSync(join(buildFolder, 'portable/api.fcgi')), 0o755);
    execFileSync('make', ['-s', 'dist', `BUILD=${workspace.path(name)}`, '-o',
      `${workspace.path(name)}/portable/api.fcgi`], { cwd: projectFolder });
  }
  function tarball(name) {
    const names = readdirSync(workspace.path(`${name}/dist`)).filter((each) => each.endsWith('.tar.gz'));
    assert.equal(names.length, 1);
    return workspace.path(`${name}/dist/${names[0]}`);
  }

  it('is named in the checksums beside it, and each file in those inside', () => {
    for (const place of [workspace.path('first/dist'), folder]) {
      execFileSync('sha256sum', ['--check', '--strict', '--status', 'SHA256SUMS'], { cwd: place });
    }
    const listed = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').trim().split('\n')
      .map((line) => line.replace(/^\S+ +/, ''));
    assert.deepEqual(listed.sort(), readdirSync(folder).filter((name) => name !== 'SHA256SUMS').sort());
  });

  it('is the same, byte for byte, when it is packed again', () => {
    pack('second');
    assert.ok(readFileSync(tarball('first')).equals(readFileSync(tarball('second'))));
    rmSync(workspace.path('second'), { recursive: true });
  });

  it('holds each file that its README says to upload, and the licence', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    const uploads = [...readme.matchAll(/^\| `([^`]+)`.*\| `\/home\/you/gm)].map(([, name]) => name);
    assert.ok(uploads.length >= 5, uploads.join(' '));
    for (const name of [...uploads, 'cgi.htaccess', 'LICENSE', 'THIRD-PARTY']) {
      assert.ok(statSync(join(folder, name)).size > 0, name);
    }
    assert.equal(statSync(join(folder, 'api.fcgi')).mode & 0o777, 0o755);
    assert.doesNotMatch(readme, /build\/portable\/api|apache\/shared-hosting|`\.env\.example`/);
  });

  it('works as plain CGI behind an Apache that was told nothing else', async () => {
    for (const name of ['www', 'www/api']) workspace.makeFolder(name);
    writeSettings(workspace, issuer);
    workspace.program = workspace.write('www/api/api.fcgi', readFileSync(join(folder, 'api.fcgi')), 0o755);
    workspace.write('www/api/api.env', `ZITADEL_ENV_FILE=${workspace.settingsFile}\n`);
    workspace.write('www/api/.htaccess', readFileSync(join(folder, 'cgi.htaccess')), 0o644);
    const server = await startApacheWith(workspace, ['rewrite', 'cgid'],
      `<Directory "${workspace.path('www')}">\n  AllowOverride All\n</Directory>\n`);
    try {
      const token = await issuer.mint({ user: 'with-role' });
      for (const [path, expected, each] of [['/api/public', 200], ['/api/private', 401],
        ['/api/private-scoped', 200, token], ['/api/api.env', 403]]) {
        assert.equal((await call(server.url(path), { token: each })).status, expected,
          `${path}: ${server.log()}`);
      }
    } finally {
      await server.stop();
    }
  });
});
