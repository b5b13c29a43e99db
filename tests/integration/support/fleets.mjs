// SPDX-License-Identifier: Apache-2.0
// The ways to run the API as several processes on one machine, which have no memory in common.
import { readdirSync } from 'node:fs';

import { startApi } from './api.mjs';
import { signal, statOf, waitFor } from './processes.mjs';
import { startSpawnFcgi } from './servers.mjs';

const fourProcesses = ['-g www-data -P', '-g www-data -F 4 -P'];

// start: gives an API with all its processes running. renew: ends them and has others take their
// place. each: calls `use` while one process answers and the others stand still, for each of them in
// turn; where the web server hands the requests out, it calls `use` once. count: of processes; with
// plain CGI there is one for each request under way.
export const fleets = {
  'mod_fcgid with 8 processes': {
    count: 8,
    async start(issuer, settings) {
      const api = await startApi('apache/mod_fcgid.conf', issuer, { settings,
        replacements: [['  MinProcesses 3 \\\n  MaxProcesses 100 \\',
          '  MinProcesses 8 \\\n  MaxProcesses 8 \\']] });
      try {
        await occupyAll(api, issuer, this.count);
        return api;
      } catch (error) {
        await api.stop();
        throw error;
      }
    },
    async renew({ server }) {
      const old = server.programs();
      server.process.signal('SIGUSR1');
      await waitFor('the old processes to end', () =>
        server.programs().every((pid) => !old.includes(pid)), { timeoutMs: 20_000 });
    },
    each: (api, use) => use(),
  },
  '4 processes of spawn-fcgi': {
    count: 4,
    start: (issuer, settings) => startApi('lighttpd/spawn-fcgi.conf', issuer,
      { settings, programReplacements: () => [fourProcesses] }),
    async renew(api) {
      await api.program.stop();
      api.program = api.add(await startSpawnFcgi(api.workspace, { replacements: [fourProcesses] }));
    },
    async each(api, use) {
      const { members } = api.program.process;
      for (const one of members) await alone(one, members, use);
    },
  },
  'plain CGI of mod_cgid': plainCgi({}),
  'plain CGI of mod_cgi': plainCgi({ modules: ['cgi'], mpm: 'prefork' }),
};

function plainCgi(server) {
  return {
    count: Infinity,
    start: (issuer, settings) => startApi('apache/cgi.conf', issuer, { settings, server }),
    renew: () => {},
    each: (api, use) => use(),
  };
}

// mod_fcgid starts a process when all others are busy.
async function occupyAll(api, issuer, count) {
  const tokens = await issuer.mintMany(count);
  await issuer.fault({ delay: 3000 });
  const calls = tokens.map((token) => api.call('/api/private', { token }));
  try {
    await waitFor(`${count} processes`, () => api.server.programs().length === count);
  } finally {
    await issuer.clearFaults();
    await Promise.all(calls);
  }
}

// With all its threads: one that has not stopped yet would take the connection meant for another
// process, and stand still with it.
const isStopped = (pid) => readdirSync(`/proc/${pid}/task`).every((thread) =>
  statOf(pid, thread).state === 'T');

async function alone(one, members, use) {
  const others = members.filter((member) => member !== one);
  try {
    for (const { pid } of others) {
      signal(pid, 'SIGSTOP');
      await waitFor(`${pid} to stand still`, () => isStopped(pid));
    }
    await use();
  } finally {
    for (const { pid } of others) signal(pid, 'SIGCONT');
  }
}

// `count` calls with the token, 8 at a time; how many were answered with which status.
export async function callMany(api, token, count) {
  const statuses = {};
  let left = count;
  const line = async () => {
    while (left-- > 0) {
      const { status } = await api.call('/api/private', { token });
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, line));
  return statuses;
}
