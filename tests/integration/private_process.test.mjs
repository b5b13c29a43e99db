// SPDX-License-Identifier: Apache-2.0
// What holds tokens and keys keeps its memory to itself and leaves no core; and descriptors 0 to 2 are what
// they were at its start, or lead nowhere. As FastCGI, as plain CGI, and zitadel-token.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { FastCgiConnection, fastCgiRequest } from './support/fastcgi.mjs';
import { startKeptSocket } from './support/kept_socket.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { isSanitized, serverUser, Workspace } from './support/workspace.mjs';

const limit = { timeout: 60_000 };
const asRoot = process.getuid() !== 0 && 'only root may look';
const kDelay = 1000; // milliseconds that the issuer takes, in which a process is looked at

let issuer;
let workspace;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());
beforeEach(async () => {
  workspace = new Workspace();
  workspace.installProgram();
  workspace.installProgram('zitadel-token');
  workspace.write('etc/user.json', readFileSync(issuer.files['user-with-role']));
  writeSettings(workspace, issuer, { ZITADEL_LOG_FILE: 'own.log' });
  await issuer.resetCounters();
});
afterEach(async () => {
  await issuer.clearFaults();
  workspace.remove();
});

const names = ['input', 'output', 'errors'];
const fileOf = (folder, n) => join(folder, names[n]);

// A program whose descriptors 0 to 2 are files of the folder, or closed.
function start(folder, closed, program, args, env) {
  const name = folder.slice(workspace.folder.length + 1);
  workspace.makeFolder(name);
  for (const each of names) workspace.write(`${name}/${each}`, '');
  return new Process('/bin/sh', ['-c', `exec "$0" "$@" ${redirections(folder, closed)}`, program, ...args],
    { env });
}

// Of a shell: of the numbers from `first` to 2.
const redirections = (folder, closed, first = 0) => ['<', '>', '2>'].slice(first)
  .map((sign, i) => sign + (closed.includes(first + i) ? '&-' : `'${fileOf(folder, first + i)}'`)).join(' ');

const ways = {
  'plain CGI': {
    asked: async () => (await issuer.counters()).introspections,
    start: async (folder, closed) => start(folder, closed, workspace.program, [], {
      ZITADEL_ENV_FILE: workspace.settingsFile, REQUEST_METHOD: 'GET', PATH_INFO: '/private',
      HTTP_AUTHORIZATION: `Bearer ${await issuer.mint()}` }),
    output: /^Status: 200 OK\r\n/,
  },
  'zitadel-token': {
    asked: async () => (await issuer.counters()).token,
    start: async (folder, closed) => start(folder, closed, workspace.path('lib/zitadel-token'), [
      '--key', workspace.path('etc/user.json'),
      '--domain', issuer.issuer, '--project', issuer.projectId], {}),
    output: /^[\w.~+/-]+=*\n$/,
  },
};

async function waitForQuestions(asked, count) {
  await waitFor('the issuer to be asked', async () => await asked() === count, { timeoutMs: 20_000 });
}

// All that can be closed of the numbers from `first` to 2.
const combinations = (first) => [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]
  .filter((closed) => closed.every((n) => n >= first));

function assertStandardDescriptors(pid, folder, closed, first) {
  for (let n = first; n < 3; ++n) {
    const target = closed.includes(n) ? '/' : fileOf(folder, n);
    assert.equal(readlinkSync(`/proc/${pid}/fd/${n}`), target, `${n}, closed: ${closed}`);
  }
}

// Lines of its own log at most; a mistake with the descriptors would put more there, or those elsewhere.
function assertOwnLines(file) {
  for (const line of readFileSync(file, 'utf8').split('\n')) assert.match(line, /^$|zitadel-(fcgi\[|token: )/);
}

describe('descriptors 0 to 2', { ...limit, skip: asRoot }, () => {
  for (const [way, { asked, start: startIt, output }] of Object.entries(ways)) {
    it(`lead nowhere where they were closed, in ${way}`, async () => {
      await issuer.fault({ on: '*', delay: kDelay });
      const runs = [];
      for (const closed of combinations(0)) {
        const folder = workspace.path(`run-${closed.join('')}`);
        runs.push({ closed, folder, process: await startIt(folder, closed) });
      }
      await waitForQuestions(asked, runs.length);
      for (const { closed, folder, process } of runs) {
        assertStandardDescriptors(process.pid, folder, closed, 0);
      }
      for (const { closed, folder, process } of runs) {
        const { code } = await process.exit();
        const isHeard = !closed.includes(1);
        // Nobody can be answered: that is a failure.
        assert.equal(code, isHeard ? 0 : 1, `closed: ${closed}`);
        assert.match(readFileSync(fileOf(folder, 1), 'utf8'), isHeard ? output : /^$/);
        assertOwnLines(fileOf(folder, 2));
      }
    });
  }

  it('lead nowhere where they were closed, in FastCGI', async () => {
    for (const closed of combinations(1)) {
      const folder = workspace.path(`run-${closed.join('')}`);
      const socket = join(folder, 'api.sock');
      const program = await start(folder, [], 'systemd-socket-activate', ['--inetd', `--listen=${socket}`,
        `--setenv=ZITADEL_ENV_FILE=${workspace.settingsFile}`, '/bin/sh', '-c',
        `exec "$0" ${redirections(folder, closed, 1)}`, workspace.program], {});
      try {
        await waitFor('the socket', () => /Listening/.test(readFileSync(fileOf(folder, 2), 'utf8')));
        const connection = await FastCgiConnection.open(socket);
        connection.send(fastCgiRequest('/private', { token: await issuer.mint() }));
        assert.equal((await connection.answer()).status, 200);
        connection.close();
        assertStandardDescriptors(program.pid, folder, closed, 1);
        assert.match(readlinkSync(`/proc/${program.pid}/fd/0`), /^socket:/);
      } finally {
        await program.stop();
      }
      assert.equal(readFileSync(fileOf(folder, 1), 'utf8'), '');
    }
    assertOwnLines(workspace.path('etc/own.log'));
  });

  it('stay taken while plain CGI drops a body after its answer', async () => {
    // The pipe of the body stays open, and empty.
    const cgi = new Process('/bin/sh', ['-c', 'sleep 2 | "$0"', workspace.program], { env: {
      ZITADEL_ENV_FILE: workspace.settingsFile, REQUEST_METHOD: 'POST', PATH_INFO: '/public',
      CONTENT_LENGTH: '1' } });
    await waitFor('an answer', () => /^Status: /.test(cgi.output));
    const numbers = () => programs(workspace.program)
      .flatMap((pid) => [0, 1, 2].map((n) => readlinkSync(`/proc/${pid}/fd/${n}`)));
    await waitFor('the answer\'s end', () => numbers()[1] === '/');
    assert.match(numbers()[0], /^pipe:/);
    await cgi.exit();
  });
});

// Pids of the processes that run it.
const programs = (path) => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === path;
  } catch {
    return false; // it has ended, or is the kernel's
  }
});

// As another process of its user sees it: one that runs a customer's script on a shared host.
function assertPrivate(pid) {
  for (const name of ['environ', 'mem', 'maps', 'fd/0']) {
    const { stdout, stderr } = spawnSync('/bin/cat', [`/proc/${pid}/${name}`],
      { ...serverUser, encoding: 'utf8', env: { LANG: 'C' } });
    assert.match(stderr, /Permission denied/, name);
    assert.equal(stdout, '', name);
  }
}

const startFastCgi = () => startKeptSocket(workspace, [`ZITADEL_ENV_FILE=${workspace.settingsFile}`],
  { cwd: workspace.path('run') });

// Its program has answered a caller with a token.
async function useFastCgi(use) {
  const kept = await startFastCgi();
  try {
    const connection = await FastCgiConnection.open(workspace.socket);
    connection.send(fastCgiRequest('/private', { token: await issuer.mint() }));
    assert.equal((await connection.answer()).status, 200);
    connection.close();
    await use(kept);
  } finally {
    await kept.stop();
  }
}

describe('no process of the same user reads', limit, () => {
  for (const [way, { asked, start: startIt }] of Object.entries(ways)) {
    it(way, async () => {
      await issuer.fault({ on: '*', delay: kDelay });
      const process = await startIt(workspace.path('run-'), []);
      await waitForQuestions(asked, 1);
      assertPrivate(process.pid);
      assert.equal((await process.exit()).code, 0);
    });
  }

  it('FastCGI', () => useFastCgi((kept) => assertPrivate(kept.program)));
});

// Whether a process of the servers' user, without a limit, leaves a core where it works.
function coresAreMade(folder) {
  const shell = spawnSync('/bin/sh', ['-c', 'ulimit -c unlimited; sh -c \'kill -SEGV $$\'; :'],
    { ...serverUser, cwd: folder, encoding: 'utf8' });
  return /core dumped/.test(shell.stderr);
}

const noCores = asRoot || (isSanitized() && 'a sanitizer takes the signal');
describe('no core is left by', { ...limit, skip: noCores }, () => {
  for (const name of ['SIGSEGV', 'SIGABRT', 'SIGQUIT']) {
    it(name, async (test) => {
      if (!coresAreMade(workspace.makeFolder('cores'))) {
        test.skip('this machine makes no cores');
        return;
      }
      await useFastCgi(async (kept) => {
        const { program } = kept;
        // Even where somebody lifts the limit; not every root may.
        spawnSync('prlimit', ['--pid', String(program), '--core=unlimited:unlimited']);
        process.kill(program, name);
        await waitFor('the end of the program', () => kept.ends().length > 0);
        assert.ok(kept.ends()[0] > 128);
        assert.doesNotMatch(kept.log(), /core dumped/);
        assert.deepEqual(readdirSync(workspace.path('run')).filter((file) => /core/.test(file)), []);
      });
    });
  }
});

// Whoever asks for it in the environment reads along with every connection to ZITADEL.
describe('no secret of a TLS connection is written where SSLKEYLOGFILE says, by', limit, () => {
  let over;
  before(async () => { over = await startIssuer({ tls: true, assertions: 'reusable' }); });
  after(() => over?.stop());

  const ca = () => workspace.write('etc/ca.pem', readFileSync(over.files.ca));
  const commands = {
    'plain CGI': async () => [workspace.program, [], { REQUEST_METHOD: 'GET', PATH_INFO: '/private',
      HTTP_AUTHORIZATION: `Bearer ${await over.mint()}` }, /^Status: 200 OK\r\n/m],
    'zitadel-check': async () => [workspace.installProgram('zitadel-check'), [], {}, /^✓ tls: /m],
    'zitadel-token': async () => [workspace.path('lib/zitadel-token'), [
      '--key', workspace.write('etc/user.json', readFileSync(over.files['user-with-role'])),
      '--domain', over.issuer, '--project', over.projectId, '--ca-file', ca()], {}, /^[\w.~+/-]+=*$/m],
    'zitadel-setup': async () => [workspace.installProgram('zitadel-setup'), [
      '--admin-token-file', workspace.write('etc/admin', readFileSync(over.files['admin-token'])),
      '--domain', over.issuer, '--ca-file', ca(), '--project', 'key log', '--service-user', 'caller',
      '--dir', workspace.path('run/made'), '--yes'], {}, /./],
  };
  for (const [what, command] of Object.entries(commands)) {
    it(what, async () => {
      writeSettings(workspace, over, { ZITADEL_CA_FILE: ca() });
      const [program, args, env, output] = await command();
      workspace.makeFolder('keys');
      await over.resetCounters();
      const run = new Process(program, args, { cwd: workspace.path('run'), env: { ...env,
        ZITADEL_ENV_FILE: workspace.settingsFile, SSLKEYLOGFILE: workspace.path('keys/log') } });
      const { code } = await run.exit({ timeoutMs: 30_000 });
      assert.equal(code, 0, run.output);
      assert.match(run.output, output);
      assert.ok((await over.counters()).connectionsOpened > 0, run.output);
      assert.deepEqual(readdirSync(workspace.path('keys')), []);
      assert.equal(run.output.match(/SSLKEYLOGFILE is in the environment and is not followed/g)?.length, 1,
        run.output);
    });
  }

  it('FastCGI', async () => {
    writeSettings(workspace, over, { ZITADEL_CA_FILE: ca() });
    workspace.makeFolder('keys');
    const socket = workspace.path('run/keys.sock');
    const program = new Process('systemd-socket-activate', ['--inetd', `--listen=${socket}`,
      `--setenv=ZITADEL_ENV_FILE=${workspace.settingsFile}`,
      `--setenv=SSLKEYLOGFILE=${workspace.path('keys/log')}`, workspace.program]);
    try {
      await waitFor('the socket', () => /Listening/.test(program.output));
      const connection = await FastCgiConnection.open(socket);
      connection.send(fastCgiRequest('/private', { token: await over.mint() }));
      assert.equal((await connection.answer()).status, 200);
      connection.close();
    } finally {
      await program.stop();
    }
    assert.deepEqual(readdirSync(workspace.path('keys')), []);
    assert.match(program.output, /warn: SSLKEYLOGFILE is in the environment and is not followed/);
  });
});
