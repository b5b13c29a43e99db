// SPDX-License-Identifier: Apache-2.0
// Endpoints in a repository of one's own: both examples, copied out of the tree, are built with make and with
// cmake from what `make install` has put there and from nothing else; their own tests run; then they
// serve.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi, writeSettings } from './support/api.mjs';
import { call, freePort } from './support/http.mjs';
import { Process, cleanEnvironment, ready } from './support/processes.mjs';
import { Workspace, buildFolder, isSanitized, projectFolder, sanitizerFlags } from './support/workspace.mjs';

const folder = mkdtempSync(join(tmpdir(), 'own-api-'));
const prefix = join(folder, 'installed');
const includes = join(prefix, 'include/zitadel-fcgi');
const own = join(folder, 'own-api');
const anyServer = join(folder, 'any-server');
const environment = cleanEnvironment({ PKG_CONFIG_PATH: join(prefix, 'lib/pkgconfig'), CXXFLAGS: `-O0 ${sanitizerFlags()}`,
  LDFLAGS: sanitizerFlags(),
  ...(process.env.CCACHE_DIR ? { CCACHE_DIR: process.env.CCACHE_DIR } : {}) });

const run = (cwd, command, ...words) =>
  execFileSync(command, words, { cwd, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const headers = () => ['zitadel_auth', 'zitadel_fcgi'].flatMap((name) =>
  readdirSync(join(includes, name)).map((file) => join(name, file)));

before(() => {
  chmodSync(folder, 0o755); // what runs as the web server's user is in there
  // The programs are as they were built: -o keeps make from looking at them again.
  const built = ['api.fcgi', 'zitadel-check', 'zitadel-setup', 'zitadel-token', 'libzitadel_auth.a',
    'libzitadel_fcgi.a'].flatMap((name) => ['-o', `${buildFolder}/${name}`]);
  execFileSync('make', ['-s', 'install', `PREFIX=${prefix}`, `SYSCONFDIR=${folder}/etc`,
    `BUILD=${buildFolder}`, ...built], { cwd: projectFolder });
  for (const name of ['own-api', 'any-server']) {
    cpSync(join(projectFolder, 'examples', name), join(folder, name), { recursive: true });
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the installed headers', () => {
  it('compile alone, as strictly as one likes', () => {
    assert.ok(headers().length >= 10, headers().join());
    for (const header of headers()) {
      const compiled = spawnSync('g++', ['-std=c++20', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow',
        '-Werror', '-fsyntax-only', `-I${includes}`, '-x', 'c++', join(includes, header)], { encoding: 'utf8' });
      assert.equal(compiled.status, 0, compiled.stderr);
    }
  });

  it('open nothing that is not installed, and no library', () => {
    for (const header of headers()) {
      const text = readFileSync(join(includes, header), 'utf8');
      for (const [, opened] of text.matchAll(/^#include "(.*)"/gm)) {
        assert.ok(headers().includes(opened), `${header} opens ${opened}`);
      }
      assert.doesNotMatch(text, /^#include <.*\//m, header);
    }
  });

  it('are documented: Doxygen has no warning', () => {
    const made = spawnSync('make', ['-s', 'doc', `BUILD=${folder}/doc-build`], { cwd: projectFolder, encoding: 'utf8' });
    assert.equal(made.status, 0, made.stdout + made.stderr);
    assert.match(readFileSync(join(folder, 'doc-build/doc/html/index.html'), 'utf8'), /zitadel-fcgi/);
  });

  it('are of the version that the program tells', () => {
    const [, version] = run(folder, join(prefix, 'lib/zitadel-fcgi/api.fcgi'), '--version').match(/^api.fcgi (.+)$/m);
    for (const name of ['zitadel-fcgi', 'zitadel-auth']) {
      assert.equal(run(folder, 'pkg-config', '--modversion', name).trim(), version);
    }
    assert.match(readFileSync(join(includes, 'zitadel_auth/version.h'), 'utf8'), new RegExp(`"${version}"`));
  });
});

describe('an API of one\'s own', () => {
  const builds = {
    make: { folder: 'build', steps: [['make'], ['make', 'test']] },
    cmake: { folder: 'build-cmake', steps: [['cmake', '-B', 'build-cmake'],
      ['cmake', '--build', 'build-cmake'], ['ctest', '--test-dir', 'build-cmake']] },
  };
  for (const [name, build] of Object.entries(builds)) {
    it(`is built and tested by ${name}`, () => {
      const said = build.steps.map(([command, ...words]) => run(own, command, ...words)).join('');
      assert.match(said, /OK \(6|100% tests passed, 0 tests failed out of 1/);
      assert.doesNotMatch(said, new RegExp(projectFolder));
    });
  }

  it('is what docs/own-endpoints.md says', { skip: isSanitized() && 'its commands know of no sanitizer' }, () => {
    const text = readFileSync(join(projectFolder, 'docs/own-endpoints.md'), 'utf8');
    const block = (kind) => text.match(new RegExp(`^\`\`\`${kind}\n([^]*?)^\`\`\`$`, 'm'))[1];
    const here = mkdtempSync(join(folder, 'documented-'));
    writeFileSync(join(here, 'main.cpp'), block('cpp'));
    run(here, 'sh', '-c', block('sh'));
    assert.match(run(here, './my-api', '--version'), /^api\.fcgi /);
  });

  it('fails its test when an endpoint is wrong', () => {
    const wrong = join(folder, 'wrong-api');
    cpSync(own, wrong, { recursive: true });
    const routes = readFileSync(join(own, 'routes.cpp'), 'utf8');
    assert.match(routes, /"role:read:messages", greet/);
    writeFileSync(join(wrong, 'routes.cpp'), routes.replace('"role:read:messages", greet', '"public", greet'));
    const tested = spawnSync('make', ['test'], { cwd: wrong, env: environment, encoding: 'utf8' });
    assert.notEqual(tested.status, 0, tested.stdout);
    assert.match(tested.stdout + tested.stderr, /greets_nobody_without_a_token/);
  });

  describe('behind lighttpd', () => {
    let issuer;
    let api;
    let tokens;
    const body = '{"name": "Ada"}';
    const greet = (options) => api.call('/api/greetings', { method: 'POST', body,
      headers: { 'Content-Type': 'application/json' }, ...options });
    before(async () => {
      run(own, 'make');
      issuer = await startIssuer();
      api = await startApi('lighttpd/fastcgi.conf', issuer, {
        prepare: ({ program }) => copyFileSync(join(own, 'build/own-api'), program),
      });
      tokens = { good: await issuer.mint(), roleless: await issuer.mint({ user: 'without-role' }) };
    });
    after(async () => {
      await api?.stop();
      await issuer?.stop();
    });

    it('refuses who has no token, or no role', async () => {
      const nobody = await greet({});
      assert.equal(nobody.status, 401);
      assert.match(nobody.headers['www-authenticate'], /^Bearer /);
      assert.equal((await greet({ token: tokens.roleless })).status, 403);
    });

    it('greets who has both', async () => {
      const { status, json } = await greet({ token: tokens.good });
      assert.equal(status, 200);
      assert.match(json.message, /^Hello Ada, says .+\.$/);
      assert.equal((await greet({ token: tokens.good, body: '{' })).status, 400);
    });

    it('answers later, many at once, and bit by bit', async () => {
      const reports = await Promise.all(Array.from({ length: 10 }, () => api.call('/api/report', { token: tokens.good })));
      for (const { status, json } of reports) {
        assert.equal(status, 200);
        assert.match(json.message, /^The report of /);
      }
      const rows = (await api.call('/api/rows')).body.split('\n');
      assert.equal(rows.length, 100_001);
      assert.equal(rows[99_999], 'row 99999');
    });

    it('answers later and bit by bit under plain CGI, too', async () => {
      const cgi = async (path) => {
        const program = new Process(join(own, 'build/own-api'), [], { env: {
          ZITADEL_ENV_FILE: api.workspace.path('etc/api.env'), GATEWAY_INTERFACE: 'CGI/1.1',
          REQUEST_METHOD: 'GET', PATH_INFO: path, HTTP_AUTHORIZATION: `Bearer ${tokens.good}` } });
        assert.equal((await program.exit()).code, 0, program.output);
        return program.output;
      };
      assert.match(await cgi('/report'), /^Status: 200 [^]*"The report of \S+"/m);
      const rows = await cgi('/rows');
      assert.match(rows, /^Status: 200 /);
      assert.ok(rows.endsWith('row 99998\nrow 99999\n'));
    });

    it('is not hurt by clients that leave', async () => {
      const leave = (path) => new Promise((resolve) => {
        const request = http.get(api.server.url(path), { agent: false,
          headers: { authorization: `Bearer ${tokens.good}` } });
        request.once('error', resolve);
        request.once('socket', () => setTimeout(() => { request.destroy(); resolve(); }, 20));
      });
      for (const path of ['/api/report', '/api/rows']) {
        await Promise.all(Array.from({ length: 5 }, () => leave(path)));
        assert.equal((await api.call(path, { token: tokens.good })).status, 200);
      }
    });
  });

  it('does not start with routes that are wrong, and says which', () => {
    const wrong = join(folder, 'wrong-routes');
    cpSync(own, wrong, { recursive: true });
    const routes = readFileSync(join(own, 'routes.cpp'), 'utf8');
    writeFileSync(join(wrong, 'routes.cpp'), routes.replace('"/report"', '"report"'));
    run(wrong, 'make');
    const checked = spawnSync(join(wrong, 'build/own-api'), ['--check'], { env: environment, encoding: 'utf8', cwd: wrong });
    assert.notEqual(checked.status, 0);
    assert.match(checked.stderr, /endpoint path without '\/' in front: report/);
  });
});

describe('the validator in any server', () => {
  let issuer;
  let workspace;
  before(async () => {
    issuer = await startIssuer();
    workspace = new Workspace();
    writeSettings(workspace, issuer);
  });
  after(async () => {
    await issuer?.stop();
    workspace?.remove();
  });

  for (const [name, steps, program] of [['make', [['make']], 'build/any-server'],
    ['cmake', [['cmake', '-B', 'build-cmake'], ['cmake', '--build', 'build-cmake']], 'build-cmake/any-server']]) {
    it(`is built by ${name} and decides`, async () => {
      for (const [command, ...words] of steps) run(anyServer, command, ...words);
      const port = await freePort();
      const server = new Process(join(anyServer, program), [String(port)],
        { env: cleanEnvironment({ ZITADEL_ENV_FILE: workspace.path('etc/api.env') }) });
      try {
        await ready('any-server', server, () => /serving/.test(server.output));
        const ask = (token) => call(`http://127.0.0.1:${port}/`, { token });
        const nobody = await ask();
        assert.equal(nobody.status, 401);
        assert.equal(nobody.headers['www-authenticate'], 'Bearer');
        assert.equal((await ask('unknown')).status, 401);
        assert.equal((await ask(await issuer.mint({ user: 'without-role' }))).status, 403);
        const good = await ask(await issuer.mint());
        assert.equal(good.status, 200);
        assert.match(good.body, /^Hello \S+\n$/);
      } finally {
        await server.stop();
      }
    });
  }

  it('says what is wrong with its settings', () => {
    const started = spawnSync(join(anyServer, 'build/any-server'), ['1'], { env: cleanEnvironment(), encoding: 'utf8', cwd: folder });
    assert.equal(started.status, 78);
    assert.match(started.stderr, /ZITADEL_DOMAIN/);
  });
});
