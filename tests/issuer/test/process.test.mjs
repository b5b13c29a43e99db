// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startIssuer } from '../client.mjs';
import { introspect, test, until } from './calls.mjs';

const main = fileURLToPath(new URL('../main.mjs', import.meta.url));

async function withIssuer(options, use) {
  const data = mkdtempSync(join(tmpdir(), 'issuer-'));
  const issuer = await startIssuer({ data, ...options });
  try {
    await use(issuer);
  } finally {
    await issuer.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

async function run(...args) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => { errors += chunk; });
  const [code] = await once(child, 'close');
  return { code, errors };
}

const isRunning = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('arguments that make no sense are refused', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'issuer-'));
  for (const [args, reason] of [
    [[], /--data DIR is missing/],
    [['--data', dir, '--refusals', 'kind'], /no setting refusals=kind/],
    [['--data', dir, '--colour'], /--colour/],
  ]) {
    const { code, errors } = await run(...args);
    assert.equal(code, 64);
    assert.match(errors, reason);
  }
  rmSync(dir, { recursive: true });
});

test('every file is its owner\'s alone, and ready.json names them', async () => {
  await withIssuer({ tls: true }, async ({ dir, files, pid }) => {
    for (const name of readdirSync(dir)) {
      assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name);
    }
    for (const path of Object.values(files)) assert.ok(existsSync(path), path);
    assert.ok(existsSync(join(dir, 'ready.json')));
    assert.ok(isRunning(pid));
  });
});

test('key files have the members of ZITADEL\'s', async () => {
  await withIssuer({}, async (issuer) => {
    const key = issuer.readFile('api-key');
    assert.deepEqual(Object.keys(key), ['type', 'keyId', 'key', 'appId', 'clientId']);
    assert.equal(key.type, 'application');
    assert.match(key.clientId, /^\d+$/);
    assert.match(issuer.readFile('api-key-other').clientId, /^\d+@/);
    const user = issuer.readFile('user-with-role');
    assert.deepEqual(Object.keys(user), ['type', 'keyId', 'key', 'expirationDate', 'userId']);
    assert.equal(user.type, 'serviceaccount');
    assert.match(issuer.readFile('basic').clientSecret, /[:+ %&]/);
  });
});

test('key pairs are new, or kept from one start to the next, each with a new id', async () => {
  const keys = mkdtempSync(join(tmpdir(), 'issuer-keys-'));
  const made = [];
  for (const options of [{ keys }, { keys }, { keys: false }, {}]) {
    await withIssuer(options, (issuer) => {
      const all = ['api-key', 'api-key-other', 'user-with-role', 'user-without-role'].map((name) => issuer.readFile(name));
      assert.equal(new Set(all.map(({ key }) => key)).size, 4);
      made.push(all[0]);
    });
  }
  for (const name of readdirSync(keys)) assert.equal(statSync(join(keys, name)).mode & 0o777, 0o600);
  rmSync(keys, { recursive: true });
  assert.equal(made[0].key, made[1].key);
  assert.equal(new Set(made.map(({ key }) => key)).size, 3);
  assert.equal(new Set(made.map(({ keyId }) => keyId)).size, 4);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} ends it at once, even as a call hangs, with its ready.json`, async () => {
    await withIssuer({}, async (issuer) => {
      await issuer.fault('hang');
      const hanging = introspect(issuer, 'any').catch((error) => error);
      await until(async () => (await issuer.counters()).inFlight === 1);
      const start = performance.now();
      process.kill(issuer.pid, signal);
      assert.ok(await hanging instanceof Error);
      await issuer.stop();
      assert.ok(performance.now() - start < 3000);
      assert.ok(!existsSync(join(issuer.dir, 'ready.json')));
      assert.ok(!isRunning(issuer.pid));
    });
  });
}

test('stopped with SIGSTOP it answers nothing, continued it answers all', async () => {
  await withIssuer({}, async (issuer) => {
    const token = await issuer.mint();
    issuer.pause();
    let answered = false;
    const call = introspect(issuer, token).finally(() => { answered = true; });
    await setTimeout(300);
    assert.equal(answered, false);
    issuer.resume();
    assert.equal((await call).body.active, true);
  });
});

test('it ends with the process that started it', async () => {
  const script = `
    import { startIssuer } from ${JSON.stringify(new URL('../client.mjs', import.meta.url).href)};
    const { pid } = await startIssuer({ data: process.argv[1] });
    console.log(pid);
    process.kill(process.pid, 'SIGKILL');`;
  const data = mkdtempSync(join(tmpdir(), 'issuer-'));
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, data],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => { output += chunk; });
  await once(child, 'close');
  const pid = Number(output);
  assert.ok(pid > 0);
  await until(() => !isRunning(pid));
  rmSync(data, { recursive: true, force: true });
});
