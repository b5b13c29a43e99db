// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startIssuer } from '../client.mjs';
import { paths, rolesClaim } from '../lib/names.mjs';
import {
  assertionOf, getJson, introspect, introspectWith, test, tokenFrom, until,
} from './calls.mjs';

let issuer;
let token;
before(async () => {
  issuer = await startIssuer();
  token = await issuer.mint();
});
afterEach(() => issuer.clearFaults());
after(() => issuer?.stop());

// Without authentication: for calls that never get that far.
const post = (signal) => fetch(issuer.issuer + paths.introspection, {
  method: 'POST', body: new URLSearchParams({ token }), signal,
});
const isPending = (promise) => Promise.race([
  promise.then(() => false, () => false), setTimeout(200, true),
]);
const inFlight = async () => (await issuer.counters()).inFlight;

test('a fault that does not exist is refused', async () => {
  await assert.rejects(issuer.fault('no-such-fault'), /no fault is named no-such-fault/);
  await assert.rejects(issuer.fault({ on: 'nowhere' }), /no endpoint is named nowhere/);
  await assert.rejects(issuer.fault({ statsu: 500 }), /a fault has no statsu/);
});

const answers = {
  'rate-limited': { status: 429, body: /slow down/, header: ['retry-after', '1'] },
  'server-error': {
    status: 500, body: /instance/, header: ['content-type', 'text/plain; charset=utf-8'],
  },
  'invalid-request': { status: 400, body: /"invalid_request"/ },
  'unauthorized-client': { status: 400, body: /"unauthorized_client"/ },
  'old-unauthorized': { status: 401, body: /unauthorized/ },
  'invalid-client': { status: 401, body: /"invalid_client"/ },
  redirect: { status: 302, body: /^$/, header: ['location', '/elsewhere'] },
  'not-json': { status: 200, body: /<html>/, header: ['content-type', 'text/html'] },
  inactive: { status: 200, body: /^\{"active":false\}$/ },
};
for (const [name, expected] of Object.entries(answers)) {
  test(`the fault ${name} answers as it says, once, and then the truth returns`, async () => {
    await issuer.fault(name, { times: 1 });
    const answer = await introspect(issuer, token);
    assert.equal(answer.status, expected.status);
    assert.match(answer.text, expected.body);
    if (expected.header) assert.equal(answer.headers.get(expected.header[0]), expected.header[1]);
    assert.equal((await introspect(issuer, token)).body.active, true);
  });
}

test('a fault lasts until it is cleared when no number of calls is given', async () => {
  await issuer.fault('server-error');
  for (let n = 0; n < 3; n += 1) assert.equal((await introspect(issuer, token)).status, 500);
  await issuer.clearFaults();
  assert.equal((await introspect(issuer, token)).status, 200);
});

test('faults that were ordered one after the other happen in that order', async () => {
  await issuer.fault('rate-limited', { times: 1, headers: { 'retry-after': '7' } });
  await issuer.fault('server-error', { times: 2 });
  const seen = [];
  for (let n = 0; n < 4; n += 1) seen.push((await introspect(issuer, token)).status);
  assert.deepEqual(seen, [429, 500, 500, 200]);
});

test('active can be a string, and an answer larger than 1 MiB', async () => {
  await issuer.fault('active-string', { times: 1 });
  assert.equal((await introspect(issuer, token)).body.active, 'true');
  await issuer.fault('oversized', { times: 1 });
  const { text, body } = await introspect(issuer, token);
  assert.ok(text.length > 1024 * 1024);
  assert.equal(body.active, true);
});

test('members of the real answer are replaced and left out', async () => {
  const set = { iss: 'https://elsewhere', aud: 'other', exp: 1, [rolesClaim]: {} };
  await issuer.fault({ set, omit: ['sub', 'nbf'] });
  const { body } = await introspect(issuer, token);
  assert.equal(body.active, true);
  for (const [name, value] of Object.entries(set)) assert.deepEqual(body[name], value);
  assert.ok(!('sub' in body) && !('nbf' in body));
});

test('an answer is delayed, and others are not held up by it', async () => {
  const delay = 1500;
  await issuer.fault({ delay, times: 1 });
  const order = [];
  const call = async (name) => {
    assert.equal((await introspect(issuer, token)).body.active, true);
    order.push(name);
  };
  const start = performance.now();
  const slow = call('slow');
  await until(async () => await inFlight() === 1);
  await call('quick');
  await slow;
  assert.deepEqual(order, ['quick', 'slow']);
  assert.ok(performance.now() - start >= delay - 10);
});

test('an answer is held until the faults are cleared', async () => {
  await issuer.fault({ hold: true });
  const calls = [1, 2].map(() => introspect(issuer, token));
  await until(async () => await inFlight() === 2);
  for (const call of calls) assert.ok(await isPending(call));
  await issuer.clearFaults();
  for (const { body } of await Promise.all(calls)) assert.equal(body.active, true);
  assert.equal((await introspect(issuer, token)).body.active, true);
});

for (const name of ['truncated', 'reset']) {
  test(`the fault ${name} breaks an answer off`, async () => {
    await issuer.fault(name, { times: 1 });
    // Node's client calls a reset that arrives together with the last bytes an end.
    await assert.rejects(async () => (await post()).text(), ({ cause }) =>
      cause?.code === 'UND_ERR_SOCKET' || (name === 'reset' && cause?.code === 'ECONNRESET'));
  });
}

test('an answer can stay out for ever', async () => {
  await issuer.fault('hang', { times: 1 });
  const controller = new AbortController();
  const call = post(controller.signal);
  await until(async () => await inFlight() === 1);
  assert.ok(await isPending(call));
  controller.abort();
  await assert.rejects(call, { name: 'AbortError' });
  await until(async () => await inFlight() === 0);
});

test('an answer can stop after its head', async () => {
  await issuer.fault('hang-body', { times: 1 });
  const controller = new AbortController();
  const response = await post(controller.signal);
  assert.equal(response.status, 200);
  const body = response.text();
  assert.ok(await isPending(body));
  controller.abort();
  await assert.rejects(body, { name: 'AbortError' });
  assert.equal((await introspect(issuer, token)).status, 200);
});

test('discovery, keys and the token endpoint fail on their own', async () => {
  await issuer.fault({ on: 'discovery', set: { issuer: 'https://elsewhere' } });
  await issuer.fault({ on: 'keys', set: { keys: [] } });
  await issuer.fault('server-error', { on: 'token' });
  assert.equal((await getJson(issuer.issuer + paths.discovery)).issuer, 'https://elsewhere');
  assert.deepEqual(await getJson(issuer.issuer + paths.keys), { keys: [] });
  assert.equal((await tokenFrom(issuer, 'any')).status, 500);
  assert.equal((await introspect(issuer, token)).body.active, true);
});

test('one fault for every endpoint', async () => {
  await issuer.fault('server-error', { on: '*' });
  assert.equal((await fetch(issuer.issuer + paths.discovery)).status, 500);
  assert.equal((await introspect(issuer, token)).status, 500);
});

test('calls, tokens and assertions are counted, those that a fault answered too', async () => {
  await issuer.resetCounters();
  const other = await issuer.mint();
  const key = issuer.readFile('api-key');
  await issuer.fault('server-error', { times: 1 });
  await introspect(issuer, token);
  const assertion = assertionOf(issuer, key);
  await introspectWith(issuer, assertion, token);
  await introspectWith(issuer, assertion, token);
  await introspect(issuer, other);
  await getJson(issuer.issuer + paths.discovery);
  const counters = await issuer.counters();
  assert.equal(counters.introspections, 4);
  assert.equal(counters.discovery, 1);
  assert.equal(counters.token, 0);
  assert.equal(counters.distinctTokens, 2);
  assert.equal(counters.distinctAssertions, 3);
  assert.equal(counters.assertionsReplayed, 1);
  assert.deepEqual(counters.httpVersions, { 1.1: 5 });
  assert.equal(await issuer.introspectionsOf(token), 3);
  assert.equal(await issuer.introspectionsOf(other), 1);
  assert.equal(await issuer.introspectionsOf('another'), 0);
});

test('a closed listener refuses connections and comes back on the same port', async () => {
  await issuer.closeListener();
  await assert.rejects(post(), (error) => error.cause?.code === 'ECONNREFUSED');
  assert.equal((await issuer.counters()).openNow, 0);
  await issuer.openListener();
  assert.equal((await introspect(issuer, token)).body.active, true);
});

test('open connections are dropped, and new ones counted', async () => {
  await introspect(issuer, token);
  await issuer.resetCounters();
  assert.ok((await issuer.counters()).openNow > 0);
  await issuer.dropConnections();
  assert.equal((await issuer.counters()).openNow, 0);
  assert.equal((await introspect(issuer, token)).body.active, true);
  assert.equal((await issuer.counters()).connectionsOpened, 1);
});
