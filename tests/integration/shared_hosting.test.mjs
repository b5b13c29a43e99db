// SPDX-License-Identifier: Apache-2.0
// A folder of a document root with the portable program and a shipped .htaccess, as a customer of a
// shared host uploads them: no setting in Apache's own configuration, none in its environment.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { call } from './support/http.mjs';
import { startApacheWith } from './support/servers.mjs';
import { Workspace, buildFolder, projectFolder, replaceAll } from './support/workspace.mjs';

const ways = {
  'fcgid.htaccess': { modules: ['rewrite', 'fcgid'] },
  'cgi.htaccess': { modules: ['rewrite', 'cgid'] },
};

// What a host that forbids CGIPassAuth asks for.
const withoutPassAuth = [['\nCGIPassAuth On\n', '\n']];
const fallback = [...withoutPassAuth, ['\n#RewriteRule ^ - [E=', '\nRewriteRule ^ - [E=']];

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

// What a host may allow in an .htaccess (AllowOverride), and whether that is these.
const allowances = ['All', 'AuthConfig FileInfo Options', 'AuthConfig FileInfo',
  'FileInfo Options Limit', 'FileInfo Limit', 'FileInfo'];
const allows = (allowed, kind) => allowed === 'All' || allowed.split(' ').includes(kind);

// What README.md says to do with the .htaccess of an API there.
const remedies = (allowed) => [
  ...(allows(allowed, 'Options') ? [] : [['\nOptions +ExecCGI\n', '\n']]),
  ...(allows(allowed, 'AuthConfig') ? [] : fallback),
];

// The hoster's part of the configuration. Who forbids Options lets programs run by himself.
const host = (workspace, allowed) => `
<Directory "${workspace.path('www')}">
  AllowOverride ${allowed}
  ${allows(allowed, 'Options') ? '' : 'Options +ExecCGI'}
</Directory>
`;

// What nobody is to see, whoever put it there.
const hidden = ['.env', '.ENV', '.env~', '.env.bak', '.env.swp', '.api.env.swp', '.hidden', 'api.env~',
  'Api.Env', 'api.env.swp', 'api.env.bak', 'api.env.save', 'api.env_old', 'api.env-1', '#api.env#',
  '#.env#', '.#api.env', 'api.env (copy)', 'copy of api.env', 'api.env,v'];
const hiddenFromApi = [...hidden, 'key.json', 'Key.JSON', 'key.json.bak', 'key.json~', '#key.json#',
  'more/key.json', 'more/.env', 'more/deep/api.env', 'own/key.json', 'own/.env', 'own/#x'];

const urlOf = (name) => name.split('/').map(encodeURIComponent).join('/');

// replacements: for the .htaccess; addition: a function of the workspace that gives lines for its
// end. envFile: what the file beside the program names, the settings unless told otherwise; null:
// there is no such file. allowed: what the host allows in an .htaccess.
async function upload(way,
  { replacements = [], addition = () => '', envFile, allowed = 'All' } = {}) {
  const workspace = new Workspace();
  try {
    for (const name of ['www', 'www/api', 'www/api/more']) workspace.makeFolder(name);
    writeSettings(workspace, issuer);
    workspace.program = workspace.write('www/api/api.fcgi',
      readFileSync(join(buildFolder, 'portable/api.fcgi')), 0o755);
    if (envFile !== null) {
      workspace.write('www/api/api.env', `ZITADEL_ENV_FILE=${envFile ?? workspace.settingsFile}\n`);
    }
    const file = `apache/shared-hosting/${way}`;
    const htaccess = replacements.reduce((text, [from, to]) => replaceAll(file, text, from, to),
      readFileSync(join(projectFolder, file), 'utf8'));
    workspace.write('www/api/.htaccess', htaccess + addition(workspace), 0o644);
    const server = await startApacheWith(workspace, ways[way].modules,
      host(workspace, allowed));
    return {
      workspace,
      call: (path, options) => call(server.url(path), options),
      log: () => server.log(),
      stop: () => server.stop().finally(() => workspace.remove()),
    };
  } catch (error) {
    workspace.remove();
    throw error;
  }
}

async function withUpload(way, options, body) {
  const api = await upload(way, options);
  try {
    await body(api);
  } finally {
    await api.stop();
  }
}

// The status of each endpoint for such a caller.
async function assertAnswers(api, token, expected) {
  const paths = ['/api/public', '/api/private', '/api/private-scoped'];
  const statuses = [];
  for (const path of paths) statuses.push((await api.call(path, { token })).status);
  assert.deepEqual(statuses, expected, api.log());
}

// Of files that Apache itself can read, also where a folder further down has rewrite rules of its own.
async function assertShowsNothing(api) {
  for (const name of ['own', 'more/deep']) {
    if (!existsSync(api.workspace.path(`www/api/${name}`))) api.workspace.makeFolder(`www/api/${name}`);
  }
  api.workspace.write('www/api/own/.htaccess', 'RewriteEngine On\n', 0o644);
  api.workspace.write('www/api/own/other.txt', 'another file');
  assert.equal((await api.call('/api/own/other.txt')).body, 'another file');
  for (const name of hiddenFromApi) {
    api.workspace.write(`www/api/${name}`, 'a secret');
    const answer = await api.call(`/api/${urlOf(name)}`);
    assert.equal(answer.status, 403, name);
    assert.doesNotMatch(answer.body, /a secret/, name);
  }
  for (const path of ['/api/.htaccess', '/api/api.env', '/api/%61pi.env', '/api/own/.htaccess',
    '/api/x/../api.env', '/api/api.env/x', '/api/own/key.json/x']) {
    assert.equal((await api.call(path)).status, 403, path);
  }
}

for (const way of Object.keys(ways)) {
  describe(`with ${way}`, () => {
    let api;
    before(async () => { api = await upload(way); });
    after(() => api?.stop());

    it('answers callers by their tokens', async () => {
      await assertAnswers(api, undefined, [200, 401, 401]);
      await assertAnswers(api, 'made-up', [200, 401, 401]);
      await assertAnswers(api, await issuer.mint({ user: 'without-role' }), [200, 200, 403]);
      await assertAnswers(api, await issuer.mint({ user: 'with-role' }), [200, 200, 200]);
    });

    it('answers with the program\'s own body and challenge', async () => {
      const answer = await api.call('/api/private');
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="zitadel"');
      assert.equal(answer.json.error, 'unauthorized');
    });

    it('shows no settings, keys, hidden files and copies of them', () => assertShowsNothing(api));

    it('shows no other file either, nor the program', async () => {
      api.workspace.write('www/api/more/key.json', 'x');
      api.workspace.write('www/api/private', 'x');
      for (const path of ['/api/more/key.json', '/api/api.fcgi', '/api/api.fcgi/private', '/api/']) {
        const answer = await api.call(path);
        assert.ok([403, 404].includes(answer.status), `${path}: ${answer.status}`);
      }
      assert.equal((await api.call('/api/private')).status, 401);
    });

    for (const allowed of allowances) {
      it(`works as README.md says where the host allows ${allowed}`, async () => {
        await withUpload(way, { allowed, replacements: remedies(allowed) }, async (other) => {
          await assertAnswers(other, undefined, [200, 401, 401]);
          await assertAnswers(other, await issuer.mint({ user: 'without-role' }), [200, 200, 403]);
          await assertAnswers(other, await issuer.mint({ user: 'with-role' }), [200, 200, 200]);
          await assertShowsNothing(other);
        });
      });
      if (remedies(allowed).length === 0) continue;
      it(`is 500 for all as it is where the host allows ${allowed}`, async () => {
        await withUpload(way, { allowed }, async (other) => {
          await assertAnswers(other, undefined, [500, 500, 500]);
          assert.match(other.log(), / not allowed here/);
        });
      });
    }

    it('is without a token where neither way of handing it over is there', async () => {
      await withUpload(way, { replacements: withoutPassAuth }, async (other) => {
        await assertAnswers(other, await issuer.mint({ user: 'with-role' }), [200, 401, 401]);
      });
    });

    it('answers callers by their tokens with the RewriteRule in place of CGIPassAuth', async () => {
      await withUpload(way, { replacements: fallback }, async (other) => {
        await assertAnswers(other, undefined, [200, 401, 401]);
        assert.equal((await other.call('/api/private')).json.error, 'unauthorized');
        await assertAnswers(other, await issuer.mint({ user: 'without-role' }), [200, 200, 403]);
        await assertAnswers(other, await issuer.mint({ user: 'with-role' }), [200, 200, 200]);
        assert.equal((await other.call('/api/api.env')).status, 403);
      });
    });
  });
}

const setEnv = (file) => `SetEnv ZITADEL_ENV_FILE "${file}"\n`;

describe('SetEnv ZITADEL_ENV_FILE', () => {
  it('names the settings under plain CGI', async () => {
    const options = { envFile: null, addition: (workspace) => setEnv(workspace.settingsFile) };
    await withUpload('cgi.htaccess', options, async (api) => {
      await assertAnswers(api, await issuer.mint({ user: 'with-role' }), [200, 200, 200]);
    });
  });

  it('goes before the file beside the program under plain CGI', async () => {
    await withUpload('cgi.htaccess', { addition: () => setEnv('/none/.env') }, async (api) => {
      assert.equal((await api.call('/api/public')).status, 500);
      assert.match(api.log(), /ZITADEL_ENV_FILE \(environment\), "\/none\/\.env"/);
    });
  });

  it('has no effect under mod_fcgid, where it belongs to a single request', async () => {
    await withUpload('fcgid.htaccess', { addition: () => setEnv('/none/.env') }, async (api) => {
      await assertAnswers(api, await issuer.mint({ user: 'with-role' }), [200, 200, 200]);
    });
  });
});

describe('protect.htaccess', () => {
  const paths = ['/file.txt', '/sub/file.txt'];
  const withSetEnvIf = [['\n  CGIPassAuth On\n', '\n'],
    ['#SetEnvIf Authorization', 'SetEnvIf Authorization']];

  // replacements: for the .htaccess. allowed: what the host allows in one.
  async function withSite({ replacements = [], allowed = 'All' }, body) {
    const workspace = new Workspace();
    let server;
    try {
      for (const name of ['www', 'www/sub', 'www/.well-known', 'www/.well-known/acme-challenge',
        'zitadel']) workspace.makeFolder(name);
      for (const path of ['/open.txt', ...paths]) workspace.write(`www${path}`, `the file ${path}\n`);
      for (const name of [...hidden, 'data.json', '.well-known/acme-challenge/x']) {
        workspace.write(`www/${name}`, '"a file"');
      }
      workspace.write('www/sub/.htaccess', `FcgidAccessCheckerAuthoritative Off
${allows(allowed, 'AuthConfig') ? 'Require all granted' : ''}`);
      workspace.write('etc/rules', '/ token\n/open.txt public\n');
      writeSettings(workspace, issuer, { ZITADEL_RULES: workspace.path('etc/rules') });
      workspace.program = workspace.write('zitadel/api.fcgi',
        readFileSync(join(buildFolder, 'portable/api.fcgi')), 0o755);
      workspace.write('zitadel/api.env', `ZITADEL_ENV_FILE=${workspace.settingsFile}\n`);
      const file = 'apache/shared-hosting/protect.htaccess';
      const htaccess = [['/home/you/zitadel/api.fcgi', workspace.program], ...replacements].reduce(
        (text, [from, to]) => replaceAll(file, text, from, to),
        readFileSync(join(projectFolder, file), 'utf8'));
      workspace.write('www/.htaccess', htaccess, 0o644);
      server = await startApacheWith(workspace, ['fcgid', 'headers'],
        host(workspace, allowed));
      await body((path, options) => call(server.url(path), options));
    } finally {
      await server?.stop();
      workspace.remove();
    }
  }

  async function assertGuards(get) {
    const token = await issuer.mint({});
    for (const path of paths) {
      const refused = await get(path);
      assert.equal(refused.status, 401, path);
      assert.equal(refused.headers['www-authenticate'], 'Bearer realm="zitadel"');
      const answer = await get(path, { token });
      assert.equal(answer.status, 200, path);
      assert.equal(answer.body, `the file ${path}\n`);
      assert.ok(!answer.rawHeaders.some((text) => /^Variable-/i.test(text)));
    }
    assert.equal((await get('/open.txt')).status, 200);
    for (const path of ['/.htaccess', '/sub/.htaccess', ...hidden.map((name) => `/${urlOf(name)}`)]) {
      assert.equal((await get(path)).status, 401, path);
      // What is "." to a program that cuts at "#" is refused by the rules already.
      const byRules = path.includes('/.%23');
      assert.equal((await get(path, { token })).status, byRules ? 401 : 403, path);
    }
    for (const path of ['/data.json', '/.well-known/acme-challenge/x']) {
      assert.equal((await get(path, { token })).status, 200, path);
    }
  }

  it('guards a folder and all below it', () => withSite({}, assertGuards));

  // What README.md says to do with it there.
  const guardRemedies = (allowed) => allows(allowed, 'AuthConfig') ? []
    : [...withSetEnvIf, ['\n    Satisfy All\n', '\n']];

  for (const allowed of allowances) {
    it(`guards as README.md says where the host allows ${allowed}`, () =>
      withSite({ allowed, replacements: guardRemedies(allowed) }, assertGuards));
    if (guardRemedies(allowed).length === 0) continue;
    it(`is 500 for all as it is where the host allows ${allowed}`, () =>
      withSite({ allowed }, async (get) => {
        assert.equal((await get('/open.txt')).status, 500);
        assert.equal((await get('/file.txt', { token: await issuer.mint({}) })).status, 500);
      }));
  }

  it('guards with SetEnvIf in place of CGIPassAuth', () =>
    withSite({ replacements: withSetEnvIf }, assertGuards));
});
