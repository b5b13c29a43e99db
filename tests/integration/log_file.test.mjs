// SPDX-License-Identifier: Apache-2.0
// ZITADEL_LOG_FILE behind real web servers: what goes where, and how it is opened anew.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync,
  symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { Callers } from './support/callers.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { rotateUnderLoad } from './support/rotations.mjs';
import { projectFolder, replaceAll } from './support/workspace.mjs';

const limit = { timeout: 180_000 };
const daemon = 'lighttpd/spawn-fcgi.conf';
const line = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ zitadel-fcgi\[(\d+)\] (error|warn|info|debug): \S.*$/;

let issuer;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

const withApi = (way, settings, use, options) =>
  useApi(way, issuer, { settings: { ZITADEL_LOG_FILE: 'own.log', ...settings }, ...options }, use);

// Relative paths begin in the folder of the settings.
const fileOf = (api) => api.workspace.path('etc/own.log');
const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

// Whole lines, in all files of that name.
function linesOf(api) {
  const names = readdirSync(api.workspace.path('etc')).filter((name) => name.startsWith('own.log'));
  const lines = names.flatMap((name) => {
    const text = textOf(api.workspace.path(`etc/${name}`));
    assert.match(text, /^$|\n$/, 'a line has no end');
    return text.split('\n').slice(0, -1);
  });
  for (const each of lines) assert.match(each, line);
  return lines;
}

// A call that is told of at debug level, by a line of its own.
const refuse = async (api, token) => assert.equal(
  (await api.call('/api/private', { token })).status, 401);

for (const way of ['apache/mod_fcgid.conf', 'apache/cgi.conf', 'lighttpd/fastcgi.conf', daemon]) {
  describe(`behind ${way}`, limit, () => {
    it('lines go to the file alone, whole, from all processes', () => withApi(way, {}, async (api) => {
      const tokens = Array.from({ length: 40 }, (_, i) => `made-up-${i}`);
      const callers = new Callers(api, { most: 8 });
      const answers = await callers.callAll('/api/private', tokens);
      callers.close();
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [401]);
      const lines = linesOf(api);
      assert.equal(lines.filter((each) => each.includes('inactive')).length, tokens.length);
      if (way.startsWith('apache/')) {
        assert.ok(new Set(lines.map((each) => each.match(line)[1])).size > 1, 'one process alone');
      }
      assert.deepEqual(api.programLog(), []);
      assert.equal(statSync(fileOf(api)).mode & 0o7777, 0o600);
    }));

    it('standard error has them where the file cannot be opened, and why', () =>
      withApi(way, { ZITADEL_LOG_FILE: 'none/own.log' }, async (api) => {
        await refuse(api, 'one');
        await api.waitForLog(/inactive/);
        assert.match(api.log(),
          /error: ZITADEL_LOG_FILE \S+\/etc\/none\/own\.log cannot be opened: No such file or directory; lines go to standard error/);
      }));
  });
}

describe('why the program does not start', limit, () => {
  // Of a process by itself, which is plain CGI.
  async function run(settings, { env = {} } = {}) {
    return withApi('apache/cgi.conf', settings, async (api) => {
      const process = new Process(api.workspace.program, [],
        { env: { ZITADEL_ENV_FILE: api.workspace.settingsFile, ...env } });
      const { code } = await process.exit();
      return { code, error: process.output, file: textOf(fileOf(api)),
        called: (await api.call('/api/public')).status };
    });
  }

  it('is told to both', async () => {
    const { code, error, file, called } = await run({ ZITADEL_TIMEOUT_MS: '5s' });
    assert.deepEqual([code, called], [78, 500]);
    const mistake = /error: ZITADEL_TIMEOUT_MS \(\S+, line \d+\), "5s", is not/;
    assert.match(error, mistake);
    assert.match(file, mistake);
    assert.match(file.split('\n')[0], line);
  });

  it('is told to both where it is the rules', async () => {
    const { code, error, file } = await run({ ZITADEL_RULES: 'none' });
    assert.equal(code, 78);
    assert.match(error, /error: ZITADEL_RULES/);
    assert.match(file, /error: ZITADEL_RULES/);
  });

  it('is told where the file is below the document root, and not in the file', () =>
    withApi('apache/cgi.conf', { ZITADEL_LOG_FILE: '../site/logs/own.log' }, async (api) => {
      assert.equal((await api.call('/api/public')).status, 500);
      await api.waitForLog(/ZITADEL_LOG_FILE .* lies below \S+\/site, which seems to be what the web/);
      assert.deepEqual(readdirSync(api.workspace.path('site/logs')), []);
    }, {
      prepare: (workspace) => ['site', 'site/logs'].forEach((name) => workspace.makeFolder(name)),
      site: (workspace) => `DocumentRoot "${workspace.path('site')}"\n`,
    }));

  for (const way of ['apache/mod_fcgid.conf', 'lighttpd/fastcgi.conf']) {
    it(`is told where the file is below a folder with an index page, behind ${way}`, () =>
      withApi(way, { ZITADEL_LOG_FILE: '../site/logs/own.log' }, async (api) => {
        assert.ok((await api.call('/api/public')).status >= 500);
        await api.waitForLog(/ZITADEL_LOG_FILE .* lies below \S+\/site, which seems to be what the web/);
        assert.deepEqual(readdirSync(api.workspace.path('site/logs')), []);
      }, { prepare: (workspace) => {
        for (const name of ['site', 'site/logs']) workspace.makeFolder(name);
        workspace.write('site/index.php', '');
      } }));
  }
});

for (const way of ['apache/mod_fcgid.conf', 'lighttpd/fastcgi.conf']) {
  it(`a reload of the web server begins a new file behind ${way}`, limit, () =>
    withApi(way, {}, async (api) => {
      await refuse(api, 'one');
      renameSync(fileOf(api), `${fileOf(api)}.1`);
      api.server.process.signal('SIGUSR1');
      let calls = 0;
      await waitFor('the new file', async () => {
        await api.call('/api/private', { token: `made-up-${calls += 1}` }).catch(() => {});
        return textOf(fileOf(api)).includes('inactive');
      });
      linesOf(api);
    }));
}

describe('on SIGHUP', limit, () => {
  it('the file is opened anew, without a line or an answer lost in the middle of load', () =>
    withApi(daemon, {}, async (api) => {
      const known = await issuer.mint();
      const { pid } = api.program.process;
      let number = 0;
      const knownOrMadeUp = () => ((number += 1) % 2 === 0 ? known : `made-up-${number}`);
      const answers = await rotateUnderLoad(api, fileOf(api), 15, '/api/private', knownOrMadeUp);
      assert.deepEqual(Object.keys(answers), ['200', '401']);
      const lines = linesOf(api);
      assert.equal(lines.filter((each) => each.includes('inactive')).length, answers[401]);
      assert.deepEqual([...new Set(lines.map((each) => Number(each.match(line)[1])))], [pid]);
      assert.deepEqual(api.programLog(), []);
    }));

  it('the program goes on without the setting', () =>
    withApi(daemon, { ZITADEL_LOG_FILE: undefined }, async (api) => {
      for (let i = 0; i < 5; ++i) {
        const call = api.call('/api/private', { token: await issuer.mint() });
        api.program.process.signal('SIGHUP');
        assert.equal((await call).status, 200);
      }
      assert.equal(api.program.process.hasExited, false);
      await refuse(api, 'made-up');
      await api.waitForLog(/inactive/);
    }));

  for (const way of ['apache/mod_fcgid.conf', 'apache/cgi.conf', 'lighttpd/fastcgi.conf']) {
    for (const file of ['own.log', undefined]) {
      it(`a request goes on behind ${way}, ${file ? 'with' : 'without'} the setting`, () =>
        withApi(way, { ZITADEL_LOG_FILE: file }, async (api) => {
          const token = await issuer.mint();
          await issuer.resetCounters();
          await issuer.fault({ delay: 500 });
          const call = api.call('/api/private', { token });
          await waitFor('the question', async () => (await issuer.counters()).introspections === 1);
          const programs = api.server.programs();
          assert.notEqual(programs.length, 0);
          for (const pid of programs) process.kill(pid, 'SIGHUP');
          assert.equal((await call).status, 200);
        }));
    }
  }

  it('what has taken the place of the file is left alone until that is mended', () =>
    withApi(daemon, {}, async (api) => {
      await refuse(api, 'one');
      renameSync(fileOf(api), `${fileOf(api)}.1`);
      const target = api.workspace.write('etc/target', '');
      symlinkSync(target, fileOf(api));
      api.program.process.signal('SIGHUP');
      await api.waitForLog(/ZITADEL_LOG_FILE \S+ cannot be opened: it is a link/);
      await api.waitForLog(/stay in force/);
      await refuse(api, 'two');
      await api.waitForLog(/inactive/);
      assert.equal(textOf(target), '');
      rmSync(fileOf(api));
      api.program.process.signal('SIGHUP');
      await waitFor('the new file', () => existsSync(fileOf(api)));
      await refuse(api, 'three');
      assert.equal(linesOf(api).filter((each) => each.includes('inactive')).length, 2);
      // The link is told twice, by the log and by the settings that were read again and do not count.
      const told = api.programLog();
      assert.equal(told.length, 4, told.join('\n'));
      assert.equal(told.filter((line) => line.includes('ZITADEL_LOG_FILE')).length, 2, told.join('\n'));
      assert.equal(told.filter((line) => line.includes('stay in force')).length, 1);
    }));
});

it('a file that may not grow any more leaves the program as it was', limit, () => {
  const exec = '/bin/sh -c \'exec';
  return withApi(daemon, {}, async (api) => {
    for (const token of ['one', 'two', 'three', 'four']) await refuse(api, token);
    const trouble = api.programLog().filter((each) => each.includes('ZITADEL_LOG_FILE'));
    assert.equal(trouble.length, 1, api.log());
    assert.match(trouble[0], /cannot be written: .*; lines go to standard error$/);
    assert.equal((await api.call('/api/private', { token: await issuer.mint() })).status, 200);
  }, { programReplacements: () => [[exec, exec.replace('exec', 'ulimit -f 1; exec')]] });
});

describe('the shipped lines for logrotate', { ...limit,
  skip: process.getuid() !== 0 && 'only root can be www-data' }, () => {
  it('begin a new file', () => withApi(daemon, {
    ZITADEL_LOG_FILE: '../log/own/api.log',
  }, async (api) => {
    const folder = api.workspace.path('log/own');
    const file = 'logrotate/zitadel-fcgi.conf';
    const lines = [['/var/log/zitadel-fcgi', folder], ['/usr/local/lib/zitadel-fcgi', api.workspace.path('lib')]]
      .reduce((text, [from, to]) => replaceAll(file, text, from, to), readFileSync(join(projectFolder, file), 'utf8'));
    const configuration = api.workspace.write('run/logrotate.conf', lines);
    chownSync(configuration, 0, 0); // as it is in /etc
    const rotate = () => {
      const { status, stderr } = spawnSync('/usr/sbin/logrotate', ['--force', '--state',
        api.workspace.path('run/logrotate.state'), configuration], { encoding: 'utf8' });
      assert.deepEqual([status, stderr], [0, '']);
    };
    for (let i = 0; i < 3; ++i) {
      await refuse(api, `made-up-${i}`);
      rotate();
      await waitFor('the new file', () => existsSync(join(folder, 'api.log')));
    }
    for (const number of [1, 2, 3]) {
      const told = textOf(join(folder, `api.log.${number}`)).split('\n').filter((each) => each.includes('inactive'));
      assert.equal(told.length, 1);
    }
    assert.equal(textOf(join(folder, 'api.log')), '');
    assert.equal(statSync(join(folder, 'api.log')).mode & 0o7777, 0o600);
  }, { prepare: (workspace) => workspace.makeFolder('log/own') }));
});
