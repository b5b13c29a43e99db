// SPDX-License-Identifier: Apache-2.0
// What sections have in common is the process and its log: known tokens, roles, what is counted and told, and
// troubles are each one's own.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { audienceScope, everyProjectsRolesScope } from '../issuer/lib/names.mjs';
import { startApi, useApi } from './support/api.mjs';
import { Callers, tally } from './support/callers.mjs';
import { fleets } from './support/fleets.mjs';
import { FastCgiConnection, fastCgiRequest } from './support/fastcgi.mjs';
import { startFront, inactive } from './support/front.mjs';
import { common, instance, realmOf, replaceSettings, sectioned, startHosts, startIssuers } from './support/instances.mjs';
import { parseMetrics, promtoolCheck, total } from './support/metrics.mjs';
import { waitFor } from './support/processes.mjs';
import { RedisServer } from './support/redis.mjs';
import { kept, pidsOf, reload } from './support/reloads.mjs';
import { startSecondDomain } from './support/second_domain.mjs';
import { isSanitized } from './support/workspace.mjs';

const limit = { timeout: 120_000 };
const daemon = 'lighttpd/spawn-fcgi.conf';
const host = 'two.example';

let one;
let two;
before(async () => {
  [one, two] = await startIssuers(2);
});
after(() => Promise.all([one?.stop(), two?.stop()]));
afterEach(() => Promise.all([one, two].map((issuer) => issuer.clearFaults())));

const longKnown = { ...common, ZITADEL_CACHE_TTL: 600 };

// The first instance before the sections, the second one at its host.
const settingsOf = ({ top = {}, section = {}, sections = {} } = {}) => (workspace) => sectioned(
  { ...longKnown, ...instance(workspace, one, 'one'), ...top },
  { [host]: { ...instance(workspace, two, 'two'), ...section },
    ...(typeof sections === 'function' ? sections(workspace) : sections) });

async function withApi(settings, use, { way = daemon, ...options } = {}) {
  await useApi(way, one, { settings, ...options }, (api) => {
    api.secrets.addKey(two.readFile('api-key').key);
    return use(api);
  });
}

const statusAt = async (api, at, token, path = '/api/private') => (await api.call(path, { host: at, token })).status;

// Where known tokens are kept: Name → a function that gives { settings, stop }.
const stores = {
  'in memory alone': async () => ({ settings: { ZITADEL_CACHE_DIR: '../none/cache' } }),
  'in a folder': async () => ({ settings: {} }),
  'in Redis': async () => {
    const redis = await RedisServer.start();
    return { settings: { ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_URL: redis.networkUrl }, stop: () => redis.remove() };
  },
};
const some = ['lighttpd/spawn-fcgi.conf, one process', '4 processes of spawn-fcgi', 'plain CGI of mod_cgid'];
const startFleet = (name, settings) => (name in fleets ? fleets[name].start(one, settings) : startApi(daemon, one, { settings }));

// All orders of asking; whatever is known in one section must not be what the other one knows.
async function withStores(use) {
  for (const [store, open] of Object.entries(stores)) {
    for (const fleet of some) {
      if (fleet.startsWith('plain') && store === 'in memory alone') continue;
      const { settings, stop = () => {} } = await open();
      try {
        await use({ store: `${store}, ${fleet}`, settings, start: (text) => startFleet(fleet, text) });
      } finally {
        await stop();
      }
    }
  }
}

const bothProjects = () => ['openid', audienceScope(one.projectId), audienceScope(one.otherProjectId),
  everyProjectsRolesScope].join(' ');

describe('two projects of one instance', limit, () => {
  it('the role of one counts in the section of that one alone, wherever known tokens are kept', () => withStores(
    async ({ store, settings, start }) => {
      const api = await start((workspace) => sectioned({ ...longKnown, ...instance(workspace, one, 'one'), ...settings },
        { [host]: instance(workspace, one, 'other', { key: 'api-key-other', ZITADEL_PROJECT_ID: one.otherProjectId }) }));
      try {
        for (const kind of ['opaque', 'jwt']) {
          const mint = (user) => one.mint({ user, kind, scope: bothProjects() });
          const [first, other, first2] = [await mint('with-role'), await mint('other-project-role'), await mint('with-role')];
          const path = '/api/private-scoped';
          for (let round = 0; round < 3; round += 1) {
            assert.equal(await statusAt(api, 'x', first, path), 200, `${store} ${kind}`);
            assert.equal(await statusAt(api, host, first, path), 403, `${store} ${kind}`);
            assert.equal(await statusAt(api, host, first2, path), 403, `${store} ${kind}`);
            assert.equal(await statusAt(api, 'x', first2, path), 200, `${store} ${kind}`);
            assert.equal(await statusAt(api, host, other, path), 200, `${store} ${kind}`);
            assert.equal(await statusAt(api, 'x', other, path), 403, `${store} ${kind}`);
          }
        }
      } finally {
        await api.stop();
      }
    }));

  it('a token for one of them is refused in the section of the other', async () => {
    await withApi((workspace) => sectioned({ ...longKnown, ...instance(workspace, one, 'one') },
      { [host]: instance(workspace, one, 'other', { key: 'api-key-other', ZITADEL_PROJECT_ID: one.otherProjectId }) }), async (api) => {
      for (const kind of ['opaque', 'jwt']) {
        const tokens = { x: await one.mint({ kind }), [host]: await one.mint({ kind, audience: [one.otherProjectId] }) };
        for (let round = 0; round < 2; round += 1) {
          for (const at of ['x', host]) {
            for (const owner of ['x', host]) assert.equal(await statusAt(api, at, tokens[owner]), at === owner ? 200 : 401, `${owner}'s at ${at}`);
          }
        }
      }
    });
  });
});

describe('the same key in two sections', limit, () => {
  it('what ZITADEL said of a token to one is nothing to the other, wherever known tokens are kept', async () => {
    const front = await startFront(one, () => inactive);
    try {
      await withStores(async ({ store, settings, start }) => {
        const api = await start((workspace) => sectioned({ ...longKnown, ...instance(workspace, one, 'same'), ...settings },
          { [host]: instance(workspace, one, 'same', front.settings) }));
        try {
          for (const order of [['x', host], [host, 'x']]) {
            const token = await one.mint();
            const seen = front.asked.length;
            for (let round = 0; round < 3; round += 1) {
              for (const at of order) assert.equal(await statusAt(api, at, token), at === 'x' ? 200 : 401, store);
            }
            assert.equal(await one.introspectionsOf(token), 1, store);
            assert.equal(front.asked.slice(seen).filter((each) => each === token).length, 1, store);
          }
        } finally {
          await api.stop();
        }
      });
    } finally {
      await front.stop();
    }
  });

  it('for two domains of one instance, each is asked by its own name', async () => {
    const second = await startSecondDomain(one);
    try {
      await withApi((workspace) => sectioned({ ...longKnown, ...instance(workspace, one, 'same') },
        { [host]: instance(workspace, one, 'same', { ZITADEL_DOMAIN: second.issuer }) }), async (api) => {
        const token = await one.mint();
        for (let round = 0; round < 2; round += 1) {
          for (const at of ['x', host]) assert.equal(await statusAt(api, at, token), 200, at);
        }
        assert.equal(second.asked.filter((each) => each === token).length, 1);
        assert.equal(await one.introspectionsOf(token), 2);
      });
    } finally {
      await second.stop();
    }
  });

  it('a JWT that is checked here names one of the domains, and counts there', async () => {
    const second = await startSecondDomain(one);
    try {
      await withApi((workspace) => sectioned({ ...longKnown, ZITADEL_VALIDATION: 'jwt', ...instance(workspace, one, 'same') },
        { [host]: instance(workspace, one, 'same', { ZITADEL_DOMAIN: second.issuer }) }), async (api) => {
        const token = await one.mint({ kind: 'jwt' });
        for (let round = 0; round < 2; round += 1) {
          assert.equal(await statusAt(api, 'x', token), 200);
          assert.equal(await statusAt(api, host, token), 401);
        }
      });
    } finally {
      await second.stop();
    }
  });
});

describe('two instances, JWTs checked here', limit, () => {
  it('a JWT of one is refused where the other is in charge', async () => {
    await withApi(settingsOf({ top: { ZITADEL_VALIDATION: 'jwt' } }), async (api) => {
      const tokens = { x: await one.mint({ kind: 'jwt' }), [host]: await two.mint({ kind: 'jwt' }) };
      for (let round = 0; round < 2; round += 1) {
        for (const at of ['x', host]) {
          for (const owner of ['x', host]) assert.equal(await statusAt(api, at, tokens[owner]), at === owner ? 200 : 401, `${owner}'s at ${at}`);
        }
      }
    });
  });

  it('each section has its own way to judge', async () => {
    await withApi(settingsOf({ section: { ZITADEL_VALIDATION: 'jwt' } }), async (api) => {
      const [jwt, opaque] = [await two.mint({ kind: 'jwt' }), await two.mint()];
      assert.equal(await statusAt(api, host, jwt), 200);
      assert.equal(await statusAt(api, host, opaque), 401);
      assert.equal(await two.introspectionsOf(jwt), 0);
      assert.equal(await statusAt(api, 'x', await one.mint()), 200);
    });
  });
});

describe('what is counted and told', limit, () => {
  // The program at /shop as well.
  const shop = (workspace) => `
$HTTP["url"] =~ "^/shop(/|$)" {
  fastcgi.server = ( "/shop" => (( "socket" => "${workspace.path('run/api.sock')}", "check-local" => "disable" )) )
}
`;
  let api;
  let third;
  before(async () => {
    third = await startIssuer({ assertions: 'reusable' });
    api = await startApi(daemon, one, { site: shop, settings: settingsOf({
      top: { ZITADEL_METRICS: 'local', ZITADEL_AUDIT_FILE: 'audit.log', ZITADEL_RESOURCE: 'https://one.example/api' },
      section: { ZITADEL_RESOURCE: 'https://two.example/api' },
      sections: (workspace) => ({ '/shop': instance(workspace, third, 'shop', { ZITADEL_RESOURCE: 'https://one.example/shop' }) }) }) });
  });
  after(() => Promise.all([api?.stop(), third?.stop()]));

  const places = { one: ['x', '/api'], two: [host, '/api'], shop: ['x', '/shop'] };
  const issuerOf = { one: () => one, two: () => two, shop: () => third };
  const get = (name, path, options) => api.call(places[name][1] + path, { host: places[name][0], ...options });
  const scrape = async (name) => {
    const answer = await get(name, '/zitadel/metrics');
    assert.equal(answer.status, 200, `${name}: ${answer.body}`);
    assert.equal(promtoolCheck(answer.body), '');
    return parseMetrics(answer.body);
  };

  it('are the section\'s own metrics', async () => {
    for (const name of Object.keys(places)) {
      const before = {};
      for (const each of Object.keys(places)) before[each] = await scrape(each);
      const token = await issuerOf[name]().mint();
      for (let i = 0; i < 7; i += 1) assert.equal((await get(name, '/private', { token })).status, 200, name);
      for (let i = 0; i < 3; i += 1) assert.equal((await get(name, '/private')).status, 401, name);
      for (const each of Object.keys(places)) {
        const now = await scrape(each);
        const more = (family, ...labels) => total(now, family, ...labels) - total(before[each], family, ...labels);
        const counts = [more('zitadel_fcgi_requests_total', 'decision="allowed"'), more('zitadel_fcgi_refusals_total', 'reason="no_token"'),
          more('zitadel_fcgi_introspections_total')];
        assert.deepEqual(counts, each === name ? [7, 3, 1] : [0, 0, 0], `${each} while ${name} was asked`);
      }
    }
  });

  it('is the section\'s own status page', async () => {
    for (const name of Object.keys(places)) {
      assert.equal((await get(name, '/zitadel/status')).status, 200, name);
      assert.equal((await get(name, '/zitadel/status.json')).status, 200, name);
      assert.equal((await get(name, '/zitadel/live')).status, 200, name);
      assert.equal((await get(name, '/zitadel/ready')).status, 200, name);
    }
  });

  it('a line of the audit names its section', async () => {
    const requests = {};
    for (const name of Object.keys(places)) {
      const answer = await get(name, '/private', { token: await issuerOf[name]().mint() });
      assert.equal(answer.status, 200, name);
      requests[name] = answer.headers['x-request-id'];
    }
    const file = api.workspace.path('etc/audit.log');
    const lines = await waitFor('the lines', () => {
      const all = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line)) : [];
      return Object.values(requests).every((id) => all.some(({ request }) => request === id)) && all;
    });
    const sectionOf = (name) => lines.find(({ request }) => request === requests[name]).section;
    assert.equal(sectionOf('two'), host);
    assert.equal(sectionOf('shop'), '/shop');
    assert.ok([undefined, '/'].includes(sectionOf('one')), sectionOf('one'));
  });

  it('clients are told the way to the section\'s own instance', async () => {
    const wellKnown = '/.well-known/oauth-protected-resource';
    for (const [name, path, resource] of [['one', '/api', 'https://one.example/api'], ['two', '/api', 'https://two.example/api'],
      ['shop', '/shop', 'https://one.example/shop']]) {
      const answer = await api.call(wellKnown + path, { host: places[name][0] });
      assert.equal(answer.status, 200, `${name}: ${answer.body}`);
      assert.equal(answer.json.resource, resource);
      assert.deepEqual(answer.json.authorization_servers, [issuerOf[name]().issuer]);
      const { headers } = await get(name, '/private');
      assert.ok(headers['www-authenticate'].includes(`resource_metadata="${resource.replace(path, '')}${wellKnown}${path}"`),
        headers['www-authenticate']);
    }
    assert.equal((await api.call(`${wellKnown}/shopx`, { host: 'x' })).status, 404);
  });
});

describe('the trouble of one', limit, () => {
  it('is not the other\'s: while an instance is away, the other answers at once', () => withApi(
    settingsOf({ top: { ZITADEL_TIMEOUT_MS: 1000, ZITADEL_MAX_PARKED: 40, ZITADEL_MAX_IN_FLIGHT: 8 } }), async (api) => {
      const known = { x: await one.mint(), [host]: await two.mint() };
      const fresh = await one.mintMany(20);
      for (const at of ['x', host]) assert.equal(await statusAt(api, at, known[at]), 200);
      two.pause();
      try {
        const calls = Array.from({ length: 30 }, (_, n) => statusAt(api, host, `made-up-token-number-${n}`));
        await waitFor('one of them to be refused', () => Promise.race([...calls, new Promise((resolve) => { setTimeout(resolve, 100, false); })]), { timeoutMs: 5000 });
        for (const token of fresh) {
          const begin = performance.now();
          assert.equal(await statusAt(api, 'x', token), 200);
          assert.equal(await statusAt(api, 'x', known.x), 200);
          const took = performance.now() - begin;
          assert.ok(took < 900, `${took} ms`); // the other's time-out is longer
        }
        assert.equal(await statusAt(api, host, known[host]), 200);
        assert.deepEqual([...new Set(await Promise.all(calls))].filter((status) => ![503, 429].includes(status)), []);
      } finally {
        two.resume();
      }
      await waitFor('its return', async () => await statusAt(api, host, await two.mint()) === 200);
    }));

  it('of an instance that nobody has started is told at its own place: the other one is ready', async () => {
    const gone = await startIssuer();
    await gone.stop();
    await withApi(settingsOf({ section: { ZITADEL_DOMAIN: gone.issuer } }), async (api) => {
      const ready = async (at) => (await api.call('/api/zitadel/ready', { host: at })).status;
      assert.deepEqual([await ready('x'), await ready(host)], [200, 503]);
      assert.equal(await statusAt(api, 'x', await one.mint()), 200);
      assert.equal(await statusAt(api, host, 'made-up-token-of-nobody'), 503);
    });
  });

  it('is a flood of made-up tokens at one host: at the other, known and new ones are served', () => withApi(
    settingsOf({ top: { ZITADEL_MAX_PARKED: 40, ZITADEL_MAX_IN_FLIGHT: 8, ZITADEL_LOG_LEVEL: 'error', ZITADEL_TIMEOUT_MS: 20_000 } }), async (api) => {
      const known = await one.mint();
      const fresh = await one.mintMany(15); // fewer than the share of one client
      assert.equal(await statusAt(api, 'x', known), 200);
      await two.fault({ delay: 1500 });
      const callers = new Callers(api, { most: 300 });
      try {
        const flood = Array.from({ length: 200 }, (_, n) =>
          callers.call('/api/private', { token: `made-up-token-number-${n}`, headers: { Host: host } }));
        const first = await Promise.race(flood); // the places are taken
        assert.equal(first.status, 429);
        const answers = await Promise.all([known, ...fresh].map((token) => callers.call('/api/private', { token, headers: { Host: 'x' } })));
        assert.deepEqual(tally(answers), { 200: answers.length });
        await two.clearFaults();
        const counts = tally(await Promise.all(flood));
        assert.equal(counts[200], undefined);
        assert.ok(counts[401] > 0 && counts[429] >= 100, JSON.stringify(counts));
      } finally {
        callers.close();
      }
    }));

  it('is the memory of known tokens: what one forgets for want of room, the other one keeps', () => withApi(
    settingsOf({ top: { ZITADEL_CACHE_MAX_BYTES: 4 << 20, ZITADEL_CACHE_DIR: '../none/cache', ZITADEL_LOG_LEVEL: 'error',
      ZITADEL_METRICS: 'local', ZITADEL_TIMEOUT_MS: 20_000 } }), async (api) => {
      const known = await one.mintMany(20);
      for (const token of known) assert.equal(await statusAt(api, 'x', token), 200);
      const names = Array.from({ length: 800 }, (_, i) => `role-number-${i}-of-a-very-long-list-of-them`);
      const roles = { [two.projectId]: Object.fromEntries(names.map((name) => [name, { 77: 'example.org' }])) };
      const forgotten = async (at) => total(parseMetrics((await api.call('/api/zitadel/metrics', { host: at })).body),
        'zitadel_fcgi_cache_evictions_total');
      await waitFor('no room', async () => {
        for (const token of await two.mintMany(10, { roles })) assert.equal(await statusAt(api, host, token), 200);
        return await forgotten(host) > 0;
      }, { timeoutMs: 60_000 });
      assert.equal(await forgotten('x'), 0);
      one.pause();
      try {
        for (const token of known) assert.equal(await statusAt(api, 'x', token), 200);
      } finally {
        one.resume();
      }
    }));
});

describe('a reload', limit, () => {
  it('adds a section, changes it and takes it away; nobody under load is refused, and nothing known is lost', async () => {
    const third = await startIssuer({ assertions: 'reusable' });
    try {
      const settings = (sections) => (workspace) => settingsOf({ sections: Object.fromEntries(
        Object.entries(sections).map(([place, more]) => [place, instance(workspace, third, 'three', more)])) })(workspace);
      await withApi(settings({}), async (api) => {
        const tokens = { x: await one.mint(), [host]: await two.mint(), 'three.example': await third.mint() };
        const callers = new Callers(api, { most: 6 });
        const answers = [];
        let over = false;
        const line = async (at) => {
          while (!over) answers.push(await callers.call('/api/private', { token: tokens[at], headers: { Host: at } }));
        };
        for (const at of ['x', host]) assert.equal(await statusAt(api, at, tokens[at]), 200);
        const load = Promise.all(['x', host, 'x', host].map(line));
        const at = 'three.example';
        const put = async (sections) => {
          replaceSettings(api, settings(sections)(api.workspace));
          await reload(api);
        };
        try {
          assert.equal(await statusAt(api, at, tokens[at]), 401); // of the first
          assert.equal(await statusAt(api, at, tokens.x), 200);
          await put({ [at]: {} });
          assert.equal(await statusAt(api, at, tokens[at]), 200);
          assert.equal(await statusAt(api, at, tokens.x), 401);
          await put({ [at]: { ZITADEL_REALM: 'changed' } });
          assert.equal(realmOf(await api.call('/api/private', { host: at })), 'changed');
          assert.equal(await statusAt(api, at, tokens[at]), 200);
          assert.equal(await third.introspectionsOf(tokens[at]), 1); // the answer means the same
          await put({ [`${at} four.example`]: {} }); // one more place
          assert.equal(await statusAt(api, 'four.example', tokens[at]), 200);
          await put({});
          assert.equal(await statusAt(api, at, tokens[at]), 401);
          assert.equal(await statusAt(api, at, tokens.x), 200);
        } finally {
          over = true;
          await load.finally(() => callers.close());
        }
        assert.ok(answers.length > 50, `${answers.length}`);
        assert.deepEqual(tally(answers), { 200: answers.length });
        assert.deepEqual([await one.introspectionsOf(tokens.x), await two.introspectionsOf(tokens[host])], [1, 1]);
      });
    } finally {
      await third.stop();
    }
  });

  it('that gives a place to another instance lets no token of the one before in any more', () => withApi(settingsOf(), async (api) => {
    const [first, second] = [await one.mint(), await two.mint()];
    assert.equal(await statusAt(api, host, second), 200);
    assert.equal(await statusAt(api, 'x', first), 200);
    // The two change places.
    replaceSettings(api, sectioned({ ...longKnown, ...instance(api.workspace, two, 'two') }, { [host]: instance(api.workspace, one, 'one') }));
    await reload(api);
    assert.equal(await statusAt(api, host, second), 401);
    assert.equal(await statusAt(api, 'x', first), 401);
    assert.equal(await statusAt(api, host, first), 200);
    assert.equal(await statusAt(api, 'x', second), 200);
  }));

  it('without the first instance lets its tokens in nowhere, and back', () => withApi(settingsOf(), async (api) => {
    const token = await one.mint();
    assert.equal(await statusAt(api, 'x', token), 200);
    const before = readFileSync(api.workspace.settingsFile);
    replaceSettings(api, sectioned(longKnown, { [host]: instance(api.workspace, two, 'two') }));
    await reload(api);
    assert.equal(await statusAt(api, 'x', token), 403);
    assert.equal(await statusAt(api, host, token), 401);
    replaceSettings(api, before);
    await reload(api);
    assert.equal(await statusAt(api, 'x', token), 200);
  }));

  it('with a mistake in one section leaves all as they are, and says so', () => withApi(settingsOf(), async (api) => {
    const token = await two.mint();
    assert.equal(await statusAt(api, host, token), 200);
    replaceSettings(api, settingsOf({ top: { ZITADEL_REALM: 'changed' }, section: { ZITADEL_GRACE: 'soon' } })(api.workspace));
    await reload(api, kept);
    assert.match(api.log(), /error: ZITADEL_GRACE \(\S+api\.env, line \d+, of \[\S+\]\)/);
    assert.equal(realmOf(await api.call('/api/private', { host: 'x' })), 'one');
    assert.equal(await statusAt(api, host, token), 200);
    assert.equal(await two.introspectionsOf(token), 1);
  }));

  it('again and again leaves threads and descriptors as they were', () => withApi(settingsOf(), async (api) => {
    const [pid] = pidsOf(api);
    const count = () => ['task', 'fd'].map((folder) => readdirSync(`/proc/${pid}/${folder}`).length);
    const put = async (sections) => {
      replaceSettings(api, settingsOf({ sections })(api.workspace));
      await reload(api);
    };
    const more = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`h${i}.example`, instance(api.workspace, two, 'two')]));
    await put(more);
    await put({});
    const token = await two.mint();
    assert.equal(await statusAt(api, host, token), 200);
    const before = count();
    for (let i = 0; i < 8; i += 1) {
      await put(more);
      assert.equal(await statusAt(api, 'h3.example', token), 200);
      await put({});
    }
    await waitFor('what was in force before to end', () => {
      const [threads, files] = count();
      return threads <= before[0] && files <= before[1] + 4;
    }, { timeoutMs: 15_000 });
  }), { skip: isSanitized() && 'a sanitizer has descriptors and threads of its own' });
});

// What a web server may tell the program otherwise than those that are shipped for.
describe('another web server', limit, () => {
  const ask = async (api, token, more) => {
    api.secrets.add(token);
    const connection = await FastCgiConnection.open(api.workspace.socket);
    connection.send(fastCgiRequest('/private', { token, more }));
    const { status } = await connection.answer();
    connection.close();
    return status;
  };
  const settings = settingsOf({ sections: (workspace) => ({ '/shop': instance(workspace, two, 'shop') }) });

  it('that tells no REQUEST_URI lets no token of one section into another', () => withApi(settings, async (api) => {
    const [first, second] = [await one.mint(), await two.mint()];
    for (const more of [{ SCRIPT_NAME: '/shop' }, { SCRIPT_NAME: '/shop', REQUEST_URI: '' }, { SCRIPT_NAME: '/shop', REQUEST_URI: '*' },
      { SCRIPT_NAME: '/SHOP', REQUEST_URI: 'shop/private' }]) {
      assert.notEqual(await ask(api, first, more), 200, JSON.stringify(more));
    }
    assert.notEqual(await ask(api, second, { SCRIPT_NAME: '/api' }), 200);
  }));

  it('that does not say which host it serves lets nobody in, whatever the caller says', () => withApi(settings, async (api) => {
    for (const issuer of [one, two]) {
      const token = await issuer.mint();
      for (const at of ['x', host]) {
        assert.equal(await ask(api, token, { REQUEST_URI: '/api/private', HTTP_HOST: at }), 403);
      }
    }
  }));

  it('is believed in SERVER_NAME alone, in whatever letters', () => withApi(settings, async (api) => {
    const [first, second] = [await one.mint(), await two.mint()];
    const at = { SCRIPT_NAME: '/api', REQUEST_URI: '/api/private' };
    const rows = [[{ ...at, SERVER_NAME: host }, 'second'], [{ ...at, SERVER_NAME: 'TWO.Example' }, 'second'],
      [{ ...at, SERVER_NAME: 'x', HTTP_HOST: host, HTTP_X_FORWARDED_HOST: host }, 'first'],
      [{ ...at, SERVER_NAME: '' }, 'first'], [{ ...at, SERVER_NAME: 'x', REQUEST_URI: `http://${host}/api/private` }, 'first'],
      [{ ...at, SERVER_NAME: host, HTTP_HOST: 'x', REQUEST_URI: 'http://x/api/private' }, 'second'],
      [{ ...at, SERVER_NAME: 'x', REQUEST_URI: '/shop/private', SCRIPT_NAME: '/shop' }, 'second'],
      [{ ...at, SERVER_NAME: `a${host}` }, 'first'], [{ ...at, SERVER_NAME: `${host}x` }, 'first']];
    for (const [more, owner] of rows) {
      assert.equal(await ask(api, first, more), owner === 'first' ? 200 : 401, JSON.stringify(more));
      assert.equal(await ask(api, second, more), owner === 'second' ? 200 : 401, JSON.stringify(more));
    }
  }));
});

it('changed rules of a section count there, without a reload', limit, async () => {
  const site = await startHosts('nginx/auth_request.conf', [one, two], { hosts: [host, 'x'], settings: (workspace) => {
    workspace.write('etc/two.rules', '/ token\n', 0o644);
    return settingsOf({ top: { ZITADEL_RULES: 'rules' }, section: { ZITADEL_RULES: 'two.rules' } })(workspace);
  } });
  try {
    const status = async (at) => (await site.call('/file.txt', { host: at })).status;
    assert.deepEqual([await status('x'), await status(host)], [401, 401]);
    renameSync(site.workspace.write('etc/.new', '/ public\n', 0o644), site.workspace.path('etc/two.rules'));
    await waitFor('the new rules', async () => await status(host) === 200);
    assert.equal(await status('x'), 401);
  } finally {
    await site.stop();
  }
});

describe('events', limit, () => {
  it('of one instance end nothing of the other, and each one\'s own within moments', () => withApi((workspace) => settingsOf({
    top: { ZITADEL_EVENTS_TOKEN_FILE: workspace.write('etc/events-one', one.readToken('iam-owner-viewer')) },
    section: { ZITADEL_EVENTS_TOKEN_FILE: workspace.write('etc/events-two', two.readToken('iam-owner-viewer')) },
  })(workspace), async (api) => {
    const tokens = { x: await one.mint(), [host]: await two.mint() };
    for (const at of ['x', host]) assert.equal(await statusAt(api, at, tokens[at]), 200);
    await two.revoke(tokens[host]);
    await waitFor('its end', async () => await statusAt(api, host, tokens[host]) === 401, { timeoutMs: 8000 });
    assert.equal(await statusAt(api, 'x', tokens.x), 200);
    assert.equal(await one.introspectionsOf(tokens.x), 1);
    await one.revoke(tokens.x);
    await waitFor('its end', async () => await statusAt(api, 'x', tokens.x) === 401, { timeoutMs: 8000 });
  }));
});
