// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import { after, afterEach, before } from 'node:test';
import { startIssuer } from '../client.mjs';
import { clientAssertionType, paths } from '../lib/names.mjs';
import { assertionOf, test } from './calls.mjs';

let issuer;
let ca;
let token;
before(async () => {
  issuer = await startIssuer({ tls: true, maxStreams: 10 });
  ca = readFileSync(issuer.files.ca);
  token = await issuer.mint();
});
afterEach(() => issuer.clearFaults());
after(() => issuer?.stop());

const form = () => new URLSearchParams({
  token,
  client_assertion_type: clientAssertionType,
  client_assertion: assertionOf(issuer, issuer.readFile('api-key')),
}).toString();

async function read(stream) {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

// One call over HTTP/1.1 on a connection of its own.
async function introspectOverHttp1(options) {
  const request = https.request(issuer.issuer + paths.introspection, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    agent: false,
    ...options,
  });
  // A reset is told to the request as well, after its response has begun.
  request.on('error', () => {});
  request.end(form());
  const [response] = await once(request, 'response');
  return { response, body: JSON.parse(await read(response)) };
}

async function introspectOver(session) {
  const stream = session.request({
    ':method': 'POST', ':path': paths.introspection,
    'content-type': 'application/x-www-form-urlencoded',
  });
  const broken = once(stream, 'close').then(() => { throw new Error('the stream was closed'); });
  broken.catch(() => {});
  stream.on('error', () => {});
  stream.end(form());
  const [headers] = await Promise.race([once(stream, 'response'), broken]);
  return { status: headers[':status'], headers, text: await read(stream) };
}

// With a session that knows the server's limits.
async function withSession(use) {
  const session = http2.connect(issuer.issuer, { ca });
  session.on('error', () => {});
  try {
    await once(session, 'remoteSettings');
    return await use(session);
  } finally {
    session.destroy();
  }
}

test('a client that trusts another CA, or none of ours, does not connect', async () => {
  const wrong = readFileSync(issuer.files['wrong-ca']);
  await assert.rejects(introspectOverHttp1({ ca: wrong }), /certificate|self-signed/);
  await assert.rejects(introspectOverHttp1({}), /certificate|self-signed/);
});

test('the set-up API answers over HTTP/2 too', () => withSession(async (session) => {
  const ask = async (name) => {
    const stream = session.request({
      ':method': 'POST', ':path': '/management/v1/projects',
      authorization: `Bearer ${issuer.readToken('admin')}`,
    });
    stream.end(JSON.stringify({ name }));
    const [headers] = await once(stream, 'response');
    return { status: headers[':status'], body: JSON.parse(await read(stream)) };
  };
  const { status, body } = await ask('Over HTTP/2');
  assert.equal(status, 200);
  assert.match(body.id, /^\d+$/);
  assert.equal((await ask('Over HTTP/2')).body.details[0].id, 'V3-DKcYh');
}));

test('the certificate holds for the address and for localhost', async () => {
  for (const servername of [undefined, 'localhost']) {
    const { body } = await introspectOverHttp1({ ca, servername });
    assert.equal(body.active, true);
  }
});

test('a client that offers HTTP/1.1 alone gets it', async () => {
  await issuer.resetCounters();
  const { response, body } = await introspectOverHttp1({ ca });
  assert.equal(response.httpVersion, '1.1');
  assert.equal(body.active, true);
  assert.deepEqual((await issuer.counters()).httpVersions, { 1.1: 1 });
});

test('HTTP/2 is offered by ALPN, with the stream limit that was set', async () => {
  await issuer.resetCounters();
  await withSession(async (session) => {
    assert.equal(session.alpnProtocol, 'h2');
    const answer = await introspectOver(session);
    assert.equal(session.remoteSettings.maxConcurrentStreams, 10);
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.text).active, true);
    assert.equal(answer.headers['cache-control'], 'no-store');
  });
  assert.deepEqual((await issuer.counters()).httpVersions, { '2.0': 1 });
});

test('many calls share one HTTP/2 connection, within the limit', async () => {
  await issuer.resetCounters();
  await issuer.fault({ delay: 50 });
  await withSession(async (session) => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => introspectOver(session)));
    for (const { text } of answers) assert.equal(JSON.parse(text).active, true);
  });
  const counters = await issuer.counters();
  assert.equal(counters.introspections, 40);
  assert.equal(counters.connectionsOpened, 1);
  assert.ok(counters.maxInFlight > 1 && counters.maxInFlight <= 10, String(counters.maxInFlight));
});

test('discovery over TLS names the issuer to the byte', async () => {
  const text = await withSession(async (session) =>
    read(session.request({ ':path': paths.discovery })));
  const document = JSON.parse(text);
  assert.equal(document.issuer, issuer.issuer);
  assert.equal(document.introspection_endpoint, issuer.issuer + paths.introspection);
});

test('faults answer over HTTP/2 as well', async () => {
  await issuer.fault('rate-limited', { times: 1 });
  await withSession(async (session) => {
    const limited = await introspectOver(session);
    assert.equal(limited.status, 429);
    assert.equal(limited.headers['retry-after'], '1');
    assert.equal((await introspectOver(session)).status, 200);
  });
});

for (const name of ['reset', 'truncated']) {
  test(`the fault ${name} breaks the TLS connection off, over both versions`, async () => {
    await issuer.fault(name, { times: 2 });
    const code = 'ECONNRESET'; // of an HTTP/1.1 answer cut short in either way
    await assert.rejects(introspectOverHttp1({ ca }), { code });
    await withSession(async (session) => {
      const closed = new Promise((resolve) => { session.once('close', resolve); });
      await assert.rejects(async () => JSON.parse((await introspectOver(session)).text));
      await closed;
    });
    assert.equal((await introspectOverHttp1({ ca })).body.active, true);
  });
}

test('the issuer can be named localhost', async () => {
  const named = await startIssuer({ host: 'localhost' });
  try {
    const url = new URL(named.issuer);
    assert.equal(url.hostname, 'localhost');
    const response = await fetch(`${named.issuer}${paths.discovery}`);
    assert.equal((await response.json()).issuer, named.issuer);
  } finally {
    await named.stop();
  }
});
