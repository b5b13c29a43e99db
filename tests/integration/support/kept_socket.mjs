// SPDX-License-Identifier: Apache-2.0
// The program on a listening socket that outlives it, as systemd/zitadel-fcgi.socket keeps one. A shell
// stands in for systemd: it holds the socket and starts the program again whenever that has ended.
import { Daemons, Process, childrenOf, programOf, waitFor } from './processes.mjs';

const kAgain = `while :; do
  { [ -z "$1" ] || "$0" "$1" >&2; } && "$0"; echo "ended with $?" >&2; sleep 0.1
done`;

class KeptSocket {
  constructor(workspace, variables, { check = '', ...options }) {
    this.name = workspace.program;
    this.process = new Process('systemd-socket-activate', ['--inetd', `--listen=${workspace.socket}`,
      ...variables.map((each) => `--setenv=${each}`), '/bin/sh', '-c', kAgain, this.name, check], options);
  }

  // Of the running program; undefined between two of them, and before the first request.
  get program() {
    return this.#programs()[0];
  }

  #programs() {
    return childrenOf(this.process.pid).filter((pid) => programOf(pid) === this.name);
  }

  // What the programs so far have ended with.
  ends() {
    return [...this.process.output.matchAll(/^ended with (\d+)$/mg)].map(([, code]) => Number(code));
  }

  // Ends the program and waits for the next one, which may then still be starting.
  async restart(signalName) {
    const old = await waitFor('the program', () => this.program);
    process.kill(old, signalName);
    await waitFor('the next program', () => this.program !== undefined && this.program !== old);
  }

  log() {
    return this.process.output;
  }

  async stop() {
    const last = new Daemons(this.#programs());
    await this.process.stop();
    await last.stop();
  }
}

// variables: NAME=value of the program's environment. check: its argument for a run before each, which must
// go well (ExecStartPre); none without. options: of Process.
export async function startKeptSocket(workspace, variables, options = {}) {
  const kept = new KeptSocket(workspace, variables, options);
  await waitFor('the socket', () => /Listening on/.test(kept.process.output));
  return kept;
}
