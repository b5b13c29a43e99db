// SPDX-License-Identifier: Apache-2.0
// Whatever else stands in the server { } that includes nginx/auth_request.conf: who is refused stays
// refused, also while the program is down.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { exchange } from './support/http.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const sorry = 'location = /sorry { auth_request off; return 200 sorry; }';
const surroundings = {
  'pages of its own for errors': `error_page 400 404 405 502 503 504 = /sorry; ${sorry}`,
  'pages for the errors of programs too':
    `fastcgi_intercept_errors on; error_page 400 401 403 405 502 503 504 =200 /sorry; ${sorry}`,
  'error pages of error pages': 'fastcgi_intercept_errors on; recursive_error_pages on;',
  'a front controller':
    'if (!-e $request_filename) { rewrite ^(.*)$ /open/who.php?q=$1 last; }',
  'a rewrite of everything': 'rewrite ^/(?!file|who|staff|open) /open/file.txt last;',
  'a cache': `fastcgi_cache site; fastcgi_cache_key $request_uri; fastcgi_cache_valid any 1m;
    fastcgi_cache_use_stale error timeout http_500 http_503;`,
};

for (const [name, further] of Object.entries(surroundings)) {
  describe(`a server with ${name}`, () => {
    let site;
    before(async () => { site = await startGuardedSite('nginx/auth_request.conf', issuer, { further }); });
    after(() => site?.stop());

    it('serves and refuses as the rules say', async () => {
      const staff = await issuer.mint({ user: 'with-role' });
      const anybody = await issuer.mint({ user: 'without-role' });
      assert.equal((await site.call('/staff/file.txt', { token: staff })).status, 200);
      const lacks = await site.call('/staff/file.txt', { token: anybody });
      assert.equal(lacks.status, 403);
      assert.match(lacks.headers['www-authenticate'], /error="insufficient_scope"/);
      for (const path of ['/file.txt', '/staff/file.txt', '/who.php']) {
        const answer = await site.call(path);
        assert.equal(answer.status, 401, path);
        assert.equal(answer.headers['www-authenticate'], 'Bearer realm="zitadel"');
      }
      assert.equal((await site.call('/open/file.txt', { method: 'DELETE' })).status, 405);
      assert.equal((await site.call('/open/file.txt')).status, 200);
    });

    it('serves nobody while ZITADEL cannot be reached', async () => {
      await issuer.fault('server-error');
      try {
        const answer = await site.call('/file.txt', { token: await issuer.mint({}) });
        assert.equal(answer.status, 503);
        assert.match(answer.headers['retry-after'], /^\d+$/);
      } finally {
        await issuer.clearFaults();
      }
    });

    it('serves nobody while the program is down', async () => {
      await site.program.stop();
      for (const path of ['/file.txt', '/staff/file.txt', '/who.php', '/open/file.txt']) {
        const answer = await site.call(path);
        assert.equal(answer.status, 500, path);
        assert.doesNotMatch(answer.body, /the file|AUTH_/);
      }
    });
  });
}

const kMiB = 1 << 20;

// A program that says how long a body was.
async function startCounter() {
  const server = http.createServer(async (request, response) => {
    let size = 0;
    for await (const part of request) size += part.length;
    response.end(`${size} bytes`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function chunked(port, path, token, body) {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  return exchange(port, Buffer.concat([
    Buffer.from(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${authorization}` +
      `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`),
    body, Buffer.from('\r\n0\r\n\r\n')]));
}

// The status and the body of the answer over HTTP/2; the length is told before, or not. sends: whether
// the body comes at all, since nginx cuts an early answer short where it does.
function overHttp2(port, path, token, body, { tellsLength, sends }) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.setTimeout(20_000, () => session.destroy(new Error('no answer over HTTP/2')));
    session.once('error', reject);
    const request = session.request({ ':method': 'POST', ':path': path,
      ...(tellsLength && { 'content-length': body.length }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }) }, { endStream: false });
    let text = '';
    let status;
    request.setEncoding('latin1').on('response', (headers) => { status = headers[':status']; })
      .on('data', (part) => { text += part; })
      .on('end', () => request.close())
      .on('error', reject)
      .once('close', () => { session.destroy(); resolve({ status, body: text }); });
    if (sends) request.end(body);
  });
}

describe('a server whose locations take bodies of other sizes', () => {
  let site;
  let counter;
  let token;
  before(async () => {
    counter = await startCounter();
    const upstream = `proxy_pass http://127.0.0.1:${counter.address().port};`;
    site = await startGuardedSite('nginx/auth_request.conf', issuer, {
      rules: '/ token\n/open/ public\n', further: `
      location /up/ { client_max_body_size 12m; ${upstream} }
      location /open/up/ { client_max_body_size 12m; ${upstream} }
      location /small/ { ${upstream} }` });
    token = await issuer.mint({ user: 'with-role' });
  });
  after(async () => {
    await site?.stop();
    counter?.close();
  });

  const sizes = [0, 1, kMiB - 1, kMiB, kMiB + 1, 10 * kMiB, 12 * kMiB];
  const http2Answer = (tellsLength) => (path, each, body, sends) =>
    overHttp2(site.server.http2Port, path, each, body, { tellsLength, sends });
  const versions = {
    'with their length': (path, each, body) => site.call(path, { method: 'POST', token: each, body }),
    'in chunks': async (path, each, body) => {
      const answer = await chunked(site.server.port, path, each, body);
      return { status: Number(answer.split(' ')[1]), body: answer };
    },
    'over HTTP/2': http2Answer(true),
    'over HTTP/2 without their length': http2Answer(false),
  };

  for (const [version, send] of Object.entries(versions)) {
    it(`takes all that its locations take, ${version}`, async () => {
      for (const size of sizes) {
        const body = Buffer.alloc(size, 'x');
        for (const [path, each] of [['/up/x', token], ['/open/up/x', undefined]]) {
          const answer = await send(path, each, body, true);
          assert.equal(answer.status, 200, `${path}, ${size} bytes`);
          assert.ok(answer.body.includes(`${size} bytes`), answer.body.slice(-100));
        }
      }
    });

    it(`refuses callers without a token whatever they send, ${version}`, async () => {
      for (const size of sizes) {
        const answer = await send('/up/x', undefined, Buffer.alloc(size), false);
        assert.equal(answer.status, 401, `${size} bytes`);
      }
    });

    it(`says that a body is too large where a location says so, ${version}`, async () => {
      const knowsLength = version !== 'over HTTP/2 without their length';
      for (const [path, size] of [['/up/x', 12 * kMiB + 1], ['/open/up/x', 15 * kMiB],
        ['/small/x', kMiB + 1], ['/small/x', 10 * kMiB]]) {
        const each = path.startsWith('/open/') ? undefined : token;
        const answer = await send(path, each, Buffer.alloc(size), !knowsLength);
        assert.equal(answer.status, 413, `${path}, ${size} bytes`);
      }
    });
  }
});

describe('pages of a server\'s own for what is refused', () => {
  let site;
  let staff;
  let anybody;
  before(async () => {
    const rules = '/ token\n/own/staff/ role:read:messages\n/staff/ role:read:messages\n' +
      '/app/ role:read:messages\n/open/ public GET\n/own/open/ public GET\n' +
      '/mixed/open/ public GET\n/mixed/staff/ role:read:messages\n';
    site = await startGuardedSite('nginx/auth_request.conf', issuer, { rules, further: `
      location /own/ { error_page 401 403 /own.html; error_page 500 /broken.html; }
      location /own/staff/ { error_page 401 403 /own.html; }
      location /mixed/ { error_page 401 /own.html; error_page 403 = @zitadel_403;
        error_page 500 = @zitadel_500; }
      location /hidden/ { error_page 401 403 =404 /own.txt; }
      location /elsewhere/ { error_page 401 https://login.example.org/; }
      location /named/ { error_page 401 403 = @unasked; }
      location @unasked { auth_request off; add_header X-Page unasked always; return 401; }
      location /app/a/ { error_page 401 403 = @app; }
      location /app/b/ { error_page 401 403 @app; }
      location /app/c/ { error_page 401 403 /who.php; }
      location /app/d/ { error_page 401 403 = /who.php; }
      location /app/e/ { error_page 401 403 /staff/; }
      location /app/f/ { error_page 401 403 /missing.html; }
      location /app/g/ { error_page 401 403 /other.html; }
      location /app/h/ { recursive_error_pages on; error_page 401 403 /missing.html; }
      location /app/i/ { recursive_error_pages on; error_page 401 403 = @app; }
      location /app/j/ { recursive_error_pages on; error_page 401 403 /who.php; }
      location @app { try_files /staff/file.txt =404; }
      location = /missing.html { recursive_error_pages on; error_page 404 /staff/file.txt;
        try_files $uri @app; }
      location = /other.html { try_files /none.html /staff/file.txt; }
      error_page 404 405 503 /server.html;` });
    for (const name of ['own.html', 'own.txt', 'broken.html', 'server.html']) {
      site.workspace.write(`www/${name}`, `the page ${name}\n`);
    }
    staff = await issuer.mint({ user: 'with-role' });
    anybody = await issuer.mint({ user: 'without-role' });
  });
  after(() => site?.stop());

  const challenges = ({ rawHeaders }) => rawHeaders.filter(
    (_, i) => i % 2 === 1 && /^www-authenticate$/i.test(rawHeaders[i - 1]));

  // token: of the caller, page: what is shown, of nginx's own undefined.
  async function assertRefused(path, { status, page, challenge, ...options }) {
    const answer = await site.call(path, options);
    assert.equal(answer.status, status, path);
    if (page === undefined) assert.match(answer.body, /<center>nginx/, path);
    else assert.equal(answer.body, `the page ${page}\n`, path);
    assert.equal(challenges(answer).length, challenge === undefined ? 0 : 1, path);
    if (challenge !== undefined) assert.match(challenges(answer)[0], challenge);
    return answer;
  }
  const none = /^Bearer realm="zitadel"$/;
  const lacks = /insufficient_scope/;

  it('are shown where they are a location\'s, with one challenge', async () => {
    for (const method of ['GET', 'POST', 'PUT']) {
      await assertRefused('/own/x', { method, status: 401, page: 'own.html', challenge: none });
    }
    await assertRefused('/own/staff/x', { token: anybody, status: 403, page: 'own.html' });
    await assertRefused('/own/open/x', { method: 'DELETE', status: 500, page: 'broken.html' });
    await assertRefused('/hidden/x', { status: 404, page: 'own.txt', challenge: none });
    assert.equal((await site.call('/own/x', { token: staff })).status, 404);
  });

  it('are shown beside the pages of the shipped file', async () => {
    await assertRefused('/mixed/x', { status: 401, page: 'own.html', challenge: none });
    await assertRefused('/mixed/staff/x', { token: anybody, status: 403, challenge: lacks });
    const answer = await assertRefused('/mixed/open/x', { method: 'DELETE', status: 405 });
    assert.equal(answer.headers.allow, 'GET, HEAD');
  });

  it('are left to the shipped file where they are the server\'s', async () => {
    await assertRefused('/x', { status: 401, challenge: none });
    await assertRefused('/staff/x', { token: anybody, status: 403, challenge: lacks });
    await assertRefused('/open/x', { method: 'DELETE', status: 405 });
    await assertRefused('/x', { headers: { Authorization: 'Bearer a b' }, status: 400,
      challenge: /invalid_request/ });
    await assertRefused('/open/none', { status: 404, page: 'server.html' });
  });

  it('may be elsewhere, or of a location that nobody is asked about', async () => {
    const moved = await site.call('/elsewhere/x');
    assert.equal(moved.status, 302);
    assert.equal(moved.headers.location, 'https://login.example.org/');
    const answer = await assertRefused('/named/x', { status: 401, challenge: none });
    assert.equal(answer.headers['x-page'], 'unasked');
  });

  it('show nothing of what is served to others', async () => {
    for (const name of 'abcdefghij') {
      for (const token of [undefined, anybody]) {
        const answer = await site.call(`/app/${name}/x`, { token });
        assert.ok([401, 403, 404].includes(answer.status), `${name}: ${answer.status}`);
        assert.doesNotMatch(answer.body, /the file|AUTH_/, name);
        assert.equal(challenges(answer).length, token === undefined ? 1 : 0, name);
      }
    }
  });

  it('are not shown to who asks for them', async () => {
    await assertRefused('/own.html', { status: 401, challenge: none });
    assert.equal((await site.call('/own.html', { token: anybody })).body, 'the page own.html\n');
  });
});

describe('pages in front of the shipped file', () => {
  it('are shown, with the challenge of a 401', async () => {
    const before = 'error_page 401 403 /own.html; location = /own.html { }\n# zitadel-fcgi as nginx';
    const site = await startGuardedSite('nginx/auth_request.conf', issuer, {
      replacements: [['#auth_request_set $zitadel_email', 'auth_request_set $zitadel_email'],
        ['# zitadel-fcgi as nginx', before]] });
    try {
      site.workspace.write('www/own.html', 'the page own.html\n');
      const answer = await site.call('/file.txt');
      assert.equal(answer.status, 401);
      assert.equal(answer.body, 'the page own.html\n');
      assert.equal(answer.headers['www-authenticate'], 'Bearer realm="zitadel"');
    } finally {
      await site.stop();
    }
  });
});
