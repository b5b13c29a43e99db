// SPDX-License-Identifier: Apache-2.0
// Settings that are changed while the program runs, and callers meanwhile.
import { readFileSync, readdirSync, renameSync } from 'node:fs';

import { writeSettings } from './api.mjs';
import { Callers, tally } from './callers.mjs';
import { signal, waitFor } from './processes.mjs';

export const inForce = /the changed settings are in force/;
export const kept = /the settings before that change stay in force/;

// The processes of the program, whoever has started them.
export const pidsOf = (api) =>
  (api.program === api.server ? api.server.programs() : [api.program.process.pid]);

// Whether it has got so far that a SIGHUP does not end it.
export const isListening = (pid) => {
  const blocked = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^SigBlk:\s+(\w+)/m)[1];
  return (BigInt(`0x${blocked}`) & 1n) === 1n;
};

// Whether it has read its settings and serves: its threads are there.
export const isServing = (pid) => readdirSync(`/proc/${pid}/task`).length >= 4;

// Those of the program, all of which serve: none of them is about to read its settings.
export const servingPids = (api) => waitFor('the programs to serve', () => {
  const pids = pidsOf(api);
  return pids.every(isServing) && pids;
});

// Sends SIGHUP to each process, and waits until those of `pids` have said so, once more than before. One that
// the web server has started since the change has read it at its start, and has nothing to say.
// limits: waitFor's, for a program that is slow.
export async function reload(api, pattern = inForce, { pids = pidsOf(api), ...limits } = {}) {
  const now = pidsOf(api);
  await waitFor('the programs', () => now.every(isListening), limits);
  const said = (pid) => api.programLog().filter((line) =>
    line.includes(` zitadel-fcgi[${pid}] `) && line.search(pattern) >= 0).length;
  const before = new Map(pids.map((pid) => [pid, said(pid)]));
  for (const pid of now) signal(pid, 'SIGHUP');
  await waitFor(`${pattern} of ${pids.length}`, () => pids.every((pid) => said(pid) > before.get(pid)), limits);
}

// The settings as they were at the start, with these in their place. Each file is written beside the old
// one and renamed: nobody reads half of it.
export function change({ workspace }, issuer, settings) {
  const write = (name, content) => {
    workspace.write('etc/.new', content);
    renameSync(workspace.path('etc/.new'), workspace.path(name));
    return workspace.path(name);
  };
  writeSettings({ write }, issuer, settings);
}

// Callers who call again and again, each on a line of its own, until `stop`, which tells how many got
// which status. next: gives the token of the next call.
export function startCalling(api, path, next, { lines = 6 } = {}) {
  const callers = new Callers(api, { most: lines });
  const answers = [];
  let over = false;
  const line = async () => {
    while (!over) answers.push(await callers.call(path, { token: await next() }));
  };
  const all = Promise.all(Array.from({ length: lines }, line));
  return {
    get calls() { return answers.length; },
    async more(number, limits = {}) {
      const before = answers.length;
      await waitFor('calls', () => answers.length >= before + number, limits);
    },
    async stop() {
      over = true;
      await all.finally(() => callers.close());
      return tally(answers);
    },
  };
}
