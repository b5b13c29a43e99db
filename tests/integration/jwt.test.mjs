// SPDX-License-Identifier: Apache-2.0
// Who judges a token: ZITADEL, or this program with ZITADEL's key set.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { audienceScope, everyProjectsRolesScope, projectRolesClaim, rolesClaim }
  from '../issuer/lib/names.mjs';
import { useApi } from './support/api.mjs';
import { Callers, tally } from './support/callers.mjs';
import { algorithms, claimsOf, forgedTokens, notProved, publishedKeyId, SigningKey }
  from './support/jwts.mjs';
import { waitFor } from './support/processes.mjs';

const way = 'lighttpd/fastcgi.conf';
const kFirstKeySetPause = 1; // seconds (auth/zitadel/remote_key_set.h)
const kKeySetPause = 1;

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());
afterEach(async () => {
  await issuer.clearFaults();
  await issuer.openListener().catch(() => {}); // it may be open
});

// Nothing of an API application: with `jwt`, none is needed.
const jwt = { ZITADEL_VALIDATION: 'jwt', key: null, API_PRIVATE_KEY_FILE_PATH: undefined };
const either = { ZITADEL_VALIDATION: 'jwt-or-introspection' };
const shield = { ZITADEL_VALIDATION: 'introspection' };
const modes = { jwt, 'jwt-or-introspection': either, 'introspection with the shield': shield };

// Runs `use` with an API of its own, which remembers nothing unless told to, and asks for the keys
// when it starts.
async function withApi(settings, use, behind = way) {
  await issuer.resetCounters();
  return useApi(behind, issuer,
    { settings: { ZITADEL_CACHE_TTL: 0, ZITADEL_TIMEOUT_MS: 1500, ...settings } }, use);
}

// Waits until a token that is refused costs ZITADEL no question: the keys are there.
const decidesAlone = (api, token) => waitFor('the keys', async () => {
  const before = await introspections();
  return await status(api, token) === 401 && await introspections() === before;
});

// The same, once it has the keys.
const withKeys = (settings, use) => withApi(settings, async (api) => {
  await decidesAlone(api, new SigningKey(await publishedKeyId(issuer)).sign(claimsOf(issuer)));
  await issuer.resetCounters();
  return use(api);
});

const status = async (api, token, path = '/api/private') =>
  (await api.call(path, { token })).status;
const mintJwt = (wish) => issuer.mint({ kind: 'jwt',
  scope: `openid ${audienceScope(issuer.projectId)} ${everyProjectsRolesScope}`, ...wish });
const introspections = async () => (await issuer.counters()).introspections;
const publish = async (...keys) => issuer.fault({ on: 'keys', set: { keys } });

async function assertUnavailable(api, token) {
  const answer = await api.call('/api/private', { token });
  assert.equal(answer.status, 503);
  assert.match(answer.headers['retry-after'], /^[1-9][0-9]*$/);
}

describe('with ZITADEL_VALIDATION=jwt', () => {
  it('the callers of JWTs get what their claims allow, and ZITADEL is asked about none', async () => {
    await withKeys(jwt, async (api) => {
      const reader = await mintJwt({ user: 'with-role' });
      assert.equal(await status(api, reader), 200);
      assert.equal(await status(api, reader, '/api/private-scoped'), 200);
      const other = await mintJwt({ user: 'without-role' });
      assert.equal(await status(api, other), 200);
      assert.equal(await status(api, other, '/api/private-scoped'), 403);
      const elsewhere = await mintJwt({ user: 'other-project-role' });
      assert.equal(await status(api, elsewhere, '/api/private-scoped'), 403);
      assert.equal(await introspections(), 0);
    });
  });

  const refused = {
    'an opaque token': () => issuer.mint(),
    'a personal access token': () => issuer.mint({ kind: 'pat' }),
    'a JWT that has expired': () => mintJwt({ ttl: -5 }),
    'a JWT that is not valid yet': () => mintJwt({ nbf: 600 }),
    'a JWT of another audience': () => mintJwt({ audience: [issuer.otherProjectId] }),
    'a made-up token': () => 'made-up',
  };
  it('nobody is let in with anything else', async () => {
    await withKeys(jwt, async (api) => {
      for (const [what, make] of Object.entries(refused)) {
        assert.equal(await status(api, await make()), 401, what);
      }
      assert.equal(await introspections(), 0);
    });
  });

  it('a JWT is taken with each algorithm, in its own form alone', async () => {
    const keys = Object.keys(algorithms).map((alg) => new SigningKey(alg, alg));
    await publish(...keys.map(({ jwk }) => jwk));
    await withApi(jwt, async (api) => {
      for (const key of keys) {
        const token = key.sign(claimsOf(issuer));
        assert.equal(await status(api, token, '/api/private-scoped'), 200, key.alg);
        assert.equal(await status(api, token.slice(0, -4)), 401, key.alg);
        const { keyId } = keys.find(({ alg }) => alg !== key.alg);
        assert.equal(await status(api, key.sign(claimsOf(issuer), { kid: keyId })), 401, key.alg);
      }
    });
  });

  it('a key that cannot be read spoils none of the others, and is told of once', async () => {
    const [good, spoilt, last] = ['good', 'a\u0000b', 'last'].map((id) => new SigningKey(id));
    await publish(good.jwk, spoilt.jwk, { ...spoilt.jwk, kid: 'odd', x5t: '\ud800' }, last.jwk);
    await withApi(jwt, async (api) => {
      for (const key of [good, last]) assert.equal(await status(api, key.sign(claimsOf(issuer))), 200);
      assert.equal(await status(api, spoilt.sign(claimsOf(issuer), { kid: 'odd' })), 401);
      const told = api.programLog().filter((line) => /key set, left out/.test(line));
      assert.deepEqual(told.map((line) => line.match(/left out: (key [a-z ]+): a member cannot be read/)?.[1]),
        ['key without kid', 'key odd']);
    });
  });

  it('a revoked JWT is let in until it expires', async () => {
    await withKeys(jwt, async (api) => {
      const token = await mintJwt({ ttl: 3 });
      await issuer.revoke(token);
      assert.equal(await status(api, token), 200);
      await waitFor('its end', async () => (await status(api, token)) === 401);
    });
  });

  it('as plain CGI, each process asks for the keys, and only where it has a JWT to judge', async () => {
    const forged = (await forgedTokens(issuer))['signed with another key of that id'];
    await withApi(jwt, async (api) => {
      assert.equal(await status(api, await mintJwt(), '/api/private-scoped'), 200);
      assert.equal(await status(api, forged), 401);
      assert.equal(await status(api, await issuer.mint()), 401);
      assert.equal(await status(api, undefined), 401);
      const { introspections: asked, keys } = await issuer.counters();
      assert.deepEqual({ asked, keys }, { asked: 0, keys: 2 });
    }, 'apache/cgi.conf');
  });

  it('known tokens are served from memory, and refused once they have expired', async () => {
    await withKeys({ ...jwt, ZITADEL_CACHE_TTL: 30 }, async (api) => {
      const token = await mintJwt({ ttl: 3 });
      for (let n = 0; n < 3; n += 1) assert.equal(await status(api, token), 200);
      await waitFor('its end', async () => (await status(api, token)) === 401);
    });
  });
});

describe('with ZITADEL_VALIDATION=jwt-or-introspection', () => {
  it('ZITADEL is asked about opaque tokens alone', async () => {
    await withKeys(either, async (api) => {
      assert.equal(await status(api, await mintJwt(), '/api/private-scoped'), 200);
      assert.equal(await introspections(), 0);
      const opaque = await issuer.mint();
      assert.equal(await status(api, opaque, '/api/private-scoped'), 200);
      assert.equal(await status(api, 'made-up'), 401);
      assert.equal(await introspections(), 2);
      await issuer.revoke(opaque);
      assert.equal(await status(api, opaque), 401);
    });
  });
});

describe('with ZITADEL_VALIDATION=introspection', () => {
  it('ZITADEL is asked about JWTs as about opaque tokens', async () => {
    await withKeys(shield, async (api) => {
      const token = await mintJwt();
      assert.equal(await status(api, token, '/api/private-scoped'), 200);
      await issuer.revoke(token);
      assert.equal(await status(api, token), 401);
      assert.equal(await introspections(), 2);
    });
  });

  it('and ZITADEL_JWT_SHIELD=off, ZITADEL is asked about forged ones, and its keys are not', async () => {
    const forged = Object.values(await forgedTokens(issuer));
    await withApi({ ...shield, ZITADEL_JWT_SHIELD: 'off' }, async (api) => {
      for (const token of forged) assert.equal(await status(api, token), 401);
      const counters = await issuer.counters();
      assert.equal(counters.introspections, forged.length);
      assert.equal(counters.keys, 0);
    });
  });

  it('the shield stands aside where the keys cannot be had', async () => {
    const forged = Object.values(await forgedTokens(issuer));
    await issuer.fault('server-error', { on: 'keys' });
    await withApi(shield, async (api) => {
      assert.equal(await status(api, await mintJwt()), 200);
      for (const token of forged) assert.equal(await status(api, token), 401);
      await api.waitForLog(/warn: .*key set/);
    });
  });
});

// Every JWT of an attacker's making, by whether it is proved bad here.
async function forgedJwts() {
  const forged = Object.entries({ ...await forgedTokens(issuer),
    'that has expired': await mintJwt({ ttl: -65 }), // beyond what clocks may differ
    'of another issuer and an unknown key':
      new SigningKey().sign(claimsOf(issuer, { iss: 'https://other.example' })),
    'that has expired, of an unknown key': new SigningKey().sign(claimsOf(issuer, { exp: 1 })) });
  return { proved: forged.filter(([what]) => !notProved.test(what)),
    other: forged.filter(([what]) => notProved.test(what)) };
}

async function assertRefused(api, forged) {
  for (const [what, token] of forged) assert.equal(await status(api, token), 401, what);
}

// JWTs that name keys of their own making.
function ofUnknownKeys() {
  const [, payload, signature] = new SigningKey().sign(claimsOf(issuer)).split('.');
  return (n) => `${Buffer.from(JSON.stringify({ alg: 'RS256', kid: `made-up-${n}` }))
    .toString('base64url')}.${payload}.${signature}`;
}

// Asks with that many of them, and gives the counters and the seconds that it took.
async function callAll(api, forged, count) {
  const begin = performance.now();
  const callers = new Callers(api);
  const answers = await callers.callAll('/api/private',
    Array.from({ length: count }, (_, n) => forged(n + 1)));
  callers.close();
  for (const { status: each, retryAfter } of answers) {
    assert.ok(each === 401 || (each === 503 && retryAfter === '1'), `${each}, ${retryAfter}`);
  }
  return { seconds: (performance.now() - begin) / 1000, refused: tally(answers)[401] ?? 0,
    ...await issuer.counters() };
}

for (const [name, settings] of Object.entries({ jwt, 'jwt-or-introspection': either })) {
  describe(`a forged JWT, with ${name}`, () => {
    it('is refused, and ZITADEL is not asked', async () => {
      const { proved, other } = await forgedJwts();
      await withKeys(settings, async (api) => {
        await assertRefused(api, [...proved, ...other].filter(([what]) => !/unknown/.test(what)));
        const counters = await issuer.counters();
        assert.deepEqual([counters.introspections, counters.keys], [0, 0]);
        for (const each of proved.filter(([what]) => /unknown/.test(what))) {
          await sleep(kKeySetPause * 1000 + 100);
          await assertRefused(api, [each]);
        }
        assert.equal(await introspections(), 0);
      });
    });

    it('may name ten thousand keys: ZITADEL is asked for them once a second', async () => {
      const forged = ofUnknownKeys();
      await withKeys({ ...settings, ZITADEL_LOG_LEVEL: 'warn' }, async (api) => {
        await decidesAlone(api, forged(0)); // the first one comes while ZITADEL is being asked
        await issuer.resetCounters();
        const { seconds, keys, introspections: asked } = await callAll(api, forged, 10_000);
        assert.ok(keys <= Math.ceil(seconds / kKeySetPause), `${keys} questions`);
        assert.equal(asked, 0);
      });
    });
  });
}

describe('a forged JWT, with introspection and the shield', () => {
  it('is refused without a question where that is proved, and ZITADEL judges the rest', async () => {
    const { proved, other } = await forgedJwts();
    await withKeys(shield, async (api) => {
      await assertRefused(api, proved);
      const counters = await issuer.counters();
      assert.deepEqual([counters.introspections, counters.keys], [0, 0]);
      await assertRefused(api, other);
      assert.equal(await introspections(), other.length);
    });
  });

  it('of an unknown key is ZITADEL\'s to judge, which is asked for keys once a second', async () => {
    await withKeys({ ...shield, ZITADEL_TIMEOUT_MS: 30_000 }, async (api) => {
      const { seconds, keys, refused, introspections: asked } =
        await callAll(api, ofUnknownKeys(), 300);
      assert.deepEqual([asked, refused], [300, 300]);
      assert.ok(keys <= Math.ceil(seconds / kKeySetPause), `${keys} questions`);
    });
  });

  it('a good one of a key that is not published is let in: ZITADEL says that it is active', async () => {
    const key = new SigningKey();
    await publish(key.jwk);
    await withApi(shield, async (api) => {
      await decidesAlone(api, new SigningKey(key.keyId).sign(claimsOf(issuer)));
      for (let n = 0; n < 3; n += 1) assert.equal(await status(api, await mintJwt()), 200);
    });
  });
});

const logout = 'http://schemas.openid.net/event/backchannel-logout';
describe('what a JWT is for', () => {
  const key = new SigningKey();
  const others = {
    'an ID token': { jti: undefined, at_hash: 'x', nonce: 'n', auth_time: 1, sid: 'V1_1' },
    'an ID token that came by token exchange': { jti: undefined, amr: ['pwd'], azp: 'client' },
    'a token whose jti is empty': { jti: '' },
    'a logout token': { events: { [logout]: {} }, sid: 'V1_1' },
  };
  const access = {
    'an access token': {},
    'an access token with claims that are called as those of others': {
      nonce: 'n', at_hash: 'h', c_hash: 'c', auth_time: 1, events: ['login'], sid: 's' },
    'an access token with claims that are null': { nbf: null, locale: null, events: null },
    'an access token with claims that are no text': {
      'a\u0000': 1, b: 'c\u0000', d: '\ud800', e: JSON.parse('['.repeat(99) + ']'.repeat(99)) },
  };
  for (const [name, settings] of Object.entries({ jwt, 'jwt-or-introspection': either })) {
    it(`is told by its jti and its events alone, with ${name}`, async () => {
      await publish(key.jwk);
      await withApi(settings, async (api) => {
        for (const [what, claims] of Object.entries(access)) {
          const token = key.sign(claimsOf(issuer, claims));
          assert.equal(await status(api, token, '/api/private-scoped'), 200, what);
        }
        for (const [what, claims] of Object.entries(others)) {
          assert.equal(await status(api, key.sign(claimsOf(issuer, claims))), 401, what);
        }
      });
    });
  }
});

describe('claims that are no text or nested deep', () => {
  const claims = { name: 'a\u0000b', '\udfff': 1, custom: ['\ud800'],
    deep: JSON.parse('{"a":'.repeat(200) + '1' + '}'.repeat(200)) };
  for (const [name, settings] of Object.entries(modes)) {
    it(`do not spoil the rest, with ${name}`, async () => {
      await withKeys(settings, async (api) => {
        for (const kind of name === 'jwt' ? ['jwt'] : ['jwt', 'opaque']) {
          const token = await mintJwt({ kind, claims });
          assert.equal(await status(api, token, '/api/private-scoped'), 200, kind);
        }
      });
    });
  }

  it('are refused where they decide', async () => {
    const key = new SigningKey();
    await publish(key.jwk);
    await withApi(jwt, async (api) => {
      assert.equal(await status(api, key.sign(claimsOf(issuer))), 200);
      for (const claim of ['exp', 'nbf', 'iss', 'aud', 'events', projectRolesClaim(issuer.projectId)]) {
        const token = key.sign(claimsOf(issuer, { [claim]: ['\u0000'] }));
        assert.equal(await status(api, token), 401, claim);
      }
    });
  });

  it('are ZITADEL\'s fault where its answer holds them and they decide', async () => {
    await withApi(shield, async (api) => {
      for (const claim of ['active', 'exp', 'nbf', 'iss', 'aud', projectRolesClaim(issuer.projectId)]) {
        await issuer.fault({ set: { [claim]: ['\u0000'] } });
        await assertUnavailable(api, await issuer.mint());
        await issuer.clearFaults();
        await waitFor('the breaker to close', async () =>
          (await status(api, await issuer.mint())) === 200);
      }
    });
  });
});

describe('without ZITADEL_PROJECT_ID', () => {
  const key = new SigningKey();
  const byClientId = { ...jwt, ZITADEL_PROJECT_ID: undefined };
  // A person's token: it names all clients of the project, and the roles in every form.
  const person = (more) => claimsOf(issuer, { aud: [issuer.apiClientId, issuer.projectId],
    ...Object.fromEntries([rolesClaim, everyProjectsRolesScope]
      .map((claim) => [claim, { 'read:messages': { 1: 'localhost' } }])), ...more });

  for (const [name, settings] of Object.entries({
    jwt: { ...byClientId, clientId: true }, 'jwt-or-introspection': { ...either, ZITADEL_PROJECT_ID: undefined },
  })) {
    it(`no role of a JWT that is checked here counts, and the log says so, with ${name}`, async () => {
      const { clientId, ...rest } = settings;
      await publish(key.jwk);
      await withApi({ ...rest, ...(clientId && { ZITADEL_CLIENT_ID: issuer.apiClientId }) },
        async (api) => {
          await api.waitForLog(/warn: ZITADEL_PROJECT_ID is not set: no role of a JWT/);
          const token = key.sign(person());
          assert.equal(await status(api, token), 200);
          assert.equal(await status(api, token, '/api/private-scoped'), 403);
          assert.equal(await status(api, key.sign(person({ aud: [issuer.projectId] }))), 401);
        });
    });
  }

  it('an opaque token is ZITADEL\'s to judge all the same', async () => {
    await withApi({ ...either, ZITADEL_PROJECT_ID: undefined }, async (api) => {
      assert.equal(await status(api, await issuer.mint(), '/api/private-scoped'), 200);
      const other = await issuer.mint({ user: 'without-role' });
      assert.equal(await status(api, other, '/api/private-scoped'), 403);
    });
  });
});

describe('the key set', () => {
  const [old, next] = [new SigningKey('old'), new SigningKey('next', 'ES256')];
  const tokenOf = (key) => key.sign(claimsOf(issuer));

  // The API knows the old key.
  const withOldKey = async (use) => {
    await publish(old.jwk);
    await withApi(jwt, async (api) => {
      assert.equal(await status(api, tokenOf(old)), 200);
      await issuer.clearFaults();
      return use(api);
    });
  };

  it('through a rotation: the new key is found at once, the old one stays usable', async () => {
    await withOldKey(async (api) => {
      await publish(next.jwk, old.jwk);
      for (const key of [next, old, next]) assert.equal(await status(api, tokenOf(key)), 200);
      assert.equal((await issuer.counters()).keys, 2);
    });
  });

  it('without ZITADEL: known keys go on working, a new one is found when it is back', async () => {
    await withOldKey(async (api) => {
      await issuer.closeListener();
      assert.equal(await status(api, tokenOf(old)), 200);
      await assertUnavailable(api, tokenOf(next));
      assert.equal(await status(api, tokenOf(old)), 200);
      await issuer.openListener();
      await publish(next.jwk, old.jwk);
      await waitFor('the new key', async () => (await status(api, tokenOf(next))) === 200,
        { timeoutMs: (kKeySetPause + 5) * 1000 });
      assert.equal(await status(api, tokenOf(old)), 200);
    });
  });

  for (const [what, fault] of Object.entries({ 'is empty': { set: { keys: [] } },
    'is not JSON': { status: 200, body: '<html>' }, fails: { status: 500, body: 'down' } })) {
    it(`that ${what} during a rotation leaves the known key working`, async () => {
      await withOldKey(async (api) => {
        await issuer.fault({ on: 'keys', ...fault });
        await assertUnavailable(api, tokenOf(next));
        assert.equal(await status(api, tokenOf(old)), 200);
        await api.waitForLog(/warn: .*key set/);
      });
    });
  }

  it('that does not come keeps nobody waiting but who needs it, and not for ever', async () => {
    await withOldKey(async (api) => {
      await issuer.fault('hang', { on: 'keys' });
      const waiting = Promise.all(Array.from({ length: 50 }, () =>
        assertUnavailable(api, tokenOf(next))));
      for (let n = 0; n < 20; n += 1) assert.equal(await status(api, tokenOf(old)), 200);
      await waiting;
    });
  });

  it('without ZITADEL at the start: nobody is let in, and all are soon after it is back', async () => {
    await issuer.closeListener();
    await withApi(jwt, async (api) => {
      const token = await mintJwt();
      await assertUnavailable(api, token);
      assert.equal(await status(api, undefined), 401);
      assert.equal((await api.call('/api/public')).status, 200);
      await api.waitForLog(/warn: .*(key set|cannot be reached)/);
      await issuer.openListener();
      await sleep(kFirstKeySetPause * 1000);
      await waitFor('the keys', async () => (await status(api, token)) === 200);
    });
  });
});
