// A folder of a document root with the portable program and a shipped .htaccess, as a customer of a
// shared host uploads them: no setting in Apache's own configuration, none in its environment.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
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

// The hoster's part of the configuration.
const host = (workspace, allowed) => `
<Directory "${workspace.path('www')}">
  AllowOverride ${allowed}
</Directory>
`;

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

    it('shows no settings, keys and hidden files', async () => {
      const names = ['.env', '.htaccess', 'api.env', 'api.env~', 'key.json', 'Key.JSON',
        'key.json.bak', '.hidden'];
      for (const name of names) {
        if (name !== '.htaccess' && name !== 'api.env') api.workspace.write(`www/api/${name}`, 'x');
        assert.equal((await api.call(`/api/${name}`)).status, 403, name);
      }
      assert.equal((await api.call('/api/%61pi.env')).status, 403);
    });

    it('shows no other file either, nor the program', async () => {
      api.workspace.write('www/api/more/key.json', 'x');
      api.workspace.write('www/api/private', 'x');
      for (const path of ['/api/more/key.json', '/api/api.fcgi', '/api/api.fcgi/private', '/api/']) {
        const answer = await api.call(path);
        assert.ok([403, 404].includes(answer.status), `${path}: ${answer.status}`);
      }
      assert.equal((await api.call('/api/private')).status, 401);
    });

    it('asks the host for no more leave than it says at its top', async () => {
      await withUpload(way, { allowed: 'AuthConfig FileInfo Options' }, async (other) => {
        await assertAnswers(other, await issuer.mint({ user: 'with-role' }), [200, 200, 200]);
      });
      await withUpload(way, { allowed: 'AuthConfig FileInfo' }, async (other) => {
        assert.equal((await other.call('/api/public')).status, 500);
      });
    });

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

  // replacements: for the .htaccess. allowed: what the host allows in one.
  async function withSite({ replacements = [], allowed = 'All' }, body) {
    const workspace = new Workspace();
    let server;
    try {
      for (const name of ['www', 'www/sub', 'zitadel']) workspace.makeFolder(name);
      for (const path of ['/open.txt', ...paths]) workspace.write(`www${path}`, `the file ${path}\n`);
      workspace.write('www/sub/.htaccess', 'Require all granted\nFcgidAccessCheckerAuthoritative Off\n');
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
    for (const path of ['/.htaccess', '/sub/.htaccess']) {
      assert.equal((await get(path, { token })).status, 403, path);
    }
  }

  it('guards a folder and all below it', () => withSite({}, assertGuards));

  it('asks the host for no more leave than it says at its top', () =>
    withSite({ allowed: 'AuthConfig FileInfo' }, assertGuards));

  it('guards with SetEnvIf in place of CGIPassAuth', () => withSite({
    replacements: [['\n  CGIPassAuth On\n', '\n'], ['#SetEnvIf Authorization', 'SetEnvIf Authorization']],
  }, assertGuards));
});
