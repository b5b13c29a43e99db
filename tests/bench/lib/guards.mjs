// SPDX-License-Identifier: Apache-2.0
// What is compared where a web server protects a static file: this program behind each server, by its
// shipped file, Apache's mod_oauth2, and the servers without protection.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { startApi } from '../../integration/support/api.mjs';
import { call } from '../../integration/support/http.mjs';
import { childrenOf, statOf } from '../../integration/support/processes.mjs';
import { startApacheWith } from '../../integration/support/servers.mjs';
import { Workspace, buildFolder } from '../../integration/support/workspace.mjs';
import { wrk } from './wrk.mjs';

const file = '/file.txt';
const content = 'x'.repeat(1023) + '\n';

const shipped = {
  lighttpd: 'lighttpd/authorizer.conf',
  lighttpdWorkers: 'lighttpd/authorizer.conf',
  nginx: 'nginx/auth_request.conf',
  authnzFcgi: 'apache/authnz_fcgi.conf',
  accessChecker: 'apache/fcgid_access_checker.conf',
};
// One lighttpd process uses one core; Apache and nginx use them all.
const replacements = {
  lighttpdWorkers: [['#server.max-worker', 'server.max-worker']],
};
// What the way of asking costs by itself: a program that looks at nothing and lets everybody in.
const asking = { authnzFcgiFloor: shipped.authnzFcgi, accessCheckerFloor: shipped.accessChecker };
// They leave everything but /api alone.
const unprotected = { lighttpdAlone: 'lighttpd/fastcgi.conf', apacheAlone: 'apache/proxy_fcgi.conf' };

function makeSite(workspace) {
  workspace.makeFolder('www');
  workspace.write(`www${file}`, content);
  workspace.write('etc/rules', '/ token\n');
}

async function startShipped(name, way, issuer) {
  const api = await startApi(way, issuer.of('http1'), {
    prepare: (workspace) => {
      makeSite(workspace);
      if (!(name in asking)) return;
      copyFileSync(join(buildFolder, 'bench/floor'), workspace.program);
      chmodSync(workspace.program, 0o755);
    },
    replacements: replacements[name],
    settings: (workspace) => ({
      ZITADEL_LOG_LEVEL: undefined, ZITADEL_RULES: workspace.path('etc/rules'),
    }),
  });
  return { url: api.server.url(file), stop: () => api.stop(),
    pids: [...new Set([api.server.process.pid, api.program.process.pid])] };
}

// As the package's own examples have it. Answers are kept in shared memory for five minutes.
const oauth2 = (issuer, location = '/') => `
OAuth2TokenVerify introspect ${issuer.issuers.http1}/oauth/v2/introspect \
  introspect.auth=client_secret_basic&client_id=bench&client_secret=bench
<Location "${location}">
  AuthType oauth2
  Require valid-user
</Location>
`;

async function startOauth2(issuer) {
  const workspace = new Workspace();
  try {
    makeSite(workspace);
    const server = await startApacheWith(workspace, ['authn_core', 'authz_user', 'oauth2'],
      oauth2(issuer));
    return { url: server.url(file), pids: [server.process.pid],
      stop: () => server.stop().finally(() => workspace.remove()) };
  } catch (error) {
    workspace.remove();
    throw error;
  }
}

// An endpoint behind Apache: guarded by the program itself, and a public one that mod_oauth2 guards.
async function startEndpoint(issuer, { path, ...options }) {
  const api = await startApi('apache/proxy_fcgi.conf', issuer.of('http1'),
    { settings: { ZITADEL_LOG_LEVEL: undefined }, ...options });
  return { url: api.server.url(path), stop: () => api.stop(),
    pids: [api.server.process.pid, api.program.process.pid] };
}
const endpoints = {
  endpoint: () => ({ path: '/api/private' }),
  endpointModOauth2: (issuer) => ({ path: '/api/public',
    replacements: [['  Require all granted\n</Location>\n\n# Where', '</Location>\n\n# Where']],
    site: () => oauth2(issuer, '/api'),
    server: { modules: ['proxy', 'proxy_fcgi', 'authn_core', 'authz_user', 'oauth2'] } }),
};

// Gives { name: { url, pids, stop } }, each seen to do what it is there for. add: notes what is started.
export async function startGuards(issuer, add) {
  const guards = { modOauth2: await add(startOauth2(issuer)) };
  for (const [name, way] of Object.entries({ ...shipped, ...asking, ...unprotected })) {
    guards[name] = await add(startShipped(name, way, issuer));
  }
  for (const [name, optionsFor] of Object.entries(endpoints)) {
    guards[name] = await add(startEndpoint(issuer, optionsFor(issuer)));
  }
  for (const [name, { url }] of Object.entries(guards)) {
    const isOpen = name in unprotected || name in asking;
    assert.equal((await call(url)).status, isOpen ? 200 : 401, name);
    const answer = await call(url, { token: 'known' });
    assert.equal(answer.status, 200, name);
    if (!(name in endpoints)) assert.equal(answer.body, content, name);
  }
  return guards;
}

const withDescendants = (pid) => [pid, ...childrenOf(pid).flatMap(withDescendants)];

// What server and program have worked so far, in microseconds. Processes that have ended count as
// part of the one that started them.
function worked({ pids }) {
  return pids.flatMap(withDescendants).reduce((sum, pid) => {
    const stat = statOf(pid);
    return sum + (stat.worked + stat.childrenWorked) * 1e6;
  }, 0);
}

// Requests a second of each, with a token that is known, and the processor time of one request. In
// short turns, as in measurements.mjs.
export async function guardedFile(guards) {
  const sums = Object.fromEntries(Object.keys(guards).map((name) =>
    [name, { answers: 0, seconds: 0, errors: 0, worked: 0 }]));
  for (let turn = 0; turn < 3; turn += 1) {
    for (const [name, guard] of Object.entries(guards)) {
      const before = worked(guard);
      const result = await wrk(guard.url, { callers: 32, seconds: 1, load: ['known', 'known'] });
      sums[name].worked += worked(guard) - before;
      for (const key of ['answers', 'seconds', 'errors']) sums[name][key] += result[key];
    }
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, {
    rate: sum.answers / sum.seconds, errors: sum.errors, worked: sum.worked / sum.answers }]));
}
