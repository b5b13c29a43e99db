// SPDX-License-Identifier: Apache-2.0
// Callers that send or read slowly are served to the end, and cost nobody else any time.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { FastCgiConnection, fastCgiRequest } from './support/fastcgi.mjs';
import { call } from './support/http.mjs';
import { waitFor } from './support/processes.mjs';
import { SlowReader } from './support/slow_reader.mjs';
import { bytesOf, sha256, upload } from './support/uploads.mjs';
import { buildFolder } from './support/workspace.mjs';

let issuer;
let token;
before(async () => {
  issuer = await startIssuer();
  token = await issuer.mint();
});
after(() => issuer?.stop());

const startEcho = (way, site = '') => startApi(way, issuer, {
  prepare: ({ program }) => copyFileSync(join(buildFolder, 'tests/echo.fcgi'), program),
  site: () => site,
});

// Servers that hand a body on while it comes, as their administrators may ask for.
const streaming = {
  'lighttpd/fastcgi.conf': 'server.stream-request-body = 2\n',
  'nginx/api.conf': 'fastcgi_request_buffering off;',
  'apache/proxy_fcgi.conf': '',
};
const kSlowest = 11_500; // milliseconds, longer than a head may take to come, and a look at who is late

describe('a body that comes slower than a head may', { concurrency: true }, () => {
  for (const [way, site] of Object.entries(streaming)) {
    it(`reaches the endpoint behind ${way}${site && `, ${site.trim()}`}`, async () => {
      const api = await startEcho(way, site);
      try {
        const body = bytesOf(22_000);
        const answers = await Promise.all([undefined, token].map((sent) => upload(api.server.port,
          sent ? '/api/echo' : '/api/echo-to-all', { body, token: sent, pieces: 22, overMs: kSlowest })));
        for (const answer of answers) {
          assert.equal(answer.status, 200);
          assert.equal(sha256(answer.body), sha256(body));
        }
      } finally {
        await api.stop();
      }
    });
  }
});

describe('straight at the socket', () => {
  let api;
  before(async () => { api = await startEcho('lighttpd/spawn-fcgi.conf'); });
  after(() => api?.stop());

  // Of exactly that length.
  function requestOf(length, path, options) {
    const padded = (count) => fastCgiRequest(path, { ...options, more: { PADDING: 'x'.repeat(count) } });
    return padded(length - padded(128).length + 128); // a length from 128 on takes more bytes
  }

  async function answerTo(bytes, pieces, everyMs) {
    const size = Math.ceil(bytes.length / pieces);
    const connection = await FastCgiConnection.open(api.workspace.socket);
    try {
      for (let at = 0; at < bytes.length; at += size) {
        connection.send(bytes.subarray(at, at + size));
        await (everyMs > 0 ? sleep(everyMs) : setImmediate());
      }
      return await Promise.race([connection.answer(), sleep(5000, { status: 'no answer' })]);
    } finally {
      connection.close();
    }
  }

  // A Unix socket holds a few hundred pieces, however small, that nobody has read.
  for (const [length, pieces] of [[280, 140], [1000, 500], [4000, 2000]]) {
    it(`a request of ${length} bytes may come in ${pieces} pieces`, async () => {
      const bytes = requestOf(length, '/subject');
      assert.equal(bytes.length, length);
      assert.equal((await answerTo(bytes, pieces, 0)).status, 401);
    });
  }

  it('one with a token may come byte by byte', async () => {
    const bytes = fastCgiRequest('/subject', { token });
    assert.equal((await answerTo(bytes, bytes.length, 1)).status, 200);
  });
});

const kReaders = 20;
const kRest = 1000; // milliseconds between two kibibytes
const kLargeBytes = 5_000_000;
const kCalls = 100;
const kMeasuredFor = 5000; // milliseconds at most
const kMostMs = 100; // the median of another caller; it is below 10 on a machine that has time

const httpRequest = 'GET /api/large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

// The readers' request, and another caller's call; each a function of the API.
const routes = {
  ...Object.fromEntries(['lighttpd/fastcgi.conf', 'lighttpd/spawn-fcgi.conf', 'nginx/api.conf',
    'apache/proxy_fcgi.conf'].map((way) => [way, { way,
    read: (api) => SlowReader.open({ port: api.server.port }, httpRequest, kRest),
    call: async (api) => call(api.server.url('/api/subject'), { token, timeoutMs: kMeasuredFor }),
  }])),
  'the socket itself': { way: 'nginx/api.conf',
    read: (api) => SlowReader.open({ path: api.workspace.socket }, fastCgiRequest('/large'), kRest),
    call: async (api) => {
      const connection = await FastCgiConnection.open(api.workspace.socket);
      connection.send(fastCgiRequest('/subject', { token }));
      const answer = await Promise.race([connection.answer(), sleep(kMeasuredFor, { status: 'none' })]);
      connection.close();
      return answer;
    },
  },
};

async function medianOf(callOnce) {
  const times = [];
  const end = performance.now() + kMeasuredFor;
  while (times.length < kCalls && performance.now() < end) {
    const start = performance.now();
    const answer = await callOnce().catch((error) => ({ status: error.code }));
    times.push(answer.status === 200 ? performance.now() - start : Infinity);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

for (const [name, { way, read, call: callOnce }] of Object.entries(routes)) {
  describe(`readers of a kibibyte a second, at ${name}`, () => {
    let api;
    let readers;
    before(async () => {
      api = await startEcho(way);
      await callOnce(api); // the token is known from now on
      readers = Array.from({ length: kReaders }, () => read(api));
      await waitFor('the readers to begin', () => readers.every(({ bytes }) => bytes > 0));
    });
    after(async () => {
      readers?.forEach((reader) => reader.close());
      await api?.stop();
    });

    it('cost another caller no time', async (t) => {
      const median = await medianOf(() => callOnce(api));
      t.diagnostic(`the median of another caller at ${name}: ${median.toFixed(2)} ms`);
      assert.ok(median < kMostMs, `${median} ms`);
    });

    it('get all of it in the end', async () => {
      assert.ok(readers.every(({ isOpen }) => isOpen));
      const some = readers.slice(0, 3);
      await Promise.all(some.map((reader) => reader.readAll()));
      for (const { bytes, end } of some) {
        assert.ok(bytes > kLargeBytes && bytes < kLargeBytes * 1.02, `${bytes} bytes`);
        assert.match(end.toString('latin1'), /0123456789/);
      }
    });
  });
}
