// SPDX-License-Identifier: Apache-2.0
// Rules that ask where a caller is (net:), behind each web server, with callers from 127.0.0.1, 127.0.0.2,
// ::1 and a Unix socket.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards, useApi } from './support/api.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { call, freePort } from './support/http.mjs';
import { Process } from './support/processes.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const rules = `
/            net:127.0.0.1
/open/       public                                    GET
/staff/      role:read:messages net:::1
/staff/in/   net:127.0.0.0/8 or role:read:messages net:::/0
`;

// What the administrator says for the server to listen there as well.
const listening = {
  lighttpd: (port, socket) => `
$SERVER["socket"] == "[::1]:${port}" { }
$SERVER["socket"] == "${socket}" { }
`,
  nginx: (port, socket) => `listen [::1]:${port}; listen unix:${socket};`,
  apache: (port) => `Listen [::1]:${port}\n`,
};

for (const [way, { refusals }] of Object.entries(guards)) {
  const [server] = way.split('/');
  describe(way, () => {
    let site, port6, socketPath;
    before(async () => {
      port6 = await freePort();
      site = await startGuardedSite(way, issuer, { rules, further: (workspace) => {
        socketPath = workspace.path('run/web.sock');
        return listening[server](port6, socketPath);
      } });
    });
    after(() => site?.stop());

    const over6 = (path, options) => {
      site.secrets.add(options.token ?? '');
      return call(`http://[::1]:${port6}${path}`, options);
    };
    const refused = (answer, what) => {
      assert.equal(answer.status, refusals[403], what);
      // Apache's own pages name the address that was called.
      const page = answer.body.replace(/<address>.*<\/address>/, '');
      assert.doesNotMatch(JSON.stringify(answer.rawHeaders) + page, /127\.0\.0|::1|the file/);
    };

    it('lets the same token in from its network alone', async () => {
      const token = await issuer.mint({ user: 'with-role' });
      assert.equal((await site.call('/file.txt', { token })).status, 200);
      refused(await site.call('/file.txt', { token, from: '127.0.0.2' }), '127.0.0.2');
      refused(await over6('/file.txt', { token }), '::1');
      assert.equal((await over6('/staff/file.txt', { token })).status, 200);
      refused(await site.call('/staff/file.txt', { token }), 'IPv4');
      assert.equal((await site.call('/staff/in/file.txt', { token, from: '127.0.0.2' })).status, 200);
      assert.equal((await over6('/staff/in/file.txt', { token })).status, 200);
    });

    it('asks for a token as well, and for the role', async () => {
      const without = await issuer.mint({ user: 'without-role' });
      assert.equal((await site.call('/file.txt')).status, 401);
      assert.equal((await site.call('/file.txt', { token: 'made-up' })).status, 401);
      assert.equal((await over6('/staff/file.txt', {})).status, 401);
      refused(await over6('/staff/file.txt', { token: without }), 'without the role');
      refused(await over6('/staff/in/file.txt', { token: without }), 'without the role');
      assert.equal((await site.call('/staff/in/file.txt', { token: without })).status, 200);
    });

    it('serves what is public to all', async () => {
      assert.equal((await site.call('/open/file.txt', { from: '127.0.0.2' })).status, 200);
      assert.equal((await over6('/open/file.txt', {})).status, 200);
    });

    it('believes no address that a client tells', async () => {
      const token = await issuer.mint({ user: 'with-role' });
      const headers = ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'REMOTE_ADDR', 'Remote-Addr',
        'Client-IP', 'True-Client-IP'].flatMap((name) =>
        [name, name === 'Forwarded' ? 'for=127.0.0.1' : '127.0.0.1']);
      refused(await site.call('/file.txt', { token, headers, from: '127.0.0.2' }), 'with headers');
    });

    if (server !== 'apache') {
      it('refuses a client of a Unix socket, who has no address', async () => {
        const token = await issuer.mint({ user: 'with-role' });
        chmodSync(socketPath, 0o777);
        refused(await site.call('/file.txt', { token, socketPath }), 'Unix socket');
        refused(await site.call('/staff/in/file.txt', { token, socketPath }), 'Unix socket');
        assert.equal((await site.call('/open/file.txt', { socketPath })).status, 200);
      });
    }
  });
}

async function run(program, args, options) {
  const child = new Process(program, args, options);
  const { code } = await child.exit();
  return { code, output: child.output };
}

const way = 'lighttpd/authorizer.conf';
const settingsOf = (workspace, more) => ({ ZITADEL_RULES: workspace.path('etc/rules'), ...more });
const withRules = (text, more, use) => useApi(way, issuer, {
  prepare: (workspace) => {
    workspace.write('etc/rules', text);
    workspace.makeFolder('www');
    workspace.write('www/file.txt', 'the file\n');
  },
  settings: (workspace) => settingsOf(workspace, more),
}, use);

describe('behind a trusted proxy', () => {
  it('counts the client that the proxy tells, and where it tells none, nobody', async () => {
    const more = { ZITADEL_CLIENT_ADDRESS_HEADER: 'X-Forwarded-For',
      ZITADEL_TRUSTED_PROXIES: '127.0.0.1' };
    await withRules('/ net:127.0.0.0/8 or net:192.0.2.0/24\n', more, async (api) => {
      const token = await issuer.mint({});
      const status = async (from, ...headers) => (await api.call('/file.txt',
        { token, from, headers: headers.flatMap((value) => ['X-Forwarded-For', value]) })).status;
      assert.equal(await status('127.0.0.1', '192.0.2.7'), 200);
      assert.equal(await status('127.0.0.1', '203.0.113.9, 192.0.2.7'), 200);
      assert.equal(await status('127.0.0.1', '192.0.2.7, 203.0.113.9'), 403);
      // The proxy is in a network of the rule, but whom it speaks for is not known.
      assert.equal(await status('127.0.0.1'), 403);
      assert.equal(await status('127.0.0.1', 'unknown'), 403);
      assert.equal(await status('127.0.0.1', '192.0.2.7, unknown'), 403);
      // A second spelling comes from the client.
      const spelt = async (...headers) => (await api.call('/file.txt', { token, from: '127.0.0.1', headers })).status;
      assert.equal(await spelt('X-Forwarded-For', '203.0.113.9', 'X_Forwarded_For', '192.0.2.7'), 403);
      assert.equal(await spelt('X_Forwarded_For', '192.0.2.7', 'X-Forwarded-For', '203.0.113.9'), 403);
      // Who is no proxy speaks for nobody but himself.
      assert.equal(await status('127.0.0.2', '203.0.113.9'), 200);
    });
  });
});

describe('what the operator is told', () => {
  it('finds mistakes in networks before the program starts, and says what to write', async () => {
    await withRules('/ token\n', {}, async ({ workspace }) => {
      workspace.write('etc/rules', '/a net:192.0.2.1/24\n/b public net:10.0.0.0/8\n/c net:10.0.0.0/33\n');
      const { code, output } = await run(workspace.program, ['--check'],
        { env: { ZITADEL_ENV_FILE: workspace.settingsFile } });
      assert.equal(code, 78, output);
      assert.match(output, /line 1: .*write net:192\.0\.2\.0\/24/);
      assert.match(output, /line 2: "public" stands alone/);
      assert.match(output, /line 3: .*no number from 0 to 32/);
    });
  });

  it('judges a token from the address that --from names', async () => {
    await withRules('/ net:192.0.2.0/24\n', {}, async ({ workspace }) => {
      const file = workspace.write('etc/token', await issuer.mint({}));
      const ask = (...more) => run(workspace.program, ['--rule', '/x', '--token-file', file, ...more],
        { env: { ZITADEL_ENV_FILE: workspace.settingsFile } });
      const inside = await ask('--from', '192.0.2.7');
      assert.equal(inside.code, 0, inside.output);
      assert.match(inside.output, /from the network 192\.0\.2\.0\/24: the token meets it/);
      const outside = await ask('--from', '198.51.100.1');
      assert.equal(outside.code, 1, outside.output);
      assert.match(outside.output, /does not come from a network that is allowed/);
      const unsaid = await ask();
      assert.equal(unsaid.code, 1, unsaid.output);
      assert.match(unsaid.output, /--from ADDRESS/);
      assert.notEqual((await ask('--from', 'localhost')).code, 0);
    });
  });
});
