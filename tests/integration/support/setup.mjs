// SPDX-License-Identifier: Apache-2.0
// zitadel-setup in a test: run, killed, and what there is then.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync }
  from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';

import { startIssuer } from '../../issuer/client.mjs';
import { cleanEnvironment, waitFor } from './processes.mjs';
import { buildFolder } from './workspace.mjs';

export const program = join(buildFolder, 'zitadel-setup');
const kLimit = 60_000; // milliseconds

// Resolves with { status, stdout, stderr }, whatever the exit status.
export function run(args, { env = {}, input = '', command = program } = {}) {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { env: cleanEnvironment(env), timeout: kLimit },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ status: error?.code ?? 0, stdout, stderr });
      });
    child.stdin.on('error', () => {}); // it may end before it has read it
    child.stdin.end(input);
  });
}

// Options by name: undefined leaves one out, a list gives it several times, true is a flag.
const toArguments = (options) => Object.entries(options).flatMap(([name, value]) => {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (value === undefined || value === false) return [];
  return value === true ? [flag] : [value].flat().flatMap((each) => [flag, each]);
});

let projects = 0;

// Where there is a folder in memory, what is written to the disk takes no time.
const kMemory = '/dev/shm';
const parentOfAll = () => {
  try {
    accessSync(kMemory, constants.W_OK | constants.X_OK);
    return kMemory;
  } catch {
    return tmpdir();
  }
};

// A project of its own in the issuer, and a folder for it.
export class SetUp {
  constructor(issuer, options = {}) {
    projects += 1;
    this.issuer = issuer;
    this.parent = mkdtempSync(join(parentOfAll(), 'zitadel-setup-'));
    this.dir = join(this.parent, 'etc');
    this.options = {
      domain: issuer.issuer, adminTokenFile: issuer.files['admin-token'],
      project: `api ${projects}`, role: 'read:messages', serviceUser: `caller ${projects}`,
      dir: this.dir, yes: true, ...options,
    };
  }

  arguments(options = {}) { return toArguments({ ...this.options, ...options }); }

  run(options, how) { return run(this.arguments(options), how); }

  // It goes well, and says nothing wrong.
  async ok(options, how) {
    const answer = await this.run(options, how);
    assert.equal(answer.stderr, '');
    assert.equal(answer.status, 0, answer.stdout);
    return answer.stdout;
  }

  // It fails, with one line on standard error.
  async fails(message, options, how) {
    const answer = await this.run(options, how);
    assert.match(answer.stderr, /^zitadel-setup: [^\n]+\n$/);
    assert.match(answer.stderr, message);
    assert.equal(answer.status, 1);
    return answer;
  }

  // Starts it, and kills it when it has asked its nth question and got no answer.
  async killedAtQuestion(nth, effect, options) {
    await this.issuer.resetCounters();
    await this.issuer.fault({ on: 'management', nth, hang: 'head', effect });
    const child = spawn(program, this.arguments(options),
      { env: cleanEnvironment(), stdio: ['ignore', 'ignore', 'inherit'] });
    const exited = once(child, 'exit');
    await waitFor(`question ${nth}`, async () => child.exitCode !== null
      || (await this.issuer.counters()).management >= nth);
    // What the answer would have told is done by then.
    if (effect === 'taken' && child.exitCode === null) {
      await waitFor('its effect', async () => child.exitCode !== null
        || (await this.issuer.management()).calls.length >= nth);
    }
    child.kill('SIGKILL');
    await exited;
    await this.issuer.clearFaults();
    return child.signalCode === 'SIGKILL';
  }

  read(name) { return readFileSync(join(this.dir, name), 'utf8'); }
  readJson(name) { return JSON.parse(this.read(name)); }
  files() { return existsSync(this.dir) ? readdirSync(this.dir).sort() : []; }

  // What the issuer has of it.
  async there() {
    const { project, serviceUser, eventsUser } = this.options;
    const all = await this.issuer.management();
    const mine = all.projects.filter(({ name }) => name === project);
    const users = all.users.filter(({ name }) => name === serviceUser);
    const applications = all.applications.filter(({ projectId }) =>
      mine.some(({ id }) => id === projectId));
    const grants = all.grants.filter(({ userId }) => users.some((user) => user.userId === userId));
    const readers = all.users.filter(({ name }) => name === eventsUser);
    return { projects: mine, users, applications, grants, readers, changes: all.changes, calls: all.calls };
  }

  // One of each, and the files fit it. Returns what there is.
  async assertComplete() {
    const there = await this.there();
    const one = (list) => {
      assert.equal(list.length, 1, JSON.stringify(there));
      return list[0];
    };
    const project = one(there.projects);
    const application = one(there.applications);
    const user = one(there.users);
    const grant = one(there.grants);
    const roles = [this.options.role ?? []].flat();
    assert.deepEqual([...project.roles].sort(), [...roles].sort());
    assert.deepEqual([...grant.roleKeys].sort(), [...roles].sort());
    assert.equal(grant.projectId, project.id);
    const readers = this.options.eventsUser ? [one(there.readers)] : [];
    assert.deepEqual(this.files(), ['api-key.json', 'api.env', ...readers.map(() => 'events-key.json'), 'user.json',
      'zitadel-setup.json']);
    const apiKey = this.readJson('api-key.json');
    assert.deepEqual([apiKey.type, apiKey.keyId, apiKey.appId, apiKey.clientId],
      ['application', one(application.keys).keyId, application.appId, application.clientId]);
    const userKey = this.readJson('user.json');
    assert.deepEqual([userKey.type, userKey.keyId, userKey.userId],
      ['serviceaccount', one(user.keys).keyId, user.userId]);
    assert.ok(this.read('api.env').includes(`ZITADEL_PROJECT_ID=${project.id}\n`));
    for (const { userId, keys } of readers) {
      const key = this.readJson('events-key.json');
      assert.deepEqual([key.type, key.keyId, key.userId], ['serviceaccount', one(keys).keyId, userId]);
    }
    return { project, application, user, grant, reader: readers[0] };
  }

  remove() { rmSync(this.parent, { recursive: true, force: true }); }
}

// Of a test file that says useSetUp(): the issuer of all its tests, and what each of them sets up.
export let issuer;
export let setUp;

export function useSetUp() {
  before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
  after(() => issuer?.stop());
  beforeEach(() => { setUp = new SetUp(issuer); });
  afterEach(async () => {
    setUp.remove();
    await issuer.clearFaults();
    await issuer.lag({});
  });
}

// A call of the set-up API in the name of an administrator.
export async function manage(issuer, method, path, body, name = 'admin') {
  const response = await fetch(`${issuer.issuer}${path}`, {
    method,
    headers: { authorization: `Bearer ${issuer.readToken(name)}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.equal(response.status, 200, `${method} ${path}: ${await response.clone().text()}`);
  return response.json();
}
