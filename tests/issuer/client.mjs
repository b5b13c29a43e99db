// SPDX-License-Identifier: Apache-2.0
// Starts an issuer for a test and speaks to it: see README.md. No npm package is needed here.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('main.mjs', import.meta.url));
const project = fileURLToPath(new URL('../..', import.meta.url));
const kStartLimit = 30_000; // milliseconds
const kKeyFolders = 4;
const kStopLimit = 5_000;

async function withLimit(limit, promise, what) {
  let timer;
  const expired = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limit} ms`)), limit);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

// Resolves when the issuer says that it is ready, rejects when it ends or stays silent.
async function readyLine(child) {
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the issuer ended before it was ready (${code ?? signal})`);
  });
  const ready = new Promise((resolve) => {
    lines.on('line', (line) => { if (line.startsWith('ready ')) resolve(); });
  });
  await withLimit(kStartLimit, Promise.race([ready, ended]), 'the start of the issuer');
}

async function call(admin, method, path, body) {
  const response = await fetch(`${admin}${path}`, {
    method, body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.error}`);
  return answer;
}

// Options are main.mjs's, in camelCase: { tls: true, maxStreams: 10, refusals: 'old-zitadel' }.
const toArguments = (options) => Object.entries(options).flatMap(([name, value]) => {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return value === true ? [flag] : value === false ? [] : [flag, String(value)];
});

let started = 0;

// Where key pairs are kept from one start to the next: with what was built, where that may be
// written to. Several issuers of one test have different ones.
function keyFolder() {
  const keys = resolve(project, process.env.BUILD_DIR ?? 'build', 'tests/keys');
  const folder = join(keys, String(started % kKeyFolders));
  started += 1;
  try {
    mkdirSync(dirname(keys), { recursive: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { keys: folder };
  } catch {
    return {};
  }
}

// Resolves with what ready.json says and with ways to order the issuer about. It ends with the
// test's process at the latest.
export async function startIssuer({ data, ...options } = {}) {
  const dir = data ?? mkdtempSync(join(tmpdir(), 'issuer-'));
  const child = spawn(process.execPath,
    [main, '--data', dir, '--stop-with-stdin', ...toArguments({ ...keyFolder(), ...options })],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    try {
      await withLimit(kStopLimit, exited, 'the end of the issuer');
    } catch {
      child.kill('SIGKILL');
      await exited;
    }
    if (data === undefined) rmSync(dir, { recursive: true, force: true });
  };
  try {
    await readyLine(child);
  } catch (error) {
    await stop();
    throw error;
  }

  const ready = JSON.parse(readFileSync(join(dir, 'ready.json'), 'utf8'));
  const post = (path) => (body) => call(ready.admin, 'POST', path, body);
  return {
    ...ready,
    readToken: (name) => readFileSync(ready.files[`${name}-token`], 'utf8').trim(),
    readFile: (name) => JSON.parse(readFileSync(ready.files[name], 'utf8')),
    issue: (wish) => post('/tokens')({ user: 'with-role', ...wish }),
    mint: async (wish) => (await post('/tokens')({ user: 'with-role', ...wish })).access_token,
    mintMany: async (count, wish) =>
      (await post('/tokens')({ user: 'with-role', count, ...wish })).access_tokens,
    logIn: (wish) => post('/tokens')({ user: 'with-role', login: 'v2', ...wish }),
    refresh: (token) => post('/tokens/refresh')({ token }),
    revoke: (token, what) => post('/revoke')({ token, what }),
    endSession: (session, by) => post('/sessions/end')({ session, by }),
    grantRoles: (user, roles) => post('/roles')({ user, roles }),
    setUserState: (user, state) => post('/users/state')({ user, state }),
    deleteKey: (keyId) => post('/keys/delete')({ keyId }),
    expireKey: (keyId, expirationDate) => post('/keys/expiry')({ keyId, expirationDate }),
    restoreKey: (keyId) => post('/keys/restore')({ keyId }),
    addWebKey: async () => (await post('/web-keys/add')()).keyId,
    activateWebKey: (keyId) => post('/web-keys/activate')({ keyId }),
    removeWebKey: (keyId) => post('/web-keys/remove')({ keyId }),
    event: post('/events'),
    transaction: async (events) => (await post('/events')({ events })).events,
    clearEvents: () => call(ready.admin, 'DELETE', '/events'),
    eventSettings: post('/events/settings'),
    searches: async () => (await call(ready.admin, 'GET', '/counters/searches')).searches,
    questions: async () => (await call(ready.admin, 'GET', '/counters/questions')).questions,
    fault: (nameOrOrder, more) => post('/faults')(
      typeof nameOrOrder === 'string' ? { name: nameOrOrder, ...more } : nameOrOrder),
    clearFaults: () => call(ready.admin, 'DELETE', '/faults'),
    settings: post('/settings'),
    management: () => call(ready.admin, 'GET', '/management'),
    lag: post('/management/lag'),
    stranger: post('/management/strangers'),
    counters: () => call(ready.admin, 'GET', '/counters'),
    introspectionsOf: async (token) => {
      const { perToken } = await call(ready.admin, 'GET', '/counters/tokens');
      return perToken[createHash('sha256').update(token).digest('hex')] ?? 0;
    },
    resetCounters: () => post('/counters/reset')(),
    closeListener: () => post('/listener/close')(),
    openListener: () => post('/listener/open')(),
    dropConnections: () => post('/listener/drop')(),
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    stop,
  };
}
