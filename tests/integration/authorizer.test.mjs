// SPDX-License-Identifier: Apache-2.0
// What other programs serve, protected by each web server's shipped file.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards } from './support/api.mjs';
import { learned, startGuardedSite } from './support/guarded_site.mjs';
import { checkTable } from './support/documented_table.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const usualVariables = ['AUTH_CLIENT_ID', 'AUTH_CUT', 'AUTH_EXP', 'AUTH_ORG', 'AUTH_REQUEST_ID', 'AUTH_ROLES', 'AUTH_SCOPE',
  'AUTH_SUB', 'AUTH_USERNAME', 'REMOTE_USER'];

const origin = 'https://app.example.org';

// The beginning of the answer to an upload of which only the head is sent; more: further fields.
function uploadWithoutBody({ server }, bytes, more = '') {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(
      `POST /app/who HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n${more}\r\n`));
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer without a body')));
    socket.once('error', reject);
    socket.once('data', (data) => { socket.destroy(); resolve(data.toString('latin1')); });
  });
}

// The beginning of the answer to an upload that is sent until there is one, or the end.
async function upload({ server }, bytes) {
  const part = Buffer.alloc(1 << 20);
  const socket = net.connect(server.port, '127.0.0.1');
  const answered = new Promise((resolve, reject) => {
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer to an upload')));
    socket.once('error', reject);
    socket.once('data', (data) => resolve(data.toString('latin1')));
  });
  answered.catch(() => {}).then(() => socket.destroy());
  socket.write(`POST /app/who HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n\r\n`);
  for (let sent = 0; sent < bytes && !socket.destroyed; sent += part.length) {
    if (socket.write(part)) continue;
    const goOn = new AbortController();
    await Promise.race([once(socket, 'drain', { signal: goOn.signal }), answered])
      .finally(() => goOn.abort());
  }
  return answered;
}

// The most that a process of the program has held so far, in bytes.
function mostMemory({ server, program }) {
  const pids = program === server ? server.programs() : [program.process.pid];
  return Math.max(...pids.map((pid) => 1024 *
    Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmHWM:\s+(\d+) kB$/m)[1])));
}

// What was seen, for docs/rules.md: a row each.
const seen = {};

for (const [way, guard] of Object.entries(guards)) {
  const { refusals, hidesProxied, tells = true, mostRoles = 800 } = guard;
  const itWhereTold = tells ? it : () => {};
  describe(way, () => {
    let site;
    before(async () => {
      site = await startGuardedSite(way, issuer, {
        settings: { ZITADEL_PASS_CLAIMS: 'email', ZITADEL_CORS_ORIGINS: origin },
      });
      seen[way] = {};
    });
    after(() => site?.stop());

    const programs = ['/cgi/who.cgi', '/who.php'];
    const openPrograms = ['/open/cgi/who.cgi', '/open/who.php'];

    it('refuses callers without a token, whatever is served', async () => {
      for (const path of ['/file.txt', '/none.txt', '/', ...programs, '/staff/file.txt', '/app/who']) {
        const answer = await site.call(path);
        assert.equal(answer.status, 401, path);
        assert.equal(answer.headers['www-authenticate'], 'Bearer realm="zitadel"', path);
        assert.doesNotMatch(answer.body, /the file|AUTH_/);
        if (refusals.body) assert.equal(answer.json.error, 'unauthorized');
      }
    });

    it('answers a preflight itself: programs that do not look at the method would tell all', async () => {
      for (const path of ['/file.txt', '/', ...programs, ...openPrograms]) {
        const answer = await site.call(path, { method: 'OPTIONS', headers: {
          Origin: origin, 'Access-Control-Request-Method': 'PUT',
          'Access-Control-Request-Headers': 'authorization', 'X-HTTP-Method-Override': 'GET',
        } });
        assert.equal(answer.status, refusals.preflight, path);
        assert.doesNotMatch(answer.body, /the file|AUTH_/);
        assert.equal(answer.headers['access-control-allow-origin'], origin);
        assert.equal(answer.headers['access-control-allow-methods'], 'PUT');
        assert.equal(answer.headers['access-control-allow-headers'], 'authorization');
        assert.equal(answer.headers['access-control-max-age'], '600');
      }
    });

    it('lets nothing through that only looks like a preflight', async () => {
      const asking = { Origin: origin, 'Access-Control-Request-Method': 'GET' };
      for (const path of ['/file.txt', ...programs]) {
        for (const [method, headers] of [['GET', asking], ['POST', asking], ['OPTIONS', {}],
          ['OPTIONS', { ...asking, Origin: 'https://other.example' }]]) {
          const answer = await site.call(path, { method, headers });
          assert.equal(answer.status, 401, `${method} ${path}`);
          assert.match(answer.headers['www-authenticate'], /^Bearer /);
        }
      }
    });

    it('refuses tokens that ZITADEL refuses', async () => {
      for (const token of ['made-up', await issuer.mint({ ttl: -5 })]) {
        for (const path of ['/file.txt', ...programs]) {
          const answer = await site.call(path, { token });
          assert.equal(answer.status, 401);
          assert.match(answer.headers['www-authenticate'], /error="invalid_token"/);
        }
      }
    });

    it('refuses who lacks the role', async () => {
      const token = await issuer.mint({ user: 'without-role' });
      const answer = await site.call('/staff/file.txt', { token });
      assert.equal(answer.status, refusals[403]);
      assert.match(answer.headers['www-authenticate'], /error="insufficient_scope"/);
      assert.equal((await site.call('/file.txt', { token })).status, 200);
    });

    it('refuses methods that no rule is for', async () => {
      const answer = await site.call('/open/file.txt', { method: 'DELETE' });
      assert.equal(answer.status, refusals[405]);
    });

    it('refuses a malformed Authorization header', async () => {
      const answer = await site.call('/file.txt', { headers: { Authorization: 'Bearer a b' } });
      assert.equal(answer.status, refusals[400]);
      assert.match(answer.headers['www-authenticate'], /error="invalid_request"/);
    });

    it('serves what is public to everybody', async () => {
      const answer = await site.call('/open/file.txt');
      assert.equal(answer.status, 200);
      assert.equal(answer.body, 'the file /open/file.txt\n');
    });

    it('serves files to whom the rules let through', async () => {
      const token = await issuer.mint({ user: 'with-role' });
      for (const path of ['/file.txt', '/staff/file.txt', '/staff/in/file.txt']) {
        const answer = await site.call(path, { token });
        assert.equal(answer.status, 200, path);
        assert.equal(answer.body, `the file ${path}\n`);
        assert.equal(answer.headers['cache-control'], undefined); // what is served decides itself
      }
      assert.equal((await site.call('/none.txt', { token })).status, 404);
    });

    it('serves what is passed on by HTTP to nobody else', async () => {
      const token = await issuer.mint({ user: 'without-role' });
      const answer = await site.call('/app/who', { token });
      assert.equal(answer.status, hidesProxied ? 404 : 200);
      assert.equal(answer.body === 'the file /app/who\n', !hidesProxied);
    });

    itWhereTold('tells the program who calls', async () => {
      const token = await issuer.mint({ user: 'with-role',
        scope: `openid profile email urn:zitadel:iam:user:resourceowner urn:zitadel:iam:org:project:id:${issuer.projectId}:aud` });
      for (const path of programs) {
        const answer = await site.call(path, { token });
        assert.equal(answer.status, 200, path);
        const variables = learned(answer);
        assert.equal(variables.AUTH_SUB, issuer.users['with-role'], path);
        assert.equal(variables.REMOTE_USER, variables.AUTH_SUB);
        assert.match(variables.AUTH_ROLES, /(^| )read:messages( |$)/);
        assert.match(variables.AUTH_USERNAME, /./);
        assert.match(variables.AUTH_ORG, /^\d+$/);
        assert.match(variables.AUTH_EXP, /^\d+$/);
        assert.match(variables.AUTH_SCOPE, /(^| )openid( |$)/);
        assert.match(variables.AUTH_CLIENT_ID, /./);
        assert.ok('AUTH_EMAIL' in variables);
        assert.ok(!answer.rawHeaders.some((text) => /^(Variable-|AUTH_|REMOTE_USER)/i.test(text)),
          answer.rawHeaders.join());
      }
    });

    // Actions may add any claim, and ZITADEL itself says "locale": null.
    itWhereTold('tells the program nothing of a claim that is null or no text', async () => {
      for (const email of [null, 'a\u0000b', '\ud800', ['\u0000']]) {
        const token = await issuer.mint({ user: 'with-role', claims: { email } });
        const answer = await site.call('/who.php', { token });
        assert.equal(answer.status, 200, JSON.stringify(email));
        assert.ok(!learned(answer).AUTH_EMAIL, JSON.stringify(email));
        assert.equal(learned(answer).AUTH_SUB, issuer.users['with-role']);
      }
    });

    itWhereTold('tells the program all of it, however many roles there are', async () => {
      const names = Array.from({ length: mostRoles }, (_, i) => `role-number-${i}-of-a-long-list`).sort();
      const roles = Object.fromEntries(names.map((name) => [name, { 77: 'example.org' }]));
      const token = await issuer.mint({ user: 'without-role', roles: { [issuer.projectId]: roles } });
      for (const path of programs) {
        const answer = await site.call(path, { token });
        assert.equal(answer.status, 200, path);
        assert.deepEqual(learned(answer).AUTH_ROLES.split(' ').sort(), names);
      }
    });

    itWhereTold('refuses whom more is known of than any server hands on', async () => {
      const token = await issuer.mint({ claims: { email: 'e'.repeat(40 << 10) } });
      const answer = await site.call('/file.txt', { token });
      assert.equal(answer.status, refusals[503]);
      await site.waitForLog(/than the web server could hand on \(32 KiB/);
    });

    it('lets no client say who it is', async () => {
      const headers = usualVariables.flatMap((name) => [
        [name, 'forged'], [name.replaceAll('_', '-'), 'forged'], [`Variable-${name}`, 'forged'],
        [`HTTP_${name}`, 'forged'],
      ]).flat();
      const token = await issuer.mint({ user: 'without-role' });
      for (const path of [...programs, ...openPrograms]) {
        const isOpen = path.startsWith('/open/');
        const answer = await site.call(path, isOpen ? { headers } : { headers, token });
        assert.equal(answer.status, 200, path);
        const variables = learned(answer);
        for (const name of usualVariables) {
          assert.notEqual(variables[name], 'forged', `${path} ${name}`);
        }
        for (const name of isOpen ? usualVariables.filter((each) => each !== 'AUTH_REQUEST_ID') : []) {
          assert.ok(!variables[name], `${path} ${name}`);
        }
        assert.ok(!answer.rawHeaders.includes('forged'));
      }
    });

    it('refuses a large upload before its body is there', async () => {
      // Apache drops a body that comes before it answers, unless it is asked for leave to send it.
      const more = refusals.early ? '' : 'Expect: 100-continue\r\n';
      const answer = await uploadWithoutBody(site, 100 << 20, more);
      assert.match(answer, /^HTTP\/1\.1 401 /);
    });

    it('keeps nothing of a large upload', async () => {
      await site.call('/file.txt');
      const before = mostMemory(site);
      const answer = await upload(site, 100 << 20);
      assert.match(answer, /^HTTP\/1\.1 401 /);
      const grown = mostMemory(site) - before;
      assert.ok(grown < 8 << 20, `${grown} bytes more`);
    });

    it('says so where ZITADEL cannot be reached, and serves known callers', async () => {
      const known = await issuer.mint({ user: 'with-role' });
      assert.equal((await site.call('/file.txt', { token: known })).status, 200);
      await issuer.fault('server-error');
      try {
        const answer = await site.call('/file.txt', { token: await issuer.mint({}) });
        assert.equal(answer.status, refusals[503]);
        if (refusals[503] !== 500) assert.match(answer.headers['retry-after'], /^\d+$/);
        assert.equal((await site.call('/staff/file.txt', { token: known })).status, 200);
      } finally {
        await issuer.clearFaults();
      }
    });

    it('hands on what docs/rules.md says', async () => {
      const token = await issuer.mint({ user: 'without-role' });
      const refused = {
        400: await site.call('/file.txt', { headers: { Authorization: 'Bearer a b' } }),
        401: await site.call('/file.txt'),
        403: await site.call('/staff/file.txt', { token }),
        405: await site.call('/open/file.txt', { method: 'DELETE' }),
      };
      await issuer.fault('server-error');
      try {
        refused[503] = await site.call('/file.txt', { token: await issuer.mint({}) });
      } finally {
        await issuer.clearFaults();
      }
      const those = (has) => Object.entries(refused).filter(([, answer]) => has(answer))
        .map(([status]) => status).join(', ') || 'none';
      seen[way] = {
        variables: Object.keys(learned(await site.call('/who.php', { token })))
          .filter((name) => /^AUTH_|^REMOTE_USER$/.test(name)).length,
        statuses: Object.entries(refused).map(([status, answer]) => (
          Number(status) === answer.status ? status : `${status} as ${answer.status}`)).join(', '),
        challenge: those(({ headers }) => headers['www-authenticate']?.startsWith('Bearer ')),
        retryAfter: those(({ headers }) => headers['retry-after'] !== undefined),
        allow: those(({ headers }) => headers.allow !== undefined),
        body: those(({ body }) => body.includes('"error_description": ')),
      };
    });
  });
}

it('docs/rules.md tells what each server hands on', () => {
  const head = ['file', 'variables that arrive', 'statuses that leave', 'with their challenge',
    'Retry-After', 'Allow', 'with the program\'s body'];
  checkTable('servers', head, Object.entries(seen).map(([way, row]) => [
    `[\`${way}\`](../${way})`, `${row.variables} of ${usualVariables.length + 1}`, row.statuses,
    row.challenge, row.retryAfter, row.allow, row.body]));
});
