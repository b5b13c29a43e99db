// SPDX-License-Identifier: Apache-2.0
// What api.fcgi says to a person who starts it by hand, and that no web server ever gets it.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync,
  rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { call } from './support/http.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { SecretWatch } from './support/secret_watch.mjs';
import { startApache } from './support/servers.mjs';
import { Workspace, projectFolder, serverUser } from './support/workspace.mjs';

const kExitUsage = 64;
const kExitConfiguration = 78;
const asRoot = { user: {} };
const isRoot = process.getuid() === 0;

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

let workspace;
let secrets;
beforeEach(() => {
  workspace = new Workspace();
  workspace.installProgram();
  secrets = new SecretWatch();
  secrets.addKey(issuer.readFile('api-key').key);
});
afterEach(() => workspace.remove());

// The exit status and all that was said, of which nothing may be a secret.
async function run(args, { env = { ZITADEL_ENV_FILE: workspace.settingsFile }, ...options } = {}) {
  const program = new Process(workspace.program, args, { env, cwd: workspace.path('run'), ...options });
  const { code } = await program.exit();
  assert.equal(secrets.findIn(program.output), undefined);
  return { code, output: program.output, bad: program.output.split('\n').filter((line) => line.startsWith('✗')) };
}

function settings(changes) {
  writeSettings(workspace, issuer, changes);
  workspace.ensureFolder('run/cache');
}

describe('started by hand, the program', () => {
  // A terminal of script(1)'s.
  const onTerminal = async (env) => {
    const program = new Process('script', ['-qec', workspace.program, '/dev/null'], { env, cwd: workspace.path('run') });
    return { ...(await program.exit()), output: program.output };
  };

  it('says what it is and how to start it', async () => {
    const { code, output } = await onTerminal({});
    assert.equal(code, kExitUsage, output);
    assert.match(output, /FastCGI and CGI program/);
    assert.match(output, /spawn-fcgi .*api\.fcgi/);
    assert.match(output, /--check/);
  });

  it('answers a request of CGI on a terminal like anywhere else', async () => {
    settings();
    const { output } = await onTerminal({ ZITADEL_ENV_FILE: workspace.settingsFile,
      GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', PATH_INFO: '/public' });
    assert.match(output, /^Status: 200/);
    assert.doesNotMatch(output, /--check/);
  });

  it('takes --help and --version, and no other word', async () => {
    assert.match((await run(['--help'])).output, /^Usage: api\.fcgi/);
    assert.match((await run(['--version'])).output, /^api\.fcgi \d+\.\d+\.\d+\n$/);
    for (const args of [['--chek'], ['check'], ['--as'], ['--check', '--as='], ['--check', '--as', 'a', '--as', 'b'],
      ['--token-file', 'a'], ['--rule'], [''], ['--from', '192.0.2.1'], ['--rule', '/x', '--from', '192.0.2.1'],
      ['--rule', '/x', '--token-file', 'a', '--from', 'localhost']]) {
      const { code, output } = await run(args);
      assert.equal(code, kExitUsage, `${args}: ${output}`);
      assert.match(output, /^api\.fcgi: .*see api\.fcgi --help\n$/);
    }
  });

  it('lists every setting with its default', async () => {
    const { code, output } = await run(['--settings'], { env: {} });
    assert.equal(code, 0);
    const names = [...readFileSync(`${projectFolder}/.env.example`, 'utf8').matchAll(/^#?([A-Z_]+)=/gm)]
      .map(([, name]) => name);
    assert.ok(names.length > 25);
    for (const name of names) assert.match(output, new RegExp(`^  ${name}\n    .*; default: .+\n    .+`, 'm'));
    assert.match(output, /ZITADEL_CACHE_TTL\n {4}seconds, 0 to \d+; default: 30\n/);
  });
});

describe('a web server', () => {
  // What stands behind "?" without "=" is an argument of a CGI program (RFC 3875 §4.4).
  it('cannot be made to ask for anything by a client\'s query', async () => {
    settings();
    renameSync(workspace.program, workspace.path('lib/real.fcgi'));
    workspace.write('lib/api.fcgi', `#!/bin/sh\necho "$*" >>${workspace.path('log/arguments')}
exec ${workspace.path('lib/real.fcgi')} "$@"\n`, 0o755);
    const apache = await startApache(workspace, 'apache/cgi.conf');
    const queries = ['--help', '-h', '--version', '--settings', '--check', '-t', '--rule+/private', '--chek', 'x',
      '--check+--as+root', '--rule+/private+--token-file+/etc/passwd'];
    try {
      for (const query of queries) {
        const answer = await call(apache.url(`/api/public?${query}`));
        assert.deepEqual([answer.status, answer.json?.message === undefined], [200, false], `${query}: ${answer.body}`);
        assert.equal((await call(apache.url(`/api/private?${query}`))).status, 401, query);
      }
    } finally {
      await apache.stop();
    }
    const seen = readFileSync(workspace.path('log/arguments'), 'utf8');
    assert.deepEqual(new Set(seen.trim().split('\n')), new Set(queries.map((query) => query.replaceAll('+', ' '))));
  });

  it('is served on its socket whatever the arguments, but for a check', async () => {
    settings();
    const start = (...args) => new Process('spawn-fcgi', ['-n', '-s', workspace.socket, '-M', '0660', '--',
      workspace.program, ...args], { env: { ZITADEL_ENV_FILE: workspace.settingsFile }, cwd: workspace.path('run') });
    for (const args of [['--help'], ['--settings'], ['anything'], ['x', '--check']]) {
      const program = start(...args);
      try {
        await waitFor('discovery', async () => (await issuer.counters()).discovery > 0 || program.hasExited);
        assert.equal(program.hasExited, false, program.output);
      } finally {
        await program.stop();
      }
      assert.doesNotMatch(program.output, /Usage|default:|✓/);
      await issuer.resetCounters();
    }
    const check = start('--check');
    assert.deepEqual(await check.exit(), { code: 0, signal: null }, check.output);
    assert.match(check.output, /✓ listener: /);
  });
});

describe('--check', () => {
  it('ends with 0 and names what it has read', async () => {
    settings({ ZITADEL_RULES: workspace.write('etc/rules', '# of this site\n/ token\n/a public GET\n') });
    for (const args of [['--check'], ['-t']]) {
      const { code, output, bad } = await run(args);
      assert.deepEqual([code, bad], [0, []], output);
      assert.ok(output.includes(`✓ settings: ${workspace.settingsFile}\n`), output);
      assert.match(output, /✓ key: key id \S+ of the client id \S+\n/);
      assert.ok(output.includes(`✓ rules: ${workspace.path('etc/rules')}, 2 rules\n`), output);
    }
    assert.equal((await issuer.counters()).introspections, 0);
  });

  it('names each mistake with its setting, file and remedy, and ends with 78', async () => {
    const rules = workspace.write('etc/rules', '/ tokn\n/x public GETT\n');
    settings({ ZITADEL_THREADS: 'many', ZITADEL_KEY_FILE: 'x' });
    const { code, bad } = await run(['--check']);
    assert.equal(code, kExitConfiguration);
    assert.equal(bad.length, 2, bad.join('\n'));
    assert.match(bad[0], /ZITADEL_KEY_FILE \(\S+api\.env, line \d+\) .*: write API_PRIVATE_KEY_FILE_PATH if that is meant/);
    assert.match(bad[1], /ZITADEL_THREADS \(\S+api\.env, line \d+\), "many", .* from 1 to 64/);
    settings({ ZITADEL_RULES: rules });
    const second = await run(['--check']);
    assert.equal(second.code, kExitConfiguration);
    assert.match(second.bad[0], new RegExp(`ZITADEL_RULES ${rules}: line 1: .*write public, token`));
    assert.match(second.bad[1], /line 2: .*is GET meant\?/);
  });

  it('says nothing untrue after settings that it cannot read', async () => {
    for (const mode of [0o000, 0o200]) {
      settings();
      chmodSync(workspace.settingsFile, mode);
      const user = isRoot ? {} : undefined;
      const { code, bad } = await run(['--check', ...(isRoot ? ['--as', 'www-data'] : [])], user && { user });
      assert.equal(code, kExitConfiguration);
      assert.equal(bad.length, 1, bad.join('\n'));
      assert.ok(bad[0].endsWith(`: chmod 600 ${workspace.settingsFile}`), bad[0]);
    }
  });

  it('sees a log that cannot be written, and makes none', async () => {
    settings({ ZITADEL_LOG_FILE: workspace.path('none/api.log') });
    const { code, bad } = await run(['--check']);
    assert.equal(code, kExitConfiguration);
    assert.match(bad[0], new RegExp(`ZITADEL_LOG_FILE .*${workspace.path('none')}: install -d -m 0750 -o `));
  });

  it('sees certificates that nobody can read', async () => {
    const pem = (body) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
    settings({ ZITADEL_CA_FILE: workspace.write('etc/ca.pem', pem('QUJD')) });
    const { code, bad } = await run(['--check']);
    assert.equal(code, kExitConfiguration);
    assert.match(bad[0], /ZITADEL_CA_FILE \S+ca\.pem holds no certificate that can be read: copy it anew/);
    workspace.write('etc/ca.pem', readFileSync('/etc/ssl/certs/ca-certificates.crt'));
    assert.match((await run(['--check'])).output, /✓ authorities: \S+ca\.pem, \d{2,} certificates/);
  });

  it('finds the settings that a file beside the program names', async () => {
    settings();
    workspace.write('lib/api.env', `ZITADEL_ENV_FILE=${workspace.settingsFile}\n`);
    const { code, output } = await run(['--check'], { env: {} });
    assert.equal(code, 0, output);
    assert.ok(output.includes(`✓ settings: ${workspace.path('lib/api.env')}, ${workspace.settingsFile}\n`), output);
  });

  it('names the folders that spawn-fcgi\'s command needs', async () => {
    settings();
    const missing = ['/run/zitadel-fcgi', '/var/log/zitadel-fcgi'].filter((folder) => !existsSync(folder));
    const { output } = await run(['--check']);
    const [note] = output.split('\n').filter((line) => line.startsWith('– listener: '));
    const advice = missing.length === 0 ? '' : `; spawn-fcgi's command needs ${missing.join(' ')}: install -d -m 0750 -o `;
    assert.ok(note.includes(`spawn-fcgi or systemd gives one${advice}`), note);
    assert.equal(note.includes('install'), missing.length > 0);
  });

  it('warns of a claim that no program can be told', async () => {
    settings({ ZITADEL_PASS_CLAIMS: 'sub' });
    const { code, bad } = await run(['--check']);
    assert.equal(code, kExitConfiguration);
    assert.match(bad[0], /ZITADEL_PASS_CLAIMS/);
  });
});

describe('--as USER', { skip: !isRoot && 'only root can look as somebody else' }, () => {
  const me = serverUser;
  // What lies where, and how, before the commands are run.
  const troubles = {
    'a key of root that all can read': (key) => { chownSync(key, 0, 0); chmodSync(key, 0o644); },
    'a key of root alone': (key) => { chownSync(key, 0, 0); chmodSync(key, 0o600); },
    'a key of root and its group': (key) => { chownSync(key, 0, 0); chmodSync(key, 0o640); },
    'a key of somebody else': (key) => { chownSync(key, 12345, 12345); chmodSync(key, 0o640); },
    'a key that the group may read': (key) => { chownSync(key, me.uid, me.gid); chmodSync(key, 0o640); },
    'a key that nobody may read': (key) => { chownSync(key, me.uid, me.gid); chmodSync(key, 0o000); },
    'settings of root alone': () => { chownSync(workspace.settingsFile, 0, 0); },
    'rules of root alone': () => { chownSync(workspace.path('etc/rules'), 0, 0); chmodSync(workspace.path('etc/rules'), 0o600); },
    'a folder of root alone': () => { chownSync(workspace.path('etc'), 0, 0); chmodSync(workspace.path('etc'), 0o700); },
  };

  async function mend(bad) {
    for (const line of bad) {
      const command = line.match(/: ((?:chown|chmod|chgrp|install) .*)$/);
      assert.ok(command, `no command in ${line}`);
      const shell = new Process('/bin/sh', ['-c', command[1]], asRoot);
      assert.equal((await shell.exit()).code, 0, `${command[1]}: ${shell.output}`);
    }
  }

  for (const [name, make] of Object.entries(troubles)) {
    it(`names the commands for ${name}, which leave it readable`, async () => {
      const rules = workspace.write('etc/rules', '/ token\n');
      settings({ ZITADEL_RULES: rules });
      make(workspace.path('etc/key.json'));
      const before = await run(['--check', '--as', 'www-data'], asRoot);
      assert.equal(before.code, kExitConfiguration, before.output);
      await mend(before.bad);
      const after = await run(['--check', '--as', 'www-data'], asRoot);
      assert.deepEqual([after.code, after.bad], [0, []], after.output);
      // Whom it is about agrees.
      assert.equal((await run(['--check'])).code, 0);
    });
  }

  it('names the same command to the user itself where it may look', async () => {
    settings();
    const key = workspace.path('etc/key.json');
    chownSync(key, 0, 0);
    chmodSync(key, 0o644);
    const { code, bad } = await run(['--check']);
    assert.equal(code, kExitConfiguration);
    assert.ok(bad[0].endsWith(`: chown root:www-data ${key} && chmod 640 ${key}`), bad[0]);
    await mend(bad);
    assert.equal((await run(['--check'])).code, 0);
  });

  it('names what opens rules to the user itself, too', async () => {
    const rules = workspace.write('etc/rules', '/ token\n');
    settings({ ZITADEL_RULES: rules });
    chownSync(rules, 0, 0);
    const { code, bad } = await run(['--check']);
    assert.equal(code, kExitConfiguration);
    assert.ok(bad[0].endsWith(`www-data may not read ${rules}: chmod o+r ${rules}`), bad[0]);
    await mend(bad);
    assert.equal((await run(['--check'])).code, 0);
  });

  it('takes files that root has given to the user\'s group', async () => {
    settings();
    for (const path of [workspace.settingsFile, workspace.path('etc/key.json')]) {
      chownSync(path, 0, me.gid);
      chmodSync(path, 0o640);
    }
    for (const args of [['--check', '--as', 'www-data'], ['--check'], ['--as', 'www-data']]) {
      const { code, output } = await run(args, asRoot);
      assert.equal(code, 0, output);
    }
  });

  it('sends a key in somebody\'s home elsewhere', async () => {
    const home = userInfo().homedir;
    const folder = mkdtempSync(join(home, 'zitadel-fcgi-'));
    chmodSync(folder, 0o755);
    settings({ API_PRIVATE_KEY_FILE_PATH: join(folder, 'key.json') });
    copyFileSync(issuer.files['api-key'], join(folder, 'key.json'));
    try {
      const { code, bad } = await run(['--check', '--as', 'www-data'], asRoot);
      assert.equal(code, kExitConfiguration);
      const [, closed] = bad.join('\n').match(
        /may not enter ([^,]+), .*: move it to a folder that is nobody's home/);
      assert.equal(closed, home);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('knows who is no user, and asks for root', async () => {
    settings();
    const { code, output } = await run(['--check', '--as', 'no-such-user'], asRoot);
    assert.equal(code, kExitUsage);
    assert.match(output, /there is no such user/);
    const other = await run(['--check', '--as', 'nobody']);
    assert.equal(other.code, kExitUsage);
    assert.match(other.output, /asks for root/);
    assert.equal((await run(['--check', '--as', 'www-data'])).code, 0);
  });
});

describe('--rule', () => {
  const rules = `# of this site
/                token
/downloads/      public                  GET
/reports/        role:reports.write      *
/reports/        role:read:messages      GET
`;
  const ask = (rule, ...more) => run(['--rule', rule, ...more]);
  beforeEach(() => settings({ ZITADEL_RULES: workspace.write('etc/rules', rules) }));

  it('names the line that decides, and what it asks for', async () => {
    for (const [rule, line, required] of [
      ['GET /reports/x', 'line 5 decides: /reports/ role:read:messages GET', 'the role read:messages'],
      ['POST /reports/x', 'line 4 decides: /reports/ role:reports.write *', 'the role reports.write'],
      ['/reports2', 'line 2 decides: / token', 'a valid access token'],
      ['GET /downloads/a.zip?x=1', 'line 3 decides: /downloads/ public GET', 'nothing'],
    ]) {
      const { code, output } = await ask(rule);
      assert.equal(code, 0, output);
      assert.ok(output.includes(line), output);
      assert.ok(output.includes(`✓ required: ${required}\n`), output);
    }
    const several = await ask('GET /downloads;v=1/x');
    assert.match(several.output, /line 2 decides of it as something in \/: /);
    assert.match(several.output, /line 3 decides of it as \/downloads\/x/);
  });

  it('says what is refused to all', async () => {
    for (const [rule, why] of [['POST /downloads/x', /405.*only GET, HEAD/], ['GET /a/..;/b', /403.*ambiguous/]]) {
      const { code, bad } = await ask(rule);
      assert.equal(code, 1);
      assert.match(bad[0], why);
    }
    for (const rule of ['GET /x /y', 'get /x', '']) assert.equal((await ask(rule)).code, kExitUsage, rule);
  });

  it('says whether a token meets it', async () => {
    const file = (token) => {
      secrets.add(token);
      return workspace.write('run/token', `${token}\n`);
    };
    const token = file(await issuer.mint({ user: 'with-role' }));
    assert.match((await ask('GET /reports/x', '--token-file', token)).output, /read:messages: the token meets it/);
    const poor = await ask('POST /reports/x', `--token-file=${token}`);
    assert.equal(poor.code, 1);
    assert.match(poor.bad[0], /the user has not been granted the role/);
    const dead = await ask('GET /x', '--token-file', file('made-up-token-of-nobody'));
    assert.match(dead.bad[0], /the access token is not active/);
    for (const text of ['', 'Bearer abc', 'two words', 'a,b']) {
      assert.equal((await ask('GET /x', '--token-file', workspace.write('run/token', text))).code, kExitUsage, text);
    }
  });

  it('speaks of the endpoints where there are no rules', async () => {
    settings();
    assert.match((await ask('/private-scoped')).output, /✓ required: the role read:messages/);
    assert.match((await ask('/nothing')).bad[0], /404/);
    assert.match((await ask('POST /private')).bad[0], /405/);
  });
});
