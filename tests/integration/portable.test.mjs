// SPDX-License-Identifier: Apache-2.0
// `make portable`: what the program needs of a host, and that it works with no more.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { Process } from './support/processes.mjs';
import { Workspace, buildFolder } from './support/workspace.mjs';

// glibc, OpenSSL, libcurl; and a sanitizer's own library, where the program was built with one.
const allowed = /^(ld-linux.*|lib(c|m|pthread|dl|rt|ssl|crypto|curl)|lib[a-z]+san)\.so\.\d+$/;

function neededLibraries(program) {
  const lines = execFileSync('readelf', ['-d', program], { encoding: 'utf8', env: { LC_ALL: 'C',
    PATH: process.env.PATH } });
  return [...lines.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name);
}

describe('the portable program', () => {
  const built = join(buildFolder, 'portable/api.fcgi');
  let issuer;
  let workspace;
  before(async () => {
    issuer = await startIssuer();
    workspace = new Workspace();
    writeSettings(workspace, issuer);
    workspace.write('lib/api.fcgi', readFileSync(built), 0o755);
    workspace.write('lib/api.env', 'ZITADEL_ENV_FILE=../etc/api.env\n');
  });
  after(async () => {
    workspace?.remove();
    await issuer?.stop();
  });

  it('needs only glibc, OpenSSL and libcurl', () => {
    const needed = neededLibraries(built);
    assert.ok(needed.includes('libc.so.6'), needed.join(' '));
    assert.deepEqual(needed.filter((name) => !allowed.test(name)), []);
  });

  it('is not what the usual build makes', () => {
    const needed = neededLibraries(join(buildFolder, 'api.fcgi'));
    assert.ok(needed.some((name) => !allowed.test(name)), needed.join(' '));
  });

  // The status it gives as plain CGI, started in an environment without settings.
  async function statusOf(path, token) {
    const env = { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', SCRIPT_NAME: '/api',
      PATH_INFO: path, ...(token && { HTTP_AUTHORIZATION: `Bearer ${token}` }) };
    const program = new Process(workspace.program, [], { env });
    const { code } = await program.exit({ timeoutMs: 30_000 });
    assert.equal(code, 0, program.output);
    return Number(program.output.match(/^Status: (\d+)/m)?.[1] ?? 200);
  }

  it('answers callers by their tokens as plain CGI', async () => {
    const withRole = await issuer.mint({ user: 'with-role' });
    const withoutRole = await issuer.mint({ user: 'without-role' });
    assert.equal(await statusOf('/private'), 401);
    assert.equal(await statusOf('/private', 'made-up'), 401);
    assert.equal(await statusOf('/private-scoped', withoutRole), 403);
    assert.equal(await statusOf('/public'), 200);
    assert.equal(await statusOf('/private', withoutRole), 200);
    assert.equal(await statusOf('/private-scoped', withRole), 200);
  });
});
