// SPDX-License-Identifier: Apache-2.0
// What is counted: over all processes of a machine, exactly, whatever becomes of a process or of the
// file; who may see it; and that Prometheus can read it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { callMany, fleets } from './support/fleets.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { parseMetrics, promtoolCheck, scrape, total } from './support/metrics.mjs';
import { Process, signal, waitFor } from './support/processes.mjs';

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());

const local = { ZITADEL_METRICS: 'local', ZITADEL_CACHE_TTL: 600 };
const allowed = (metrics) => total(metrics, 'zitadel_fcgi_requests_total', 'decision="allowed"');
const fileOf = (api) => {
  const folder = api.workspace.path('etc/cache');
  const names = readdirSync(folder).filter((name) => name.startsWith('metrics-'));
  assert.equal(names.length, 1, `${names}`);
  return `${folder}/${names[0]}`;
};

for (const [name, fleet] of Object.entries(fleets)) {
  describe(`with ${name}`, () => {
    let api;
    before(async () => { api = await fleet.start(issuer, local); });
    after(() => api?.stop());

    it('the processes count together, exactly', async () => {
      const token = await issuer.mint();
      const start = await scrape(api);
      assert.deepEqual(await callMany(api, token, 200), { 200: 200 });
      assert.deepEqual(await callMany(api, undefined, 50), { 401: 50 });
      const end = await scrape(api);
      const more = (family, ...labels) => total(end, family, ...labels) - total(start, family, ...labels);
      const requests = (decision) =>
        more('zitadel_fcgi_requests_total', 'role="responder"', `decision="${decision}"`);
      assert.equal(requests('allowed'), 200);
      assert.equal(requests('unauthenticated'), 50);
      assert.equal(more('zitadel_fcgi_refusals_total', 'reason="no_token"'), 50);
      assert.equal(more('zitadel_fcgi_request_duration_seconds_count', 'role="responder"'), 250);
      assert.equal(more('zitadel_fcgi_cache_lookups_total', 'cache="memory"'), 200);
      assert.equal(more('zitadel_fcgi_introspections_total'), await issuer.introspectionsOf(token));
      assert.equal(end.samples.get('zitadel_fcgi_counters_shared'), 1);
      assert.equal(promtoolCheck(end.text), '');
      if (Number.isFinite(fleet.count)) {
        assert.equal(end.samples.get('zitadel_fcgi_processes'), fleet.count);
      }
    });

    it('new processes go on counting', async () => {
      const token = await issuer.mint();
      await callMany(api, token, 20);
      const before = allowed(await scrape(api));
      await fleet.renew(api);
      await callMany(api, token, 20);
      assert.equal(allowed(await scrape(api)), before + 20);
    });

    it('only the user of the program reads the file', async () => {
      await scrape(api);
      assert.equal(statSync(fileOf(api)).mode & 0o777, 0o600);
    });
  });
}

describe('a process that is killed while it counts', () => {
  it('takes nothing along, and its place is free again', async () => {
    const fleet = fleets['4 processes of spawn-fcgi'];
    const api = await fleet.start(issuer, local);
    try {
      const token = await issuer.mint();
      await callMany(api, token, 8);
      const before = allowed(await scrape(api));
      // Every answer that has come was counted before; of those that have not, one may have been.
      let answered = 0;
      let broken = 0;
      let left = 600;
      const [victim] = api.program.process.members;
      const line = async () => {
        while (left-- > 0) {
          const call = api.call('/api/private', { token });
          if (left === 300) signal(victim.pid, 'SIGKILL');
          await call.then(({ status }) => { status === 200 ? answered++ : broken++; }, () => { broken++; });
        }
      };
      api.program.expected = /signal 9|child signalled/;
      await Promise.all(Array.from({ length: 8 }, line));
      const metrics = await scrape(api);
      const counted = allowed(metrics) - before;
      assert.ok(counted >= answered && counted <= answered + broken, `${counted} ${answered} ${broken}`);
      assert.ok(answered >= 500, `${answered}`);
      assert.equal(metrics.samples.get('zitadel_fcgi_processes'), fleet.count - 1);
      assert.equal(total(metrics, 'zitadel_fcgi_parked_requests'), 0);
    } finally {
      await api.stop().catch((error) => { if (!/SIGKILL|signal 9/.test(error.message)) throw error; });
    }
  });
});

describe('whatever becomes of the file', () => {
  const hostile = {
    'cut while it is in use': (file) => truncateSync(file, 0),
    'cut to a page while it is in use': (file) => truncateSync(file, 4096),
    'removed while it is in use': (file) => rmSync(file),
    'put in the place of by a shorter one': (file) => { rmSync(file); writeFileSync(file, 'x', { mode: 0o600 }); },
    'filled with ones while it is in use': (file) => {
      writeFileSync(file, Buffer.alloc(statSync(file).size, 0xff), { flag: 'r+' });
    },
  };
  for (const [what, harm] of Object.entries(hostile)) {
    it(`${what}: the program answers, and counts anew`, () =>
      useApi('lighttpd/fastcgi.conf', issuer, { settings: local }, async (api) => {
        const token = await issuer.mint();
        assert.deepEqual(await callMany(api, token, 50), { 200: 50 });
        assert.equal(allowed(await scrape(api)), 50);
        harm(fileOf(api));
        assert.deepEqual(await callMany(api, token, 50), { 200: 50 });
        const first = await scrape(api);
        assert.equal(promtoolCheck(first.text), '');
        assert.deepEqual(await callMany(api, token, 10), { 200: 10 });
        const second = await scrape(api);
        assert.equal(second.samples.get('zitadel_fcgi_counters_shared'), 1);
        if (!what.startsWith('filled')) assert.equal(allowed(second) - allowed(first), 10);
        assert.equal(statSync(fileOf(api)).size % 65536, 0);
      }));
  }

  it('where the folder cannot be had, the numbers are those of a process, and it says so', () =>
    useApi('lighttpd/fastcgi.conf', issuer, {
      settings: { ...local, ZITADEL_CACHE_DIR: 'nowhere/cache' },
    }, async (api) => {
      const token = await issuer.mint();
      assert.deepEqual(await callMany(api, token, 20), { 200: 20 });
      const metrics = await scrape(api);
      assert.equal(metrics.samples.get('zitadel_fcgi_counters_shared'), 0);
      assert.ok(allowed(metrics) > 0);
      assert.equal(promtoolCheck(metrics.text), '');
      await api.waitForLog(/each process counts for itself: ZITADEL_CACHE_DIR \S+ cannot be made/);
    }));
});

describe('who sees it', () => {
  const pages = ['metrics', 'status', 'status.json'];

  it('nobody where it is not set, and the path is like any unknown one', () =>
    useApi('lighttpd/fastcgi.conf', issuer, {}, async (api) => {
      const unknown = await api.call('/api/zitadel/unknown');
      assert.equal(unknown.status, 404);
      for (const page of pages) {
        const answer = await api.call(`/api/zitadel/${page}`);
        assert.deepEqual([answer.status, answer.body], [unknown.status, unknown.body]);
      }
    }));

  it('with local: who calls from this machine, through no proxy', () =>
    useApi('lighttpd/fastcgi.conf', issuer, { settings: local }, async (api) => {
      for (const page of pages) {
        const path = `/api/zitadel/${page}`;
        assert.equal((await api.call(path)).status, 200);
        for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via', 'X-Forwarded-Proto']) {
          for (const value of ['198.51.100.7', '127.0.0.1', 'for=127.0.0.1']) {
            const { status, body } = await api.call(path, { headers: { [header]: value } });
            assert.equal(status, 403, `${header}: ${value}: ${body}`);
          }
        }
        const { status, headers } = await api.call(path, { method: 'POST', body: 'x' });
        assert.deepEqual([status, headers.allow], [405, 'GET, HEAD']);
      }
    }));

  it('with local behind a trusted proxy: what the proxy says counts', () =>
    useApi('lighttpd/fastcgi.conf', issuer, {
      settings: { ...local, ZITADEL_CLIENT_ADDRESS_HEADER: 'X-Forwarded-For',
        ZITADEL_TRUSTED_PROXIES: '127.0.0.1' },
    }, async (api) => {
      const statusOf = async (value) => (await api.call('/api/zitadel/metrics',
        { headers: { 'X-Forwarded-For': value } })).status;
      assert.equal(await statusOf('127.0.0.1'), 200);
      assert.equal(await statusOf('198.51.100.7'), 403);
      assert.equal(await statusOf('127.0.0.1, 198.51.100.7'), 403);
      assert.equal(await statusOf('nonsense, ::1'), 200); // what stands before it, anybody may have made up
    }));

  it('with a requirement: whose token meets it', () =>
    useApi('lighttpd/fastcgi.conf', issuer, {
      settings: { ZITADEL_METRICS: 'role:read:messages' },
    }, async (api) => {
      const good = await issuer.mint({ user: 'with-role' });
      const other = await issuer.mint({ user: 'without-role' });
      for (const page of pages) {
        const path = `/api/zitadel/${page}`;
        assert.equal((await api.call(path, { token: good })).status, 200);
        assert.equal((await api.call(path, { token: other })).status, 403);
        const { status, headers } = await api.call(path);
        assert.equal(status, 401);
        assert.match(headers['www-authenticate'], /^Bearer /);
      }
    }));

  it('what is no requirement keeps the program from starting', async () => {
    await useApi('apache/cgi.conf', issuer, { settings: { ZITADEL_METRICS: 'everybody' } }, async (api) => {
      assert.equal((await api.call('/api/public')).status, 500);
      await api.waitForLog(/ZITADEL_METRICS.* is neither off nor local, nor a requirement/);
    });
  });
});

// As docs/metrics.md says: by hand, as plain CGI, where no mount answers. Without rules: these may be broken.
async function scrapeByHand({ workspace }) {
  const settings = readFileSync(workspace.settingsFile, 'utf8').replace(/^ZITADEL_RULES=.*\n/m, '');
  const program = new Process(workspace.program, [], { env: {
    ZITADEL_ENV_FILE: workspace.write('etc/no-rules.env', settings), GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: 'GET', REMOTE_ADDR: '127.0.0.1', PATH_INFO: '/zitadel/metrics' } });
  assert.deepEqual(await program.exit(), { code: 0, signal: null });
  const [head, body] = program.output.split('\r\n\r\n');
  assert.match(head, /^Status: 200/);
  return parseMetrics(body);
}

describe('what is decided for other programs', () => {
  for (const way of ['lighttpd/authorizer.conf', 'nginx/auth_request.conf', 'apache/authnz_fcgi.conf',
    'apache/fcgid_access_checker.conf']) {
    it(`is counted with its role: ${way}`, async () => {
      const api = await startGuardedSite(way, issuer, { settings: local });
      try {
        const good = await issuer.mint({ user: 'with-role' });
        const other = await issuer.mint({ user: 'without-role' });
        const times = async (count, path, options) => {
          for (let i = 0; i < count; ++i) await api.call(path, options);
        };
        const before = await scrapeByHand(api);
        await times(3, '/staff/file.txt', { token: good });
        await times(2, '/staff/file.txt', { token: other });
        await times(4, '/staff/file.txt');
        const metrics = await scrapeByHand(api);
        const more = (family, ...labels) => total(metrics, family, ...labels) - total(before, family, ...labels);
        const decided = (decision) => more('zitadel_fcgi_requests_total', 'role="authorizer"', `decision="${decision}"`);
        // Apache may ask more than once about one request.
        const atLeast = way.startsWith('apache') ? (n, least) => n >= least : (n, least) => n === least;
        assert.ok(atLeast(decided('allowed'), 3), `${decided('allowed')}`);
        assert.ok(atLeast(decided('forbidden'), 2), `${decided('forbidden')}`);
        assert.ok(atLeast(decided('unauthenticated'), 4), `${decided('unauthenticated')}`);
        assert.equal(more('zitadel_fcgi_request_duration_seconds_count', 'role="authorizer"'),
          more('zitadel_fcgi_requests_total', 'role="authorizer"'));
        assert.equal(more('zitadel_fcgi_requests_total', 'role="responder"'), 0);
      } finally {
        await api.stop();
      }
    });
  }

  it('changed rules are counted, and broken ones', async () => {
    const api = await startGuardedSite('lighttpd/authorizer.conf', issuer, { settings: local });
    try {
      const reloads = async (result) => {
        await api.call('/file.txt');
        return total(await scrapeByHand(api), 'zitadel_fcgi_rules_reloads_total', `result="${result}"`);
      };
      assert.equal(await reloads('read'), 0);
      api.workspace.write('etc/rules', '/ token\n');
      await waitFor('the new rules', async () => await reloads('read') === 1);
      api.workspace.write('etc/rules', 'nonsense\n');
      await waitFor('the broken rules', async () => await reloads('failed') === 1);
      assert.equal(await reloads('read'), 1);
    } finally {
      await api.stop();
    }
  });
});

describe('what is counted', () => {
  it('no label says what a caller has sent', () =>
    useApi('lighttpd/fastcgi.conf', issuer, { settings: local }, async (api) => {
      const before = await scrape(api);
      const token = await issuer.mint();
      for (let i = 0; i < 20; ++i) {
        await api.call(`/api/made-up-${i}`, { method: `ODD${i}`, token: `${token}${i}`,
          headers: { Host: `host-${i}`, 'User-Agent': `agent-${i}`, 'X-Request-Id': `id-${i}` } });
        await api.call('/api/private', { token: `made-up-${i}` });
      }
      const end = await scrape(api);
      const fixed = ({ samples }) => [...samples.keys()].filter((name) =>
        !/^(process_|zitadel_fcgi_last_|zitadel_fcgi_clock|zitadel_fcgi_key_set_age)/.test(name));
      assert.deepEqual(fixed(end), fixed(before));
      assert.doesNotMatch(end.text, /made-up|ODD|host-\d|agent-|id-\d/);
    }));

  it('each refusal has its reason, ZITADEL its state', () =>
    useApi('lighttpd/fastcgi.conf', issuer, { settings: { ...local, ZITADEL_TIMEOUT_MS: 300 } }, async (api) => {
      const token = await issuer.mint({ user: 'without-role' });
      const revoked = await issuer.mint();
      await issuer.revoke(revoked);
      await api.call('/api/private-scoped', { token });
      await api.call('/api/private', { token: revoked });
      await api.call('/api/private', { headers: { Authorization: 'Bearer a b' } });
      await api.call('/api/nothing');
      await issuer.fault({ status: 500 });
      await api.call('/api/private', { token: await issuer.mint() });
      await issuer.clearFaults();
      issuer.pause();
      try {
        await api.call('/api/private', { token: 'never-seen' });
        const metrics = await scrape(api);
        for (const reason of ['role_missing', 'inactive', 'malformed_authorization', 'server_error', 'timed_out']) {
          assert.equal(total(metrics, 'zitadel_fcgi_refusals_total', `reason="${reason}"`), 1, reason);
        }
        const results = (result) => total(metrics, 'zitadel_fcgi_introspections_total', `result="${result}"`);
        assert.deepEqual(['active', 'inactive', 'server_error', 'timed_out'].map(results), [1, 1, 1, 1]);
        assert.equal(total(metrics, 'zitadel_fcgi_introspection_duration_seconds_count'), 4);
        assert.equal(total(metrics, 'zitadel_fcgi_breaker_open'), 1);
        assert.equal(total(metrics, 'zitadel_fcgi_breaker_openings_total'), 1);
        assert.equal(total(metrics, 'zitadel_fcgi_requests_total', 'decision="no_endpoint"'), 1);
        assert.ok(Math.abs(total(metrics, 'zitadel_fcgi_clock_offset_seconds')) <= 1);
      } finally {
        issuer.resume();
      }
    }));

  it('requests that wait, and their questions, while they wait', () =>
    useApi('lighttpd/fastcgi.conf', issuer, { settings: { ...local, ZITADEL_TIMEOUT_MS: 30_000 } }, async (api) => {
      const tokens = await issuer.mintMany(3);
      await issuer.fault({ hold: true });
      const calls = tokens.flatMap((token) => [1, 2].map(() => api.call('/api/private', { token })));
      for (const [name, count] of [['parked_requests', 6], ['introspections_in_flight', 3]]) {
        await waitFor(name, async () => total(await scrape(api), `zitadel_fcgi_${name}`) === count);
      }
      await issuer.clearFaults();
      for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
      const metrics = await scrape(api);
      assert.equal(total(metrics, 'zitadel_fcgi_parked_requests'), 0);
      assert.equal(total(metrics, 'zitadel_fcgi_introspections_in_flight'), 0);
      assert.ok(total(metrics, 'zitadel_fcgi_cache_entries', 'kind="answer"') >= 3);
      assert.ok(total(metrics, 'zitadel_fcgi_cache_bytes', 'kind="answer"') > 3 * 200);
    }));
});
