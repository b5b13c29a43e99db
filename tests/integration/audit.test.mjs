// SPDX-License-Identifier: Apache-2.0
// ZITADEL_AUDIT_FILE behind real web servers: a line for each decision, whatever a caller sends, and none lost
// unsaid.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { Callers } from './support/callers.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { exchange } from './support/http.mjs';
import { waitFor } from './support/processes.mjs';
import { rotateUnderLoad } from './support/rotations.mjs';
import { projectFolder, replaceAll } from './support/workspace.mjs';

const limit = { timeout: 120_000 };
const daemon = 'lighttpd/spawn-fcgi.conf';

let issuer;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());

const withApi = (way, settings, use, options) => useApi(way, issuer,
  { settings: { ZITADEL_AUDIT_FILE: 'audit.log', ZITADEL_LOG_LEVEL: 'info', ...settings }, ...options }, use);
const fileOf = (api) => api.workspace.path('etc/audit.log');
const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

// All lines, in all files of that name.
function linesOf(api) {
  const names = readdirSync(api.workspace.path('etc')).filter((name) => name.startsWith('audit.log'));
  return names.flatMap((name) => {
    const text = textOf(api.workspace.path(`etc/${name}`));
    assert.match(text, /^$|\n$/, 'a line has no end');
    return text.split('\n').slice(0, -1).map((line) => JSON.parse(line));
  });
}

// Once there are so many.
const linesWhen = (api, count) => waitFor(`${count} lines`, () => {
  const lines = linesOf(api);
  return lines.length >= count && lines;
});

for (const way of ['lighttpd/fastcgi.conf', daemon, 'apache/mod_fcgid.conf', 'apache/cgi.conf', 'nginx/api.conf']) {
  describe(`behind ${way}`, limit, () => {
    it('each decision is a line', () => withApi(way, {}, async (api) => {
      const good = await issuer.mint();
      const lacking = await issuer.mint({ user: 'without-role' });
      const calls = [['/api/public', {}], ['/api/private', {}], ['/api/private', { token: 'made-up' }],
        ['/api/private?access_token=x', { token: good }], ['/api/private-scoped', { token: lacking }],
        ['/api/private-scoped', { token: good }]];
      const answers = [];
      for (const [path, options] of calls) answers.push(await api.call(path, options));
      assert.deepEqual(answers.map(({ status }) => status), [200, 401, 401, 200, 403, 200]);
      const lines = await linesWhen(api, calls.length);
      assert.equal(lines.length, calls.length);
      const byRequest = new Map(lines.map((line) => [line.request, line]));
      const decided = answers.map(({ headers }) => byRequest.get(headers['x-request-id']));
      const told = (at) => {
        const { time, program, pid, took_us, request, ...rest } = decided[at];
        assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.ok(program === 'zitadel-fcgi' && pid > 0 && took_us >= 0 && request.length > 10);
        delete rest.client;
        return rest;
      };
      const from = '127.0.0.1';
      const method = 'GET';
      assert.deepEqual(told(0), { decision: 'allowed', status: 200, method, path: '/api/public', rule: 'nothing', from });
      assert.deepEqual(told(1), { decision: 'refused', status: 401, reason: 'no access token was sent', method,
        path: '/api/private', rule: 'a valid access token', from });
      assert.equal(told(2).reason, 'the access token is not active');
      assert.deepEqual(told(3), { decision: 'allowed', status: 200, subject: issuer.users['with-role'], method,
        path: '/api/private', rule: 'a valid access token', from });
      assert.deepEqual(told(4), { decision: 'refused', status: 403, reason: 'the user has not been granted the role',
        subject: issuer.users['without-role'], method, path: '/api/private-scoped', rule: 'the role read:messages', from });
      assert.equal(told(5).subject, issuer.users['with-role']);
      assert.equal(statSync(fileOf(api)).mode & 0o7777, 0o600);
      for (const token of [good, lacking, 'made-up']) assert.ok(!textOf(fileOf(api)).includes(token));
    }));

    it('requests go on where it cannot be written, and the log says what is lost', () =>
      withApi(way, { ZITADEL_AUDIT_FILE: 'none/audit.log' }, async (api) => {
        const token = await issuer.mint();
        assert.equal((await api.call('/api/private', { token })).status, 200);
        await api.waitForLog(/error: ZITADEL_AUDIT_FILE: lines lost: 1; \S+none\/audit\.log cannot be opened: No such file/);
      }));
  });
}

describe('what a caller sends', limit, () => {
  it('ends no line', () => withApi('lighttpd/fastcgi.conf', {}, async (api) => {
    const token = await issuer.mint();
    const targets = ['/api/private%0A%0D{"decision":"allowed"}', '/api/%22%5C', '/api/\xff\xfe', '/api/%ff', '/api/a;b=c',
      `/api/${'x'.repeat(4000)}`, `/api/private/${token}`];
    for (const target of targets) {
      const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
        `X-Request-Id: a"b;c\r\nX-Forwarded-For: "\\\r\nUser-Agent: "\xff\r\nAuthorization: Bearer ${token}\r\n\r\n`, 'latin1');
      await exchange(api.server.port, bytes);
    }
    assert.equal((await api.call('/api/private', { token })).status, 200);
    await linesWhen(api, 1);
    for (const line of linesOf(api)) assert.match(line.request, /^[0-9a-f]{32}$/);
    assert.ok(!textOf(fileOf(api)).includes(token));
  }));

  for (const way of ['lighttpd/authorizer.conf', 'nginx/auth_request.conf', 'apache/authnz_fcgi.conf',
    'apache/fcgid_access_checker.conf']) {
    it(`is told as it was sent behind ${way}, with the rule and who lacks the role`, async () => {
      const api = await startGuardedSite(way, issuer, { settings: { ZITADEL_AUDIT_FILE: 'audit.log' } });
      try {
        const token = await issuer.mint({ user: 'without-role' });
        const path = '/staff/a%22b%0Ac.txt';
        assert.notEqual((await api.call(`${path}?secret=query`, { token, method: 'POST' })).status, 200);
        await api.call('/staff/file.txt?secret=query', { token });
        const line = await waitFor('the line', () => linesOf(api).find((each) => each.path === '/staff/file.txt'));
        assert.deepEqual([line.decision, line.status, line.subject, line.rule],
          ['refused', 403, issuer.users['without-role'], 'the role read:messages']);
        for (const each of linesOf(api)) assert.ok(!each.path.includes('?'));
        assert.ok(!/secret|query/.test(textOf(fileOf(api))));
        assert.ok(!textOf(fileOf(api)).includes(token));
      } finally {
        await api.stop();
      }
    });
  }
});

describe('under load', limit, () => {
  it('several processes append whole lines, one for each request', () => withApi('apache/mod_fcgid.conf', {}, async (api) => {
    const tokens = Array.from({ length: 60 }, (_, i) => `made-up-${i}`);
    const callers = new Callers(api, { most: 8 });
    const answers = await callers.callAll('/api/private', tokens);
    callers.close();
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [401]);
    const lines = await linesWhen(api, tokens.length);
    assert.equal(lines.length, tokens.length);
    assert.equal(new Set(lines.map(({ request }) => request)).size, tokens.length);
    assert.ok(new Set(lines.map(({ pid }) => pid)).size > 1, 'one process alone');
  }));

  it('nothing is lost when the program is told to end', () => withApi(daemon, {}, async (api) => {
    const token = await issuer.mint();
    const callers = new Callers(api, { most: 8 });
    await callers.callAll('/api/private', Array(200).fill(token));
    callers.close();
    await api.program.process.stop();
    assert.equal(linesOf(api).length, 200);
  }));

  it('nothing is lost on SIGHUP', () => withApi(daemon, {}, async (api) => {
    const token = await issuer.mint();
    const { 200: calls, ...others } = await rotateUnderLoad(api, fileOf(api), 10, '/api/private', () => token);
    assert.deepEqual(others, {});
    assert.equal((await linesWhen(api, calls)).length, calls);
    assert.ok(readdirSync(api.workspace.path('etc')).filter((name) => name.startsWith('audit.log')).length > 10);
  }));

  it('what a full disk does not take is counted', () => {
    const exec = '/bin/sh -c \'exec';
    return withApi(daemon, {}, async (api) => {
      const token = await issuer.mint();
      const calls = 20;
      for (let i = 0; i < calls; ++i) assert.equal((await api.call('/api/private', { token })).status, 200);
      await api.program.process.stop();
      const lost = [...api.log().matchAll(/ZITADEL_AUDIT_FILE: lines lost: (\d+); \S+ cannot be written: /g)]
        .reduce((sum, [, count]) => sum + Number(count), 0);
      const whole = textOf(fileOf(api)).split('\n').filter((line) => line.endsWith('}')).length;
      assert.ok(lost > 0 && lost + whole === calls, `${lost} lost and ${whole} there; ${api.log()}`);
    }, { programReplacements: () => [[exec, exec.replace('exec', 'ulimit -f 4; exec')]] });
  });
});

describe('the place of the file', limit, () => {
  const refused = (value, why) => it(`${value} is refused`, () => withApi('apache/cgi.conf',
    { ZITADEL_AUDIT_FILE: value, ZITADEL_LOG_FILE: 'own.log' }, async (api) => {
      assert.equal((await api.call('/api/public')).status, 500);
      await api.waitForLog(why);
    }, { prepare: (workspace) => {
      for (const name of ['site', 'site/logs']) workspace.makeFolder(name);
      workspace.write('site/index.php', '');
    } }));
  refused('../site/logs/audit.log', /ZITADEL_AUDIT_FILE .* lies below \S+\/site, which seems to be what the web/);
  refused('key.json', /ZITADEL_AUDIT_FILE .* holds something else than this program's audit/);
  refused('own.log', /ZITADEL_AUDIT_FILE .* names the file of ZITADEL_LOG_FILE/);
  refused('/dev/null', /ZITADEL_AUDIT_FILE .* is not a regular file/);
});

describe('the shipped lines for logrotate', { ...limit,
  skip: process.getuid() !== 0 && 'only root can be www-data' }, () => {
  it('begin a new file', () => withApi(daemon, { ZITADEL_AUDIT_FILE: '../log/own/audit.log' }, async (api) => {
    const token = await issuer.mint();
    const folder = api.workspace.path('log/own');
    const file = 'logrotate/zitadel-fcgi.conf';
    const lines = [['/var/log/zitadel-fcgi', folder], ['/usr/local/lib/zitadel-fcgi', api.workspace.path('lib')]]
      .reduce((text, [from, to]) => replaceAll(file, text, from, to), readFileSync(join(projectFolder, file), 'utf8'));
    const configuration = api.workspace.write('run/logrotate.conf', lines);
    chownSync(configuration, 0, 0); // as it is in /etc
    for (let i = 0; i < 3; ++i) {
      assert.equal((await api.call('/api/private', { token })).status, 200);
      await waitFor('the line', () => textOf(join(folder, 'audit.log')) !== '');
      const { status, stderr } = spawnSync('/usr/sbin/logrotate', ['--force', '--state',
        api.workspace.path('run/logrotate.state'), configuration], { encoding: 'utf8' });
      assert.deepEqual([status, stderr], [0, '']);
      await waitFor('the new file', () => existsSync(join(folder, 'audit.log')));
    }
    for (const number of [1, 2, 3]) {
      assert.equal(textOf(join(folder, `audit.log.${number}`)).split('\n').length, 2);
    }
    assert.equal(statSync(join(folder, 'audit.log')).mode & 0o7777, 0o600);
  }, { prepare: (workspace) => workspace.makeFolder('log/own') }));
});
