// SPDX-License-Identifier: Apache-2.0
// Networks of their own, as if their programs ran on other machines: Linux network namespaces, each
// with a cable to this one.
import { spawnSync } from 'node:child_process';
import http from 'node:http';

const kHost = '198.18.75.1'; // RFC 2544: nobody's addresses

function ip(...command) {
  const { status, stderr, error } = spawnSync('ip', command, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`ip ${command.join(' ')}: ${stderr}`);
}

export class Networks {
  // Where this machine is found from all of them.
  host = kHost;
  names;
  #forwarders = [];
  #onExit = () => this.#unplug();

  // Throws where the machine does not allow it.
  constructor(count) {
    const base = `zf${process.pid}`;
    this.bridge = `${base}b`;
    this.names = Array.from({ length: count }, (_, n) => `${base}-${n}`);
    process.once('exit', this.#onExit);
    try {
      ip('link', 'add', this.bridge, 'type', 'bridge');
      ip('addr', 'add', `${kHost}/24`, 'dev', this.bridge);
      ip('link', 'set', this.bridge, 'up');
      this.names.forEach((name, n) => this.#plugIn(name, n));
    } catch (error) {
      this.#unplug();
      throw error;
    }
  }

  #plugIn(name, n) {
    const near = `${this.bridge}${n}`;
    ip('netns', 'add', name);
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('link', 'set', near, 'master', this.bridge, 'up');
    ip('-n', name, 'addr', 'add', `198.18.75.${n + 2}/24`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
  }

  // Lets them reach the HTTP server that listens on 127.0.0.1 here, at the same port of `host`: by a
  // reverse proxy, which calls it by its own name.
  async forward(port) {
    const proxy = http.createServer((request, response) => {
      const { method, url: path, headers } = request;
      const inside = http.request({ host: '127.0.0.1', port, method, path,
        headers: { ...headers, host: `127.0.0.1:${port}` } });
      inside.once('response', (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      }).once('error', () => response.destroy());
      request.pipe(inside);
    });
    this.#forwarders.push(proxy);
    await new Promise((resolve, reject) => {
      proxy.once('error', reject).listen(port, kHost, resolve);
    });
  }

  remove() {
    for (const forwarder of this.#forwarders) forwarder.close().closeAllConnections();
    process.off('exit', this.#onExit);
    this.#unplug();
  }

  #unplug() {
    for (const name of this.names) spawnSync('ip', ['netns', 'del', name]);
    spawnSync('ip', ['link', 'del', this.bridge]);
  }
}
