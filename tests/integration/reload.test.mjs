// SPDX-License-Identifier: Apache-2.0
// SIGHUP: the settings and all that they name are read again, and no request and no known token is lost.
//
// RELOADS=200 node --test tests/integration/reload.test.mjs tries more often than `make check` does.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { withFeed } from './support/feeds.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { RedisServer } from './support/redis.mjs';
import { change, inForce, isListening, isServing, kept, pidsOf, reload, servingPids, startCalling } from './support/reloads.mjs';
import { alarms } from './support/servers.mjs';
import { Workspace, buildFolder, isSanitized } from './support/workspace.mjs';

const daemon = 'lighttpd/spawn-fcgi.conf';
const limit = { timeout: 180_000 };
const kReloads = Number(process.env.RELOADS ?? 100);
// Nobody but this process itself knows what it has learned.
const alone = { ZITADEL_CACHE_DIR: '../none/cache' };

let issuer;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());
afterEach(() => issuer.clearFaults());

const withApi = (way, settings, use, options) => useApi(way, issuer, { settings, ...options }, use);
const realmOf = async (api) => (await api.call('/api/private')).headers['www-authenticate'];

for (const way of ['lighttpd/fastcgi.conf', daemon, 'apache/mod_fcgid.conf', 'apache/proxy_fcgi.conf', 'nginx/api.conf']) {
  describe(`behind ${way}`, limit, () => {
    it('changed settings are in force, and nobody under load is refused', () =>
      withApi(way, { ZITADEL_REALM: 'one' }, async (api) => {
        const known = await issuer.mint();
        const tokens = await issuer.mintMany(400);
        const load = startCalling(api, '/api/private', async () => (Math.random() < 0.5 ? known : tokens.pop() ?? known));
        try {
          await load.more(20);
          assert.match(await realmOf(api), /realm="one"/);
          for (const realm of ['two', 'three', 'four']) {
            const pids = await servingPids(api);
            change(api, issuer, { ZITADEL_REALM: realm });
            await reload(api, inForce, { pids });
            assert.match(await realmOf(api), new RegExp(`realm="${realm}"`));
            await load.more(20);
          }
        } finally {
          const answers = await load.stop();
          assert.deepEqual(Object.keys(answers), ['200'], JSON.stringify(answers));
        }
        assert.doesNotMatch(api.log(), alarms);
      }));
  });
}

describe('a reload', limit, () => {
  it('keeps known tokens known, also where nothing is shared, and with another key or lifetime', () =>
    withApi(daemon, alone, async (api) => {
      const token = await issuer.mint();
      const ask = async () => assert.equal((await api.call('/api/private', { token })).status, 200);
      await ask();
      const changes = [{ ZITADEL_REALM: 'x' }, { ZITADEL_CACHE_TTL: 20 }, { ZITADEL_CACHE_MAX_BYTES: 8 << 20 },
        { ZITADEL_TIMEOUT_MS: 4000 }, { key: 'api-key-pkcs8' }];
      for (const each of changes) {
        change(api, issuer, { ...alone, ...each });
        await reload(api);
        await issuer.fault('hang'); // nobody needs ZITADEL for it
        await ask();
        await issuer.clearFaults();
      }
      assert.equal(await issuer.introspectionsOf(token), 1);
    }));

  it('lets a shorter lifetime count for what is known', () => withApi(daemon, alone, async (api) => {
    const token = await issuer.mint();
    assert.equal((await api.call('/api/private', { token })).status, 200);
    change(api, issuer, { ...alone, ZITADEL_CACHE_TTL: 1 });
    await reload(api);
    await issuer.revoke(token);
    await waitFor('its end', async () => (await api.call('/api/private', { token })).status === 401, { timeoutMs: 3000 });
  }));

  it('keeps nothing that may mean something else now', () => withApi(daemon, alone, async (api) => {
    const token = await issuer.mint();
    const status = async () => (await api.call('/api/private-scoped', { token })).status;
    assert.equal(await status(), 200);
    change(api, issuer, { ...alone, ZITADEL_PROJECT_ID: '123456789' });
    await reload(api);
    assert.notEqual(await status(), 200);
    change(api, issuer, { ...alone, ZITADEL_PASS_CLAIMS: 'email' });
    await reload(api);
    assert.equal(await status(), 200);
    assert.equal(await issuer.introspectionsOf(token), 3);
  }));

  it('to another ZITADEL lets no token of the first one in any more', async () => {
    const other = await startIssuer({ assertions: 'reusable' });
    try {
      await withApi(daemon, {}, async (api) => {
        const token = await issuer.mint();
        assert.equal((await api.call('/api/private', { token })).status, 200);
        change(api, other, {});
        await reload(api);
        api.secrets.addKey(other.readFile('api-key').key);
        assert.equal((await api.call('/api/private', { token })).status, 401);
        assert.equal((await api.call('/api/private', { token: await other.mint() })).status, 200);
      });
    } finally {
      await other.stop();
    }
  });

  it('reads the certificates by which ZITADEL is known again, and keeps nothing that others vouched for', async () => {
    const [tls, other] = await Promise.all([startIssuer({ tls: true }), startIssuer({ tls: true })]);
    try {
      await tls.settings({ assertions: 'reusable' });
      const put = (api, from) => {
        api.workspace.write('etc/.new', readFileSync(from.files.ca), 0o644);
        renameSync(api.workspace.path('etc/.new'), api.workspace.path('etc/ca.pem'));
      };
      await useApi(daemon, tls, {
        settings: (workspace) => ({ ...alone, ZITADEL_CA_FILE: workspace.write('etc/ca.pem', readFileSync(other.files.ca), 0o644) }),
      }, async (api) => {
        const token = await tls.mint();
        const status = async () => (await api.call('/api/private', { token })).status;
        assert.equal(await status(), 503);
        put(api, tls);
        await reload(api);
        assert.equal(await status(), 200);
        put(api, other);
        await reload(api);
        assert.equal(await status(), 503);
      });
    } finally {
      await tls.stop();
      await other.stop();
    }
  });

  it('answers who waits for ZITADEL as if nothing had happened', () => withApi(daemon, {}, async (api) => {
    await issuer.fault({ delay: 1200 });
    const tokens = await issuer.mintMany(20);
    await issuer.resetCounters();
    const calls = tokens.map((token) => api.call('/api/private', { token }));
    await waitFor('the questions', async () => (await issuer.counters()).introspections === tokens.length);
    change(api, issuer, { ZITADEL_REALM: 'x' });
    await reload(api);
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    assert.deepEqual([...new Set(statuses)], [200]);
    assert.equal((await issuer.counters()).introspections, tokens.length);
  }));

  it('answers a request whose body is still coming', () => withApi(daemon, {}, async (api) => {
    const token = await issuer.mint();
    api.secrets.add(token);
    const answer = new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: api.server.port, path: '/api/echo', method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Length': 5 } }, async (response) => {
        resolve({ status: response.statusCode, text: (await response.toArray()).join('') });
      }).once('error', reject);
      sent.write('ab');
      waitFor('the question', async () => await issuer.introspectionsOf(token) === 1).then(async () => {
        change(api, issuer, { ZITADEL_REALM: 'x' });
        await reload(api);
        sent.end('cde');
      }).catch(reject);
    });
    assert.deepEqual(await answer, { status: 200, text: 'abcde' });
  }, { prepare: ({ program }) => copyFileSync(join(buildFolder, 'tests/echo.fcgi'), program),
    // Otherwise lighttpd keeps the request until its body is there.
    site: () => 'server.stream-request-body = 2\n' }));

  it('where nothing has changed leaves all as it is, and the log silent', () => withApi(daemon,
    { ZITADEL_LOG_LEVEL: 'info' }, async (api) => {
      await api.call('/api/private', { token: await issuer.mint() });
      const before = api.programLog().length;
      const { discovery } = await issuer.counters();
      for (let i = 0; i < 5; i += 1) api.program.process.signal('SIGHUP');
      await sleep(500);
      assert.equal(api.programLog().length, before);
      assert.equal((await issuer.counters()).discovery, discovery);
    }));

  it('says what cannot change while the program runs', () => withApi(daemon, {}, async (api) => {
    change(api, issuer, { ZITADEL_THREADS: 3 });
    await reload(api);
    assert.match(api.log(), /warn: ZITADEL_THREADS counts from the next start/);
  }));

  it('moves the log to another file', () => withApi(daemon, { ZITADEL_LOG_FILE: 'one.log' }, async (api) => {
    await api.call('/api/private', { token: 'made-up' });
    const read = (name) => { try { return readFileSync(api.workspace.path(`etc/${name}`), 'utf8'); } catch { return ''; } };
    await waitFor('the first log', () => read('one.log').includes('inactive'));
    change(api, issuer, { ZITADEL_LOG_FILE: 'two.log' });
    api.program.process.signal('SIGHUP');
    await waitFor('the second log', () => read('two.log').match(inForce));
    change(api, issuer, {});
    await reload(api);
    assert.doesNotMatch(read('one.log'), inForce);
    assert.deepEqual(readdirSync(api.workspace.path('etc')).filter((name) => name.endsWith('.log')), ['one.log', 'two.log']);
  }));
});

describe('a mistake', limit, () => {
  const mistakes = {
    'in a value': [{ ZITADEL_TIMEOUT_MS: 'soon' }, /error: ZITADEL_TIMEOUT_MS .*"soon"/],
    'in a name': [{ ZITADEL_REALMS: 'x' }, /error: ZITADEL_REALMS .*ZITADEL_REALM if that is meant/],
    'in the key': [{ key: null, API_PRIVATE_KEY_FILE_PATH: 'none.json' }, /error: API_PRIVATE_KEY_FILE_PATH .*none\.json/],
    'in the rules': [{ ZITADEL_RULES: 'wrong' }, /error: ZITADEL_RULES \S+wrong: .*line 1/],
    'in the certificates': [{ ZITADEL_CA_FILE: 'none.pem' }, /error: ZITADEL_CA_FILE .*none\.pem/],
    'in the log\'s place': [{ ZITADEL_LOG_FILE: 'none/own.log' }, /error: ZITADEL_LOG_FILE \S+none\/own\.log cannot be opened: No such/],
  };
  it('is told, and the settings before it stay in force', () => withApi(daemon, { ZITADEL_REALM: 'right' }, async (api) => {
    const token = await issuer.mint();
    api.workspace.write('etc/wrong', '/ nobody knows this\n', 0o644);
    for (const [what, [settings, line]] of Object.entries(mistakes)) {
      change(api, issuer, { ZITADEL_REALM: 'wrong', ...settings });
      await reload(api, kept);
      assert.match(api.log(), line, what);
      assert.match(await realmOf(api), /realm="right"/, what);
      assert.equal((await api.call('/api/private', { token })).status, 200, what);
    }
    assert.equal(await issuer.introspectionsOf(token), 1);
    change(api, issuer, { ZITADEL_REALM: 'mended' });
    await reload(api);
    assert.match(await realmOf(api), /realm="mended"/);
  }));

  it('in who may read a file is told, also where nothing else has changed', () => withApi(daemon, {}, async (api) => {
    chmodSync(api.workspace.path('etc/key.json'), 0o644);
    await reload(api, kept);
    assert.match(api.log(), /error: API_PRIVATE_KEY_FILE_PATH .*others may read/);
    assert.equal((await api.call('/api/private', { token: await issuer.mint() })).status, 200);
  }));

  it('in a file that is not there any more is one, and its return none', () => withApi(daemon, {}, async (api) => {
    const right = readFileSync(api.workspace.settingsFile);
    writeFileSync(api.workspace.settingsFile, '');
    await reload(api, kept);
    assert.match(api.log(), /error: ZITADEL_DOMAIN is not set/);
    api.workspace.write('etc/api.env', right);
    const lines = api.programLog().length;
    api.program.process.signal('SIGHUP');
    await sleep(500);
    assert.equal(api.programLog().length, lines);
    assert.equal((await api.call('/api/private', { token: await issuer.mint() })).status, 200);
  }));
});

describe('with events', limit, () => {
  for (const [name, next] of Object.entries({ 'other settings': { ZITADEL_REALM: 'x' }, 'another key': { key: 'api-key-pkcs8' } })) {
    it(`a reload to ${name} ends no token, and loses no end of one`, () =>
      withFeed(issuer, { way: 'lighttpd/fastcgi.conf' }, {}, async ({ api, callers }) => {
        const [known, ended] = await issuer.mintMany(2);
        const status = async (token) => (await callers.call('/api/private', { token })).status;
        for (const token of [known, ended]) assert.equal(await status(token), 200);
        const events = api.workspace.path('etc/events');
        change(api, issuer, { ZITADEL_EVENTS_TOKEN_FILE: events, ...next });
        const reloaded = reload(api);
        await issuer.revoke(ended);
        await reloaded;
        await waitFor('its end', async () => await status(ended) === 401, { timeoutMs: 5000 });
        assert.equal(await status(known), 200);
        assert.equal(await issuer.introspectionsOf(known), 1);
        await issuer.revoke(known);
        await waitFor('its end', async () => await status(known) === 401, { timeoutMs: 5000 });
      }));
  }
});

it('JWTs are judged by the keys that were known, while ZITADEL is silent', limit, () =>
  withApi(daemon, { ZITADEL_VALIDATION: 'jwt' }, async (api) => {
    const [first, second] = await issuer.mintMany(2, { kind: 'jwt' });
    assert.equal((await api.call('/api/private', { token: first })).status, 200);
    for (const on of ['discovery', 'keys']) await issuer.fault('hang', { on });
    change(api, issuer, { ZITADEL_VALIDATION: 'jwt', ZITADEL_REALM: 'x' });
    await reload(api);
    for (const token of [first, second]) assert.equal((await api.call('/api/private', { token })).status, 200);
  }));

describe('again and again', limit, () => {
  const stores = {
    'a file': () => ({ settings: {} }),
    'a silent Redis server': async () => {
      const redis = await RedisServer.start();
      redis.pause();
      return { settings: { ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_URL: redis.networkUrl }, stop: () => redis.remove() };
    },
  };
  for (const [name, open] of Object.entries(stores)) {
    it(`${kReloads} reloads with ${name} leave memory and descriptors as they were`, async () => {
      const store = await open();
      try {
        await withApi(daemon, store.settings, async (api) => {
          const { pid } = api.program.process;
          const descriptors = () => readdirSync(`/proc/${pid}/fd`).length;
          const threads = () => readdirSync(`/proc/${pid}/task`).length;
          const memory = () => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)[1]);
          const token = await issuer.mint();
          const round = async (n) => {
            change(api, issuer, { ...store.settings, ZITADEL_REALM: `realm-${n}` });
            await reload(api);
            assert.equal((await api.call('/api/private', { token })).status, 200);
          };
          for (let n = 0; n < 10; n += 1) await round(n);
          const settled = () => waitFor('the last site before to end', async () => {
            const now = [descriptors(), threads()];
            await sleep(300);
            return now[0] === descriptors() && now[1] === threads() && now;
          });
          const [fds, tasks] = await settled();
          const before = memory();
          for (let n = 10; n < 10 + kReloads; n += 1) await round(n);
          const [fdsLater, tasksLater] = await settled();
          assert.ok(Math.abs(fdsLater - fds) <= 2, `${fds} descriptors became ${fdsLater}`);
          assert.equal(tasksLater, tasks);
          if (!isSanitized()) assert.ok(memory() < before + 4096, `${before} KiB became ${memory()}`);
        });
      } finally {
        await store.stop?.();
      }
    });
  }

  it('SIGHUPs in a row, while ZITADEL is silent, keep nobody waiting', () => withApi(daemon, {}, async (api) => {
    const token = await issuer.mint();
    assert.equal((await api.call('/api/private', { token })).status, 200);
    await issuer.fault('hang');
    for (const on of ['discovery', 'keys']) await issuer.fault('hang', { on });
    for (let n = 0; n < 12; n += 1) {
      change(api, issuer, { ZITADEL_REALM: `realm-${n}` });
      api.program.process.signal('SIGHUP');
      api.program.process.signal('SIGHUP');
      assert.equal((await api.call('/api/private', { token })).status, 200);
      await sleep(40);
    }
    await waitFor('the last one', async () => /realm-11/.test(await realmOf(api)));
  }));

  it('with somebody waiting at each of them: the next one waits its turn, and nobody longer than ZITADEL_TIMEOUT_MS', () => {
    const settings = { ZITADEL_TIMEOUT_MS: 1500, ...alone };
    return withApi(daemon, settings, async (api) => {
      await issuer.fault('hang');
      const calls = [];
      for (let n = 0; n < 10; n += 1) {
        const start = Date.now();
        const token = await issuer.mint();
        calls.push(api.call('/api/private', { token }).then(({ status }) => [status, Date.now() - start < 5000]));
        await sleep(60); // it waits by now
        change(api, issuer, { ...settings, ZITADEL_REALM: `realm-${n}` });
        api.program.process.signal('SIGHUP');
      }
      assert.deepEqual(await Promise.all(calls), Array(10).fill([503, true]));
      await waitFor('the last one', async () => /realm-9/.test(await realmOf(api)));
      await issuer.clearFaults();
      await waitFor('ZITADEL', async () => (await api.call('/api/private', { token: await issuer.mint() })).status === 200);
    });
  });

  it('SIGHUP at any moment between start and end: it ends in good order', async () => {
    const workspace = new Workspace();
    try {
      workspace.installProgram();
      for (let n = 0; n < 12; n += 1) {
        const settings = (realm) => change({ workspace }, issuer, { ZITADEL_REALM: realm });
        settings('first');
        const socket = workspace.path(`run/${n}.sock`);
        const program = new Process('systemd-socket-activate', ['--inetd', `--listen=${socket}`,
          `--setenv=ZITADEL_ENV_FILE=${workspace.settingsFile}`, workspace.program]);
        await waitFor('the socket', () => /Listening on/.test(program.output));
        const peer = connect(socket).on('error', () => {}); // the program starts
        await waitFor('the program', () => readFileSync(`/proc/${program.pid}/cmdline`, 'utf8').startsWith(workspace.program));
        await waitFor('its signals', () => program.hasExited || isListening(program.pid));
        peer.destroy(); // its silence would be waited for at the end
        settings('second');
        program.signal('SIGHUP');
        await sleep(n * 15);
        settings('third');
        program.signal('SIGHUP');
        await sleep((n % 4) * 5);
        program.signal('SIGTERM');
        assert.deepEqual(await program.exit({ timeoutMs: 10_000 }), { code: 0, signal: null }, program.output);
        assert.doesNotMatch(program.output, alarms);
      }
    } finally {
      workspace.remove();
    }
  });
});

it('several processes of one web server are reloaded alike', limit, () =>
  withApi('lighttpd/fastcgi.conf', { ZITADEL_REALM: 'one' }, async (api) => {
    await waitFor('4 processes', () => pidsOf(api).filter(isServing).length === 4);
    change(api, issuer, { ZITADEL_REALM: 'two' });
    await reload(api);
    for (let i = 0; i < 12; i += 1) assert.match(await realmOf(api), /realm="two"/);
  }, { replacements: [['"max-procs" => 1', '"max-procs" => 4']] }));
