// SPDX-License-Identifier: Apache-2.0
// The API behind a real web server: settings for an issuer, the program, the shipped files.
import { readFileSync } from 'node:fs';

import { call } from './http.mjs';
import { SecretWatch } from './secret_watch.mjs';
import { startApache, startLighttpd, startNginx, startSpawnFcgi } from './servers.mjs';
import { Workspace } from './workspace.mjs';

// The ways to run it, by the shipped file, and whether spawn-fcgi starts the program; or the file that
// has the command line.
export const ways = {
  'lighttpd/fastcgi.conf': { start: startLighttpd },
  'lighttpd/spawn-fcgi.conf': { start: startLighttpd, spawnFcgi: true },
  'nginx/api.conf': { start: startNginx, spawnFcgi: true },
  'apache/mod_fcgid.conf': { start: startApache },
  'apache/proxy_fcgi.conf': { start: startApache, spawnFcgi: true },
  'apache/cgi.conf': { start: startApache },
};

// What each refusal of the authorizer is to the caller, where nothing distorts it.
const asIs = { 400: 400, 403: 403, 405: 405, 503: 503, preflight: 204, body: true, early: true };
const always401 = { 400: 401, 403: 401, 405: 401, 503: 401, preflight: 401, body: false };

// The ways to protect what other programs serve, by the shipped file; what the web server makes of
// refusals, whether nobody reaches what it passes on by HTTP, whether the protected program is told
// who calls, and how many of the tests' roles, as its file says.
export const guards = {
  'lighttpd/authorizer.conf': { start: startLighttpd, refusals: asIs, hidesProxied: true },
  'nginx/auth_request.conf': {
    start: startNginx, spawnFcgi: true, refusals: { ...asIs, body: false },
    replacements: [['#auth_request_set $zitadel_email', 'auth_request_set $zitadel_email']],
  },
  'apache/authnz_fcgi.conf': {
    start: startApache, spawnFcgi: 'apache/authnz_fcgi.conf', mostRoles: 250,
    refusals: { ...asIs, body: false, early: false },
  },
  'apache/fcgid_access_checker.conf': {
    start: startApache, refusals: always401, tells: false,
  },
};

// Writes the settings file (mode 0600) for an issuer, with the application key named `key` among
// the issuer's files. A setting given as undefined is left out.
export function writeSettings(workspace, issuer, { key = 'api-key', ...settings } = {}) {
  const all = {
    ZITADEL_DOMAIN: issuer.issuer,
    ZITADEL_PROJECT_ID: issuer.projectId,
    API_PRIVATE_KEY_FILE_PATH: key && workspace.write('etc/key.json', readFileSync(issuer.files[key])),
    ZITADEL_CACHE_DIR: 'cache',
    ZITADEL_LOG_LEVEL: 'debug',
    ...settings,
  };
  workspace.write('etc/api.env', settingsText(all));
}

// A line for each setting. One that is undefined is left out.
export const settingsText = (settings) => Object.entries(settings).filter(([, value]) => value !== undefined)
  .map(([name, value]) => `${name}=${quoted(String(value))}\n`).join('');

function quoted(value) {
  return /^[\w:/.,@%+-]*$/.test(value) ? value : `'${value}'`;
}

class Api {
  #parts = [];
  secrets = new SecretWatch(); // what must not be in the log when it is stopped

  constructor() {
    this.workspace = new Workspace();
  }

  // Notes something to be stopped.
  add(part) {
    this.#parts.unshift(part);
    return part;
  }

  call(path, options) {
    if (options?.token !== undefined) this.secrets.add(options.token);
    return call(this.server.url(path), options);
  }

  log() {
    return this.#parts.map((part) => part.log()).join('');
  }

  // The lines that the program itself has written.
  programLog() {
    return this.log().split('\n').filter((line) => line.includes('zitadel-fcgi['));
  }

  // Waits for a line of the program's log.
  waitForLog(pattern, options) {
    return this.program.waitForLog(pattern, options);
  }

  // Ends the web server first, then the program, whatever happens on the way. A secret in the log is
  // an Error.
  async stop() {
    const failures = [];
    for (const part of this.#parts) await part.stop().catch((error) => failures.push(error));
    const found = this.secrets.findIn(this.log());
    if (found !== undefined) failures.push(new Error(`in the log: ${found}, of a secret`));
    this.workspace.remove();
    if (failures.length > 0) throw failures[0];
  }
}

// way: a key of `ways` or `guards`. settings: see writeSettings, or the text of the file; or a
// function of the workspace that gives one of the two. prepare: puts further files there, and may start and add what else is needed.
// replacements: for the web server's file; programReplacements: a function of the workspace that
// gives those for spawn-fcgi's command line. site: a function of the workspace; server: further
// options of the web server, or a function of the workspace that gives them; see servers.mjs. startProgram:
// a function of the workspace that starts the program in the place of spawn-fcgi.
export async function startApi(way, issuer,
  { settings = {}, replacements, programReplacements = () => [], prepare = () => {},
    site = () => '', server = {}, startProgram } = {}) {
  const api = new Api();
  const { start, spawnFcgi } = ways[way] ?? guards[way];
  try {
    api.workspace.installProgram();
    await prepare(api.workspace, api);
    const given = typeof settings === 'function' ? settings(api.workspace) : settings;
    if (typeof given === 'string') api.workspace.write('etc/api.env', given);
    else writeSettings(api.workspace, issuer, given);
    if (given.key !== null) api.secrets.addKey(issuer.readFile(given.key ?? 'api-key').key);
    api.secrets.add(given.ZITADEL_CLIENT_SECRET ?? '');
    if (startProgram) {
      api.program = api.add(await startProgram(api.workspace));
    } else if (spawnFcgi) {
      api.program = api.add(
        await startSpawnFcgi(api.workspace, { replacements: programReplacements(api.workspace),
          ...(typeof spawnFcgi === 'string' && { file: spawnFcgi }) }));
    }
    const further = typeof server === 'function' ? server(api.workspace) : server;
    api.server = api.add(
      await start(api.workspace, way, { ...further, replacements, site: site(api.workspace) }));
    api.program ??= api.server;
    return api;
  } catch (error) {
    await api.stop().catch(() => {});
    throw error;
  }
}

// Runs `use` with an API of its own, started with these options, and gives what that gives.
export async function useApi(way, issuer, options, use) {
  const api = await startApi(way, issuer, options);
  try {
    return await use(api);
  } finally {
    await api.stop();
  }
}
