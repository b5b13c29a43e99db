// SPDX-License-Identifier: Apache-2.0
// A Redis or Valkey server of a test's own, in a folder of its own, on a socket and a port of its
// own. What it holds goes with it.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { canConnect, freePort } from './http.mjs';
import { Process, cleanEnvironment, signal, waitFor } from './processes.mjs';
import { Workspace } from './workspace.mjs';

const kTimeout = 10_000; // milliseconds
const kPassword = 'sword:fish/4711'; // has to be written as %XX in a URL
const kDatabase = 3;

const run = promisify(execFile);

export class RedisServer {
  #workspace = new Workspace();
  #process;

  // password: none is asked for where it is empty. address: where it listens besides 127.0.0.1.
  static async start({ password = kPassword, address } = {}) {
    const server = new RedisServer();
    Object.assign(server, { password, address, port: await freePort() });
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server.remove();
      throw error;
    }
  }

  get socket() {
    return this.#workspace.path('run/redis.sock');
  }

  // For ZITADEL_CACHE_URL.
  get socketUrl() {
    const user = this.password && `&password=${encodeURIComponent(this.password)}`;
    return `unix:${this.socket}?db=${kDatabase}${user}`;
  }

  get networkUrl() {
    const user = this.password && `:${encodeURIComponent(this.password)}@`;
    return `redis://${user}${this.address ?? '127.0.0.1'}:${this.port}/${kDatabase}`;
  }

  // Empty, on the same socket and port. It must not be running.
  async restart() {
    const options = {
      bind: ['127.0.0.1', ...(this.address ? [this.address] : [])], port: [this.port],
      unixsocket: [this.socket], dir: [this.#workspace.path('run')], save: [''],
      appendonly: ['no'], rdbcompression: ['no'], 'protected-mode': ['no'],
      ...(this.password && { requirepass: [this.password] }),
    };
    this.#process = new Process('redis-server',
      Object.entries(options).flatMap(([name, values]) => [`--${name}`, ...values.map(String)]));
    await waitFor('the Redis server', async () => {
      if (this.#process.hasExited) throw new Error(`it ended at once:\n${this.#process.output}`);
      return await canConnect({ path: this.socket }) && canConnect({ port: this.port });
    });
  }

  // As by a crash.
  async kill() {
    if (this.#process === undefined || this.#process.hasExited) return;
    this.#process.signal('SIGKILL');
    await this.#process.exit();
  }

  pause() {
    signal(this.#process.pid, 'SIGSTOP');
  }

  resume() {
    signal(this.#process.pid, 'SIGCONT');
  }

  // What redis-cli prints, without the line's end, in the database of the URLs.
  async say(...command) {
    const { stdout } = await run('redis-cli',
      ['-e', '-s', this.socket, '-n', String(kDatabase), ...command], { timeout: kTimeout,
        env: cleanEnvironment(this.password ? { REDISCLI_AUTH: this.password } : {}) });
    return stdout.replace(/\n$/, '');
  }

  async keys() {
    return (await this.say('KEYS', '*')).split('\n').filter((key) => key !== '');
  }

  // All that it holds, as it would be kept on disk; not compressed.
  async dump() {
    await this.say('SAVE');
    return readFileSync(this.#workspace.path('run/dump.rdb'), 'latin1');
  }

  async remove() {
    await this.kill();
    this.#workspace.remove();
  }
}
