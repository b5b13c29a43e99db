// SPDX-License-Identifier: Apache-2.0
// Several machines: what one has learned of a token, the others find in a Redis server. Whatever goes
// wrong with that, callers get the right answers, and the program returns to it.
//
// A machine is an instance of the program with nothing in common with the others but the key and
// that server; where this machine lets us make them, also with a network of its own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { Callers, tally } from './support/callers.mjs';
import { FarAway } from './support/far_away.mjs';
import { callMany } from './support/fleets.mjs';
import { Networks } from './support/networks.mjs';
import { waitFor } from './support/processes.mjs';
import { RedisServer } from './support/redis.mjs';
import { isSanitized } from './support/workspace.mjs';

const limit = { timeout: 120_000 };
const kTries = 4;
const kAway = 10; // milliseconds
const kTokens = 1500;
const kLogInterval = 10_000; // milliseconds: of lines that tell of a failure

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());

// Runs `use` with two machines. settings: further ones, such as the server's URL.
async function withMachines(settings, use, { way = 'lighttpd/fastcgi.conf', networks } = {}) {
  const machines = [];
  try {
    for (const name of networks?.names ?? ['one', 'other']) {
      machines.push(await startApi(way, issuer, {
        settings: { ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_TTL: 600, ...settings },
        ...(networks && { programReplacements: () => [[' spawn-fcgi ',
          ` ip netns exec ${name} spawn-fcgi `]] }),
      }));
    }
    return await use(machines);
  } catch (error) {
    error.isLate = machines.some((machine) => /no (answer|connection) in time/.test(machine.log()));
    throw error;
  } finally {
    for (const machine of machines) await machine.stop();
  }
}

// Where this machine has so much else to do that the server is late for the program, although
// nothing keeps it, nothing is shown: then it is tried again.
async function withServer(use, options = {}) {
  for (let left = kTries - 1; ; left -= 1) {
    try {
      return await withServerOnce(use, options);
    } catch (error) {
      if (!error.isLate || left === 0) throw error;
    }
  }
}

// Two machines with a server that asks for a password. url: what they are told of it. prepare: comes
// before they start.
async function withServerOnce(use,
  { url = (redis) => redis.networkUrl, prepare = () => {}, settings, ...options } = {}) {
  const redis = await RedisServer.start(options);
  try {
    await prepare(redis);
    return await withMachines({ ZITADEL_CACHE_URL: url(redis), ...settings },
      (machines) => use({ redis, machines }), options);
  } finally {
    redis.resume();
    await redis.remove();
  }
}

// What a token of that kind is answered everywhere, one machine after the other.
async function assertAnswers(machines, token, status = 200) {
  for (const machine of machines) {
    assert.equal((await machine.call('/api/private', { token })).status, status);
  }
}

// How many of the machines ask about a new token.
async function questions(machines) {
  const token = await issuer.mint();
  await assertAnswers(machines, token);
  return issuer.introspectionsOf(token);
}

const isShared = async (machines) => await questions(machines) === 1;
const isSharedAgain = (machines) =>
  waitFor('the machines to share again', () => isShared(machines), { timeoutMs: 20_000 });

const complaints = (machine) =>
  machine.programLog().filter((line) => line.includes('going on without'));

// Right answers while it is out of order; each machine says why, and no more often than it may.
async function assertWithout(machines, pattern) {
  const begin = performance.now();
  for (let round = 0; round < 3; round += 1) {
    assert.equal(await questions(machines), machines.length);
    const revoked = await issuer.mint();
    await issuer.revoke(revoked);
    await assertAnswers(machines, revoked, 401);
  }
  for (const machine of machines) {
    const lines = complaints(machine);
    const most = 1 + Math.floor((performance.now() - begin) / kLogInterval);
    assert.ok(lines.length >= 1 && lines.length <= most, lines.join('\n'));
    for (const line of lines) assert.match(line, pattern);
  }
}

// Each of them tells the others, too.
async function assertReturn(machines) {
  await isSharedAgain(machines);
  await isSharedAgain([...machines].reverse());
  for (const machine of machines) await machine.waitForLog(/the shared cache at .* works again/);
}

async function assertOneQuestion(machines) {
  const token = await issuer.mint();
  await assertAnswers(machines.slice(0, 1), token);
  const each = Math.ceil(999 / machines.length);
  const answers = await Promise.all(machines.map((machine) => callMany(machine, token, each)));
  for (const statuses of answers) assert.deepEqual(statuses, { 200: each });
  assert.equal(await issuer.introspectionsOf(token), 1);
  for (const machine of machines) assert.deepEqual(complaints(machine), []);
}

describe('two machines', limit, () => {
  for (const [way, url] of Object.entries({
    'by TCP': (redis) => redis.networkUrl,
    'by a Unix socket': (redis) => redis.socketUrl,
  })) {
    it(`with one server, reached ${way}, make one question in 1,000 requests`, async () => {
      await withServer(async ({ redis, machines }) => {
        await assertOneQuestion(machines);
        // In the database that the URL names.
        assert.equal((await redis.keys()).length, 1);
      }, { url });
    });
  }

  it('share refusals, too', async () => {
    await withServer(async ({ machines }) => {
      const token = await issuer.mint();
      await issuer.revoke(token);
      await assertAnswers(machines, token, 401);
      assert.equal(await issuer.introspectionsOf(token), 1);
    });
  });

  it('share where every request has a process of its own', async () => {
    await withServer(async ({ machines }) => {
      const token = await issuer.mint();
      for (let round = 0; round < 10; round += 1) await assertAnswers(machines, token);
      assert.equal(await issuer.introspectionsOf(token), 1);
    }, { way: 'apache/cgi.conf' });
  });

  it('in networks of their own make one question in 1,000 requests', async (context) => {
    let networks;
    try {
      networks = new Networks(2);
    } catch (error) {
      return context.skip(`this machine makes no networks: ${error.message.trim()}`);
    }
    try {
      const { port } = new URL(issuer.issuer);
      await networks.forward(Number(port));
      // There, 127.0.0.1 is another machine.
      const settings = { ZITADEL_ALLOW_HTTP: 1,
        ZITADEL_INTROSPECTION_URL: `http://${networks.host}:${port}/oauth/v2/introspect` };
      await withServer(({ machines }) => assertOneQuestion(machines),
        { way: 'lighttpd/spawn-fcgi.conf', networks, settings, address: networks.host });
    } finally {
      networks.remove();
    }
  });
});

describe('a server that', limit, () => {
  it('is down at the start is done without, and used once it is there', async () => {
    await withServer(async ({ redis, machines }) => {
      await assertWithout(machines, /the shared cache at redis:.*\/3: .*Connection refused/);
      await redis.restart();
      await assertReturn(machines);
    }, { prepare: (redis) => redis.kill() });
  });

  it('is killed in the middle is done without, and used when it is back', async () => {
    await withServer(async ({ redis, machines }) => {
      assert.ok(await isShared(machines));
      await redis.kill();
      await assertWithout(machines, /it closes the connection|Connection refused/);
      await redis.restart();
      await assertReturn(machines);
    });
  });

  it('does not answer keeps nobody from an answer', async () => {
    await withServer(async ({ redis, machines }) => {
      assert.ok(await isShared(machines));
      redis.pause();
      await assertWithout(machines, /no answer in time/);
      redis.resume();
      await assertReturn(machines);
    });
  });

  it('has another password is done without, and used once it has ours', async () => {
    await withServer(async ({ redis, machines }) => {
      await assertWithout(machines, /it answers WRONGPASS to AUTH/);
      for (const machine of machines) assert.doesNotMatch(machine.log(), /not-its-password/);
      await redis.say('CONFIG', 'SET', 'requirepass', 'not-its-password');
      await assertReturn(machines);
    }, { url: (redis) => redis.networkUrl.replace(/:[^:]*@/, ':not-its-password@') });
  });

  it('was flushed is asked again, and told again', async () => {
    await withServer(async ({ redis, machines }) => {
      const [one, other] = machines;
      const token = await issuer.mint();
      await assertAnswers([one], token);
      await redis.say('FLUSHALL');
      await assertAnswers([other], token);
      assert.equal(await issuer.introspectionsOf(token), 2);
      assert.ok(await isShared(machines));
      assert.deepEqual(machines.flatMap(complaints), []);
    });
  });

  // How somebody else may change an entry; `other` is the key of another one.
  const changes = {
    'other text': (redis, key) => redis.say('SET', key, 'somebody else\'s'),
    'nothing': (redis, key) => redis.say('SET', key, ''),
    'a megabyte': (redis, key) => redis.say('SETRANGE', key, '1000000', 'x'),
    'a list': async (redis, key) => {
      await redis.say('DEL', key);
      await redis.say('RPUSH', key, 'somebody else\'s');
    },
    'bytes changed': (redis, key) => redis.say('SETRANGE', key, '25', 'x'.repeat(16)),
    'another token\'s entry': (redis, key, other) => redis.say('COPY', other, key, 'REPLACE'),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`was given ${what} in place of our entries is not believed`, async () => {
      await withServer(async ({ redis, machines }) => {
        const [one, other] = machines;
        const good = await issuer.mint();
        await assertAnswers([one], good);
        const [keyOfGood] = await redis.keys();
        const revoked = await issuer.mint();
        await issuer.revoke(revoked);
        await assertAnswers([one], revoked, 401);
        const keyOfRevoked = (await redis.keys()).find((key) => key !== keyOfGood);
        await change(redis, keyOfRevoked, keyOfGood);
        await assertAnswers([other], revoked, 401);
        assert.equal(await issuer.introspectionsOf(revoked), 2);
        await assertAnswers([other], good);
        assert.equal(await issuer.introspectionsOf(good), 1);
        assert.ok(await isShared(machines));
        assert.deepEqual(machines.flatMap(complaints), []);
      });
    });
  }

  it('is full is still read from, and written to once it has room', async () => {
    await withServer(async ({ redis, machines }) => {
      const [one, other] = machines;
      const known = await issuer.mint();
      await assertAnswers([one], known);
      await redis.say('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await redis.say('CONFIG', 'SET', 'maxmemory', '1');
      await assertWithout(machines, /writing to the shared cache at .* it answers OOM to SET/);
      await assertAnswers([other], known);
      assert.equal(await issuer.introspectionsOf(known), 1);
      await redis.say('CONFIG', 'SET', 'maxmemory', '0');
      await assertReturn(machines);
    });
  });
});

// New tokens a second, with many callers: as many as a program with a sanitizer can keep up with.
async function rateOf(machine) {
  const tokens = await issuer.mintMany(kTokens);
  const callers = new Callers(machine, { most: isSanitized() ? 10 : 100 });
  try {
    const begin = performance.now();
    const answers = await callers.callAll('/api/private', tokens);
    const seconds = (performance.now() - begin) / 1000;
    assert.deepEqual(tally(answers), { 200: kTokens });
    return kTokens / seconds;
  } finally {
    callers.close();
  }
}

describe('a server far away', limit, () => {
  // Each question to it takes 10 ms, and a new token needs three, one after the other. Where callers had to wait
  // for each other's, it would be a thirtieth of the rate; `make bench` measures it.
  it('makes no new token wait for another', async (context) => {
    const redis = await RedisServer.start();
    const way = await FarAway.start(redis.port, kAway);
    const machines = [];
    try {
      const url = redis.networkUrl.replace(`:${redis.port}/`, `:${way.port}/`);
      for (const settings of [{ ZITADEL_CACHE_URL: url, ZITADEL_CACHE_DIR: undefined }, {}]) {
        machines.push(await startApi('lighttpd/fastcgi.conf', issuer,
          { settings: { ZITADEL_CACHE_TTL: 600, ZITADEL_TIMEOUT_MS: 30_000, ...settings } }));
      }
      const [far, near] = machines;
      const kept = async () => (await redis.keys()).length;
      const rates = { near: await rateOf(near) };
      // A busy machine calls the server late, which the program goes on without: that shows nothing.
      for (let round = 0; round < 8 && rates.far === undefined; round += 1) {
        await waitFor('Redis to be used', async () => {
          const before = await kept();
          await assertAnswers([far], await issuer.mint());
          return await kept() > before;
        }, { timeoutMs: 30_000 });
        const before = await kept();
        const rate = await rateOf(far);
        if (await kept() >= before + 0.9 * kTokens) rates.far = rate;
      }
      context.diagnostic(`new tokens/s: ${JSON.stringify(rates)}; late: ${complaints(far).length}`);
      assert.ok(rates.far >= 0.25 * rates.near, JSON.stringify(rates));
    } finally {
      for (const machine of machines) await machine.stop();
      await way.stop();
      await redis.remove();
    }
  });
});

describe('who reads the server', limit, () => {
  it('finds neither tokens nor what they say', async () => {
    await withServer(async ({ redis, machines }) => {
      const scope = ['openid', 'profile', 'email', 'urn:zitadel:iam:user:resourceowner',
        `urn:zitadel:iam:org:project:id:${issuer.projectId}:aud`].join(' ');
      const tokens = [await issuer.mint({ scope }), await issuer.mint({ kind: 'jwt', scope }),
        await issuer.mint({ user: 'without-role', scope })];
      for (const token of tokens) await assertAnswers(machines, token);
      assert.equal((await redis.keys()).length, tokens.length);

      const secrets = [
        ...tokens.flatMap((token) => [token, token.slice(0, 16), token.slice(-16)]),
        ...Object.entries(issuer.users).flat(), 'read:messages', 'localhost', 'openid', 'sub',
        issuer.projectId, issuer.organisationId, issuer.apiClientId, '127.0.0.1',
      ];
      const found = (text) => secrets.filter((secret) => text.includes(secret));
      const texts = [await redis.dump()];
      for (const key of await redis.keys()) texts.push(key, await redis.say('GET', key));
      for (const text of texts) assert.deepEqual(found(text), []);

      // It would be seen.
      await redis.say('SET', 'control', `${tokens[0]} read:messages`);
      assert.ok(found(await redis.dump()).includes('read:messages'));
    });
  });
});
