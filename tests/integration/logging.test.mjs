// SPDX-License-Identifier: Apache-2.0
// The log behind real web servers: its forms, the names of requests, and what is counted instead of repeated.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi, useApi } from './support/api.mjs';
import { learned, startGuardedSite } from './support/guarded_site.mjs';
import { lacksJournal, startInJournal } from './support/journal.mjs';
import { waitFor } from './support/processes.mjs';

const limit = { timeout: 120_000 };
const daemon = 'lighttpd/spawn-fcgi.conf';
const timed = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ zitadel-fcgi\[\d+\] (error|warn|info|debug): \S/;

let issuer;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

const withApi = (way, settings, use, options) =>
  useApi(way, issuer, { settings: { ZITADEL_LOG_LEVEL: 'info', ...settings }, ...options }, use);
const statusOf = async (api, path, options) => (await api.call(path, options)).status;
const linesWith = (api, part) => api.programLog().filter((line) => line.includes(part));

describe('standard error', limit, () => {
  for (const way of ['lighttpd/fastcgi.conf', 'apache/mod_fcgid.conf', daemon]) {
    it(`has the time of each line, and says once what serves, behind ${way}`, () =>
      withApi(way, {}, async (api) => {
        for (const user of ['with-role', 'without-role']) {
          const token = await issuer.mint({ user });
          assert.equal(await statusOf(api, '/api/private', { token }), 200);
        }
        assert.equal(await statusOf(api, '/api/private', { token: 'made-up' }), 401);
        await api.waitForLog(/calls a token inactive/);
        for (const line of api.programLog()) assert.match(line, timed);
        const pids = new Set(api.programLog().map((line) => line.match(/fcgi\[(\d+)\]/)[1]));
        for (const pid of pids) {
          const own = api.programLog().filter((line) => line.includes(`fcgi[${pid}]`));
          assert.equal(own.filter((line) => line.includes(' starts: ')).length, 1, api.log());
        }
        const [start] = linesWith(api, ' starts: ');
        assert.match(start, new RegExp(`version \\d+\\.\\d+\\.\\d+ starts: domain ${issuer.issuer}, project ${
          issuer.projectId}, store \\S+, threads 2, listener \\S+, rules none$`));
        const reached = linesWith(api, 'ZITADEL was reached: ');
        assert.ok(reached.length >= 1 && reached.length <= pids.size, api.log());
        assert.match(reached[0], new RegExp(`reached: ${issuer.issuer} answered \\(status 200\\) after \\d+ ms`));
      }));
  }

  it('has no line for each good request of plain CGI', () => withApi('apache/cgi.conf', {}, async (api) => {
    const token = await issuer.mint();
    for (let i = 0; i < 3; ++i) assert.equal(await statusOf(api, '/api/private', { token }), 200);
    assert.deepEqual(api.programLog(), []);
  }));

  it('tells when ZITADEL is reached that was not at the start', () => withApi(daemon, {}, async (api) => {
    await api.waitForLog(/cannot be reached|was lost/);
    assert.equal(linesWith(api, 'was reached').length, 0);
    await issuer.openListener();
    const token = await issuer.mint();
    await waitFor('an answer', async () => await statusOf(api, '/api/private', { token }) === 200);
    assert.equal(linesWith(api, 'was reached').length, 1);
  }, { prepare: () => issuer.closeListener() }));
});

describe('ZITADEL_LOG_FORMAT=json', limit, () => {
  for (const [name, settings] of [['standard error', {}], ['a file', { ZITADEL_LOG_FILE: 'own.log' }]]) {
    it(`makes an object of each line in ${name}`, () => withApi(daemon,
      { ...settings, ZITADEL_LOG_FORMAT: 'json', ZITADEL_LOG_LEVEL: 'debug' }, async (api) => {
        const id = 'a-request/1';
        assert.equal(await statusOf(api, '/api/private', { token: 'made-up', headers: { 'X-Request-Id': id } }), 401);
        const text = await waitFor('the lines', () => {
          const all = settings.ZITADEL_LOG_FILE ? readFileSync(api.workspace.path('etc/own.log'), 'utf8') : api.program.log();
          return all.includes('inactive') && all;
        });
        const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line));
        for (const line of lines) {
          assert.deepEqual(Object.keys(line).filter((member) => member !== 'request'),
            ['time', 'level', 'program', 'pid', 'message']);
          assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
          assert.equal(line.program, 'zitadel-fcgi');
          assert.equal(typeof line.pid, 'number');
        }
        assert.equal(lines.find(({ message }) => message.includes('inactive')).request, id);
        assert.ok(lines.some(({ message }) => message.includes(' starts: ')));
      }));
  }

  it('is used for why the program does not start, too', () => withApi('apache/cgi.conf',
    { ZITADEL_LOG_FORMAT: 'json', ZITADEL_TIMEOUT_MS: '5s' }, async (api) => {
      assert.equal(await statusOf(api, '/api/public'), 500);
      await api.waitForLog(/"level":"error".*"message":"ZITADEL_TIMEOUT_MS .*\\"5s\\"/);
    }));
});

describe('systemd\'s journal', { ...limit, skip: lacksJournal() }, () => {
  // What the journal holds in the end.
  async function entriesOf(settings, calls, { redirected = () => '' } = {}) {
    let journal;
    const api = await startApi(daemon, issuer, { settings: { ZITADEL_LOG_LEVEL: 'info', ...settings },
      startProgram: async (workspace) => {
        journal = await startInJournal(workspace, { redirected: redirected(workspace) });
        return journal;
      } });
    try {
      await calls(api);
      await journal.stop();
      return journal.entries();
    } finally {
      await api.stop();
    }
  }

  it('knows level, process and text of each line, and has the audit beside them', async () => {
    const good = await issuer.mint();
    const entries = await entriesOf({ ZITADEL_AUDIT_FILE: 'journal' }, async (api) => {
      assert.equal(await statusOf(api, '/api/private', { token: good }), 200);
      assert.equal(await statusOf(api, '/api/private', { token: 'made-up' }), 401);
    });
    const own = entries.filter(({ SYSLOG_IDENTIFIER: name }) => name === 'api.fcgi');
    const start = own.find(({ MESSAGE: text }) => text.startsWith('version '));
    assert.equal(start?.PRIORITY, '6', JSON.stringify(own));
    assert.ok(own.some(({ MESSAGE: text }) => /^ZITADEL calls a token inactive.*\[request [0-9a-f]{32}\]$/.test(text)));
    for (const { MESSAGE: text } of own) assert.doesNotMatch(text, /zitadel-fcgi\[|^<\d>|^\d{4}-/);
    const audit = entries.filter(({ SYSLOG_IDENTIFIER: name }) => name === 'zitadel-fcgi-audit')
      .map(({ MESSAGE: text }) => JSON.parse(text));
    assert.deepEqual(audit.map(({ status }) => status), [200, 401]);
  });

  it('is not meant where standard error has become a file', async () => {
    let own;
    const entries = await entriesOf({}, async (api) => {
      assert.equal(await statusOf(api, '/api/private', { token: 'made-up' }), 401);
      own = readFileSync(api.workspace.path('log/own.log'), 'utf8').trimEnd().split('\n');
    }, { redirected: (workspace) => workspace.write('log/own.log', '') });
    assert.ok(own.length >= 2);
    for (const line of own) assert.match(line, timed);
    assert.deepEqual(entries.filter(({ SYSLOG_IDENTIFIER: name }) => name === 'api.fcgi'), []);
  });
});

describe('the name of a request', limit, () => {
  const idOf = async (api, headers, path = '/api/private') =>
    (await api.call(path, { headers })).headers['x-request-id'];
  const random = /^[0-9a-f]{32}$/;

  for (const way of ['lighttpd/fastcgi.conf', 'nginx/api.conf', 'apache/mod_fcgid.conf', 'apache/proxy_fcgi.conf',
    'apache/cgi.conf']) {
    it(`is in the answer behind ${way}`, () => withApi(way, {}, async (api) => {
      const sound = 'Root=1-67891233-abcdef012345678912345678';
      assert.equal(await idOf(api, { 'X-Request-Id': sound }), sound);
      assert.equal(await idOf(api, { 'X-Request-Id': sound }, '/api/public'), sound);
      assert.equal(await idOf(api, { 'X-Request-Id': sound }, '/api/none'), sound);
      const hostile = ['a;b', 'a,b', 'a b', '"quoted"', '<script>', '\u00e4', 'x'.repeat(129), 'x'.repeat(7000)];
      const made = [await idOf(api, {})];
      for (const id of hostile) made.push(await idOf(api, { 'X-Request-Id': id }));
      made.push(await idOf(api, ['X-Request-Id', 'one', 'X-Request-Id', 'two']));
      for (const id of made) assert.match(id, random);
      assert.equal(new Set(made).size, made.length);
    }));
  }

  it('is that of mod_unique_id', () => withApi('apache/mod_fcgid.conf', {}, async (api) => {
    const answer = await api.call('/api/public');
    assert.match(answer.headers['x-unique'], /^[\w@-]{20,30}$/);
    assert.equal(answer.headers['x-request-id'], answer.headers['x-unique']);
  }, { server: { more: ['unique_id', 'headers'] },
    site: () => 'Header always set X-Unique "%{UNIQUE_ID}e"\n' }));

  it('is in the line about the request', () => withApi('lighttpd/fastcgi.conf', {}, async (api) => {
    const token = await issuer.mint({ user: 'without-role' });
    const answer = await api.call('/api/private-scoped', { token });
    assert.equal(answer.status, 403);
    await api.waitForLog(new RegExp(`lacks the role read:messages \\[request ${answer.headers['x-request-id']}\\]`));
  }));

  // The token itself in its place, by mistake.
  it('is never the token', () => withApi('lighttpd/fastcgi.conf', { ZITADEL_LOG_LEVEL: 'debug' }, async (api) => {
    const token = await issuer.mint();
    const answer = await api.call('/api/private', { token, headers: { 'X-Request-Id': token.slice(0, 60) } });
    assert.match(answer.headers['x-request-id'], random);
  }));

  for (const way of ['lighttpd/authorizer.conf', 'nginx/auth_request.conf', 'apache/authnz_fcgi.conf']) {
    it(`is told to the protected program behind ${way}, and nobody can forge it`, async () => {
      const api = await startGuardedSite(way, issuer);
      try {
        const token = await issuer.mint();
        for (const path of ['/cgi/who.cgi', '/who.php', '/open/who.php']) {
          const answer = await api.call(path, { token, headers: { 'X-Request-Id': 'right', 'Auth-Request-Id': 'forged',
            'Variable-Auth-Request-Id': 'forged', 'Unique-Id': 'forged' } });
          assert.equal(answer.status, 200, path);
          assert.equal(learned(answer).AUTH_REQUEST_ID, 'right', path);
          const made = learned(await api.call(path, { token })).AUTH_REQUEST_ID;
          assert.match(made, random, path);
        }
        const refused = await api.call('/staff/file.txt', { headers: { 'X-Request-Id': 'right' } });
        assert.deepEqual([refused.status, refused.headers['x-request-id']], [401, 'right']);
      } finally {
        await api.stop();
      }
    });
  }
});

describe('what callers can repeat', limit, () => {
  it('is counted at level info', () => withApi('lighttpd/fastcgi.conf', {}, async (api) => {
    const token = await issuer.mint({ user: 'without-role' });
    for (let i = 0; i < 20; ++i) {
      assert.equal(await statusOf(api, '/api/private', { token: `made-up-${i}` }), 401);
      assert.equal(await statusOf(api, '/api/private-scoped', { token }), 403);
    }
    assert.equal(linesWith(api, 'calls a token inactive').length, 1, api.log());
    assert.equal(linesWith(api, ' lacks ').length, 1, api.log());
    const [line] = linesWith(api, ' lacks ');
    assert.match(line, new RegExp(`info: refused: user ${issuer.users['without-role']} (of client \\S+ )?lacks the role read:messages`));
  }));

  it('is said of each at level debug', () => withApi('lighttpd/fastcgi.conf', { ZITADEL_LOG_LEVEL: 'debug' },
    async (api) => {
      const token = await issuer.mint({ user: 'without-role' });
      for (let i = 0; i < 5; ++i) assert.equal(await statusOf(api, '/api/private-scoped', { token }), 403);
      assert.equal(linesWith(api, ' lacks ').length, 5, api.log());
    }));
});

describe('a token for another audience', limit, () => {
  const audience = ['one"two\nthree', 'x'.repeat(500), ...Array.from({ length: 30 }, (_, i) => `other-${i}`)];

  it('is told with what its aud held, where it is checked here', () => withApi('lighttpd/fastcgi.conf',
    { ZITADEL_VALIDATION: 'jwt', key: null, API_PRIVATE_KEY_FILE_PATH: undefined }, async (api) => {
      const token = await issuer.mint({ kind: 'jwt', audience });
      assert.equal(await statusOf(api, '/api/private', { token }), 401);
      const [line] = await api.waitForLog(/info: a token was refused: .*/);
      assert.match(line, /not meant for this API: its aud holds neither .*, but one"two\\x0athree, x{64}, other-0, /);
      assert.match(line, /other-5 and 24 more/);
      assert.ok(line.length < 800, line);
    }));

  it('is told where ZITADEL calls a JWT inactive', () => withApi('lighttpd/fastcgi.conf',
    { ZITADEL_JWT_SHIELD: 'off' }, async (api) => {
      await issuer.fault('inactive');
      const token = await issuer.mint({ kind: 'jwt', audience: ['the-other-one'] });
      assert.equal(await statusOf(api, '/api/private', { token }), 401);
      await api.waitForLog(/info: ZITADEL calls a token inactive.*; it is a JWT whose aud, by its own words, holds the-other-one/);
    }));
});
