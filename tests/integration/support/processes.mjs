// SPDX-License-Identifier: Apache-2.0
// Processes that tests start: their output is kept, and none outlives the test.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

import { serverUser } from './workspace.mjs';

// Pids to be ended, with their starts, should this process end before the tests' own clean-up. By SIGTERM,
// so that web servers take their own processes along.
const running = new Map();
process.on('exit', () => running.forEach((start, pid) => {
  if (statOf(pid).start === start) signal(pid, 'SIGTERM');
}));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => process.exit(1));

// What every started program gets of our environment: nothing that could change its answers.
export function cleanEnvironment(additions = {}) {
  const kept = ['ASAN_OPTIONS', 'LSAN_OPTIONS', 'TSAN_OPTIONS', 'UBSAN_OPTIONS']
    .filter((name) => process.env[name] !== undefined)
    .map((name) => [name, process.env[name]]);
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8',
    ...Object.fromEntries(kept), ...additions };
}

const kTicksPerSecond = 100; // of /proc/PID/stat

// Of a process, or of one of its threads: its state, as in ps; the seconds of processor time that it has used,
// and those of its children that have ended; when it began, in ticks of the machine. Empty when there is none.
// The system gives a pid again soon: only with its start it names one process.
export function statOf(pid, thread) {
  const path = thread === undefined ? `/proc/${pid}/stat` : `/proc/${pid}/task/${thread}/stat`;
  try {
    const fields = readFileSync(path, 'utf8').replace(/^.*\) /s, '').split(' ');
    const seconds = (at) => (Number(fields[at]) + Number(fields[at + 1])) / kTicksPerSecond;
    return { state: fields[0], worked: seconds(11), childrenWorked: seconds(13), start: fields[19] };
  } catch {
    return {};
  }
}

// How many there are of a process; none when there is no such process.
function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

// Sends a signal. False when there is no such process any more.
export function signal(pid, name) {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

// Asks `condition` every few milliseconds until it gives something true, and returns that.
export async function waitFor(what, condition, { timeoutMs = 10_000 } = {}) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(20);
  }
}

// A child of ours, run as the servers' user unless told otherwise.
export class Process {
  #child;
  #exited;
  output = '';

  constructor(command, args, { env = {}, user = serverUser, cwd = '/' } = {}) {
    this.command = command;
    this.#child = spawn(command, args, {
      cwd, env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'], ...user,
      detached: true, // in a process group of its own: Apache with mod_cgi ends all of its group
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => { this.output += text; });
    }
    if (this.pid !== undefined) running.set(this.pid, statOf(this.pid).start);
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ error }));
      this.#child.once('exit', (code, name) => {
        running.delete(this.pid);
        resolve({ code, signal: name });
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get hasExited() {
    return this.pid === undefined || this.#child.exitCode !== null ||
      this.#child.signalCode !== null;
  }

  signal(name) {
    this.#child.kill(name);
  }

  // { code, signal } of the ended process, whose output has been read; an Error when it does not end in time.
  async exit({ timeoutMs = 10_000 } = {}) {
    const timer = new AbortController();
    const late = sleep(timeoutMs, 'late', { signal: timer.signal }).catch(() => {});
    const result = await Promise.race([this.#exited, late]);
    timer.abort();
    if (result === 'late') throw new Error(`${this.command} did not end within ${timeoutMs} ms`);
    if (result.error) throw result.error;
    await nextTurn();
    return result;
  }

  // SIGTERM, and SIGKILL should that not be enough.
  async stop({ timeoutMs = 10_000 } = {}) {
    if (this.hasExited) return;
    this.signal('SIGTERM');
    try {
      await this.exit({ timeoutMs });
    } catch (error) {
      this.signal('SIGKILL');
      await this.exit();
      throw error;
    }
  }
}

// Gives the started program once it is ready. One that ends instead, or takes too long, is stopped, and the
// Error says which it was, what it has said and what may help.
export async function ready(name, program, isReady, options) {
  try {
    await waitFor(`${name} to listen`, () => {
      if (program.hasExited) {
        throw new Error(`${name} (${program.command}) cannot be started: run tests/deps.sh?\n${program.output}`);
      }
      return isReady();
    }, options);
    return program;
  } catch (error) {
    await program.stop().catch(() => {});
    throw error;
  }
}

// A process that is not our child, such as one that another program put into the background.
export class Daemon {
  #start;

  constructor(pid) {
    this.pid = pid;
    this.#start = statOf(pid).start;
    running.set(pid, this.#start);
  }

  // A process that has ended and waits to be collected has ended, once its other threads have: until then its
  // sockets are open.
  get hasExited() {
    const { state, start } = statOf(this.pid);
    return start === undefined || start !== this.#start || (state === 'Z' && threadsOf(this.pid) <= 1);
  }

  signal(name) {
    if (!this.hasExited) signal(this.pid, name);
  }

  async exit({ timeoutMs = 10_000 } = {}) {
    await waitFor(`process ${this.pid} to end`, () => this.hasExited, { timeoutMs });
    running.delete(this.pid);
  }

  async stop({ timeoutMs = 10_000 } = {}) {
    this.signal('SIGTERM');
    try {
      await this.exit({ timeoutMs });
    } catch (error) {
      this.signal('SIGKILL');
      await this.exit();
      throw error;
    }
  }
}

// Processes that one command has put into the background, taken as one.
export class Daemons {
  constructor(pids) {
    this.members = pids.map((pid) => new Daemon(pid));
  }

  // Of the first.
  get pid() {
    return this.members[0].pid;
  }

  get hasExited() {
    return this.members.every((member) => member.hasExited);
  }

  signal(name) {
    for (const member of this.members) member.signal(name);
  }

  async exit(options) {
    await Promise.all(this.members.map((member) => member.exit(options)));
  }

  // Ends all of them, also where one does not end in time.
  async stop(options) {
    const results = await Promise.allSettled(this.members.map((member) => member.stop(options)));
    const failed = results.find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
  }
}

// Pids of the direct children of a process.
export function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
      .filter((text) => text !== '').map(Number);
  } catch {
    return [];
  }
}

// The name of a process's program, as in its argument list; empty when it has ended.
export function programOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0];
  } catch {
    return '';
  }
}
