// SPDX-License-Identifier: Apache-2.0
// What callers and the operator are told when ZITADEL, or the way to it, fails.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { waitFor } from './support/processes.mjs';

const way = 'lighttpd/fastcgi.conf';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());
afterEach(async () => {
  await issuer.clearFaults();
  await issuer.settings({ assertions: 'once', refusals: 'zitadel' });
});

// Runs `use` with an API of its own, so that no failure counts towards another test's.
async function withApi(settings, use, { from = issuer, ...options } = {}) {
  const uncached = (more) => ({ ZITADEL_CACHE_TTL: 0, ...more });
  return useApi(way, from, {
    settings: (workspace) =>
      uncached(typeof settings === 'function' ? settings(workspace) : settings),
    ...options,
  }, use);
}

// The caller is not let in, is not told that its token is bad, and hears when to come back.
function assertUnavailable(answer, ...secrets) {
  assert.equal(answer.status, 503, answer.body);
  assert.deepEqual(Object.keys(answer.json), ['error', 'error_description']);
  assert.match(answer.headers['retry-after'], /^[1-9][0-9]*$/);
  assert.equal(answer.headers['www-authenticate'], undefined);
  assert.equal(answer.headers['cache-control'], 'no-store');
  const text = `${answer.body}\n${answer.rawHeaders.join('\n')}`;
  for (const secret of [issuer.issuer, issuer.apiClientId, issuer.projectId, ...secrets]) {
    assert.ok(!text.includes(secret), `${secret} is in ${text}`);
  }
}

async function isServedAgain(api, token) {
  await waitFor('the API to serve again', async () =>
    (await api.call('/api/private', { token })).status === 200);
}

const failures = {
  'cannot be reached': {
    order: () => issuer.closeListener(), mend: () => issuer.openListener(),
    line: /warn: .*ZITADEL cannot be reached/,
  },
  'is slower than the deadline': {
    order: () => issuer.fault({ delay: 3000 }), line: /warn: .*did not answer in time/,
  },
  'hangs before its answer': {
    order: () => issuer.fault('hang'), line: /warn: .*did not answer in time/,
  },
  'hangs in the middle of its answer': {
    order: () => issuer.fault('hang-body'), line: /warn: .*did not come to its end in time/,
  },
  'answers 429': {
    order: () => issuer.fault('rate-limited'), line: /warn: .*limits our calls \(429\)/,
  },
  'answers 500': {
    order: () => issuer.fault('server-error'), line: /warn: .*server error \(5xx\)/,
  },
  'answers 404': {
    order: () => issuer.fault({ status: 404, body: 'not found' }),
    line: /warn: .*unexpected status: introspection answered with status 404, saying: not found \[request \S+\]$/m,
  },
  'has its database away': {
    order: () => issuer.fault('database-away', { on: '*' }),
    line: /warn: .*status 404, saying: unable to set instance .*dial tcp .*connection refused\) \[request \S+\]$/m,
  },
  'is behind a proxy that shows a page': {
    order: () => issuer.fault({ status: 502, headers: { 'content-type': 'text/html' },
      body: '<html><head><title>502 Bad\nGateway</title></head><body>no more</body></html>' }),
    line: /warn: .*introspection answered with status 502, saying: 502 Bad Gateway \[request \S+\]$/m,
  },
  'answers in words that are none': {
    order: () => issuer.fault({ status: 403, body: `gr\u00fc\u001b[2J${'x'.repeat(400)}\nsecond` }),
    line: /warn: .*status 403, saying: gr\u00fc\?\[2Jx{292} \[request \S+\]$/m,
  },
  'answers what is not JSON': {
    order: () => issuer.fault('not-json'), line: /warn: .*not what the protocol prescribes/,
  },
  'answers JSON that is no object': {
    order: () => issuer.fault({ status: 200, headers: { 'content-type': 'application/json' },
      body: '[{"active":true}]' }),
    line: /warn: .*not what the protocol prescribes/,
  },
  'answers "active": "true", a string': {
    order: () => issuer.fault('active-string'), line: /warn: .*not what the protocol prescribes/,
  },
  'answers without "active"': {
    order: () => issuer.fault({ omit: ['active'] }),
    line: /warn: .*not what the protocol prescribes/,
  },
  'breaks its answer off': {
    order: () => issuer.fault('truncated'), line: /warn: .*ended too early/,
  },
  'resets the connection': {
    order: () => issuer.fault('reset'), line: /warn: .*(ended too early|cannot be reached)/,
  },
  'answers with more than 1 MiB': {
    order: () => issuer.fault('oversized'), line: /warn: .*answer is too large/,
  },
  'redirects': {
    order: () => issuer.fault('redirect'), line: /warn: .*redirect, which is never followed/,
  },
  'calls the request malformed': {
    order: () => issuer.fault('invalid-request'), line: /error: .*calls our request malformed: .*, saying: invalid_request: the request is malformed \[request \S+\]$/m,
  },
};

describe('when ZITADEL', () => {
  for (const [what, { order, mend = () => issuer.clearFaults(), line }] of Object.entries(failures)) {
    it(`${what}, callers get 503 and the operator reads it`, async () => {
      await withApi({ ZITADEL_TIMEOUT_MS: 700 }, async (api) => {
        const token = await issuer.mint();
        await isServedAgain(api, token);
        await issuer.resetCounters();
        await order();
        try {
          assertUnavailable(await api.call('/api/private', { token }), token);
          await api.waitForLog(line);
          assert.equal((await api.call('/api/public', { token })).status, 200);
          assert.equal((await issuer.counters()).other, 0);
        } finally {
          await mend();
        }
        await isServedAgain(api, token);
      });
    });
  }

  it('answers 429, its Retry-After reaches the caller and is kept to', async () => {
    await withApi({}, async (api) => {
      const token = await issuer.mint();
      await issuer.fault('rate-limited', { headers: { 'retry-after': '30' } });
      assertUnavailable(await api.call('/api/private', { token }));
      await issuer.resetCounters();
      const answer = await api.call('/api/private', { token });
      assertUnavailable(answer);
      const wait = Number(answer.headers['retry-after']);
      assert.ok(wait > 20 && wait <= 30, String(wait));
      assert.equal((await issuer.counters()).introspections, 0);
    });
  });

  it('is down when the program starts, it serves what is public and tries again when asked',
    async () => {
      await issuer.closeListener();
      try {
        await withApi({}, async (api) => {
          const token = await issuer.mint();
          assert.equal((await api.call('/api/public')).status, 200);
          assert.equal((await api.call('/api/private')).status, 401);
          assertUnavailable(await api.call('/api/private', { token }));
          await issuer.openListener();
          await isServedAgain(api, token);
        });
      } finally {
        await issuer.openListener().catch(() => {});
      }
    });

  it('has another name than the one in ZITADEL_DOMAIN, nobody is let in', async () => {
    const port = new URL(issuer.issuer).port;
    await issuer.resetCounters();
    await withApi({ ZITADEL_DOMAIN: `http://localhost:${port}` }, async (api) => {
      assertUnavailable(await api.call('/api/private', { token: await issuer.mint() }));
      await api.waitForLog(new RegExp('discovery answered with status 404, saying: unable to set '
        + 'instance using origin .*; the name in ZITADEL_DOMAIN must be the instance\'s own'));
      assert.equal((await issuer.counters()).introspections, 0);
    });
  });

  // The assertion's audience is ZITADEL_DOMAIN: it must be what the instance calls itself.
  for (const url of [undefined, '/oauth/v2/introspect']) {
    it(`names another issuer than ZITADEL_DOMAIN, nobody is let in (${url ?? 'no URL set'})`, async () => {
      const named = await startIssuer({ host: 'localhost' });
      try {
        const domain = named.issuer.replace('localhost:', 'localhost:0'); // the same address
        const settings = { ZITADEL_DOMAIN: domain,
          ZITADEL_INTROSPECTION_URL: url && named.issuer + url };
        await withApi(settings, async (api) => {
          assertUnavailable(await api.call('/api/private', { token: await named.mint() }));
          await api.waitForLog(new RegExp(`the discovered issuer is not ZITADEL_DOMAIN: found \
${named.issuer}, ZITADEL_DOMAIN is ${domain}: they must be equal to the letter; write your`));
        }, { from: named });
      } finally {
        await named.stop();
      }
    });
  }

  it('repeats what it was sent, the log does not', async () => {
    const sent = [];
    const echo = http.createServer(async (request, response) => {
      let form = '';
      for await (const chunk of request) form += chunk;
      const assertion = new URLSearchParams(form).get('client_assertion');
      sent.push(assertion, form);
      const words = [form, `no ${new URLSearchParams(form).get('token')}`, assertion.slice(30, 60)];
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end(words[sent.length % words.length]);
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    try {
      const url = `http://127.0.0.1:${echo.address().port}/introspect`;
      await withApi({ ZITADEL_INTROSPECTION_URL: url }, async (api) => {
        for (let i = 0; i < 3; i += 1) {
          assertUnavailable(await api.call('/api/private', { token: await issuer.mint() }));
        }
        await api.waitForLog(/introspection answered with status 404 \[request \S+\]$/m);
        for (const text of sent.flatMap((each) => each.match(/.{20}/g))) {
          assert.ok(!api.log().includes(text), text);
        }
      });
      assert.equal(sent.length, 6);
    } finally {
      echo.close();
    }
  });

  it('has no discovery, ZITADEL_INTROSPECTION_URL does', async () => {
    await issuer.fault('server-error', { on: 'discovery' });
    const url = `${issuer.issuer}/oauth/v2/introspect`;
    await withApi({ ZITADEL_INTROSPECTION_URL: url }, async (api) => {
      assert.equal((await api.call('/api/private', { token: await issuer.mint() })).status, 200);
    });
  });

  it('has no discovery and ZITADEL_INTROSPECTION_URL is not set, nobody is let in', async () => {
    await issuer.fault('server-error', { on: 'discovery' });
    await withApi({}, async (api) => {
      const token = await issuer.mint();
      assertUnavailable(await api.call('/api/private', { token }));
      await issuer.clearFaults();
      await isServedAgain(api, token);
    });
  });
});

describe('the API\'s own credentials', () => {
  for (const refusals of ['zitadel', 'old-zitadel', 'oidc-provider']) {
    it(`are refused in the manner of ${refusals}: 503, and the key id for the operator`, async () => {
      await issuer.settings({ refusals });
      await withApi({ key: 'api-key-deleted' }, async (api) => {
        const token = await issuer.mint();
        const { keyId } = issuer.readFile('api-key-deleted');
        assertUnavailable(await api.call('/api/private', { token }), keyId);
        await api.waitForLog(new RegExp(`error: .*refused this API's own credentials.*${keyId}`));
      });
    });
  }

  it('are deleted and restored while the program runs', async () => {
    await withApi({}, async (api) => {
      const token = await issuer.mint();
      const { keyId } = issuer.readFile('api-key');
      await isServedAgain(api, token);
      await issuer.deleteKey(keyId);
      try {
        assertUnavailable(await api.call('/api/private', { token }), keyId);
        await api.waitForLog(new RegExp(`error: .*${keyId}`));
      } finally {
        await issuer.restoreKey(keyId);
      }
      await isServedAgain(api, token);
    });
  });

  it('are a PKCS#8 key', async () => {
    await withApi({ key: 'api-key-pkcs8' }, async (api) => {
      assert.equal((await api.call('/api/private', { token: await issuer.mint() })).status, 200);
    });
  });

  it('are of an application of another project, whose tokens these are not', async () => {
    const settings = { key: 'api-key-other', ZITADEL_PROJECT_ID: issuer.otherProjectId };
    await withApi(settings, async (api) => {
      assert.equal((await api.call('/api/private', { token: await issuer.mint() })).status, 401);
      const token = await issuer.mint({ audience: [issuer.otherProjectId] });
      assert.equal((await api.call('/api/private', { token })).status, 200);
    });
  });

  it('are a client id and a client secret, both with reserved characters', async () => {
    const { clientId, clientSecret } = issuer.readFile('basic');
    const settings = { key: null, API_PRIVATE_KEY_FILE_PATH: undefined,
      ZITADEL_CLIENT_ID: clientId, ZITADEL_CLIENT_SECRET: clientSecret };
    await withApi(settings, async (api) => {
      assert.equal((await api.call('/api/private', { token: await issuer.mint() })).status, 200);
    });
  });

  it('are a wrong client secret: 503, and an error line without it', async () => {
    const { clientId } = issuer.readFile('basic');
    const settings = { key: null, API_PRIVATE_KEY_FILE_PATH: undefined,
      ZITADEL_CLIENT_ID: clientId, ZITADEL_CLIENT_SECRET: 'wrong-and-secret' };
    await withApi(settings, async (api) => {
      assertUnavailable(await api.call('/api/private', { token: await issuer.mint() }),
        'wrong-and-secret');
      await api.waitForLog(/error: .*refused this API's own credentials/);
      assert.ok(!api.log().includes('wrong-and-secret'));
    });
  });
});

describe('a client assertion', () => {
  it('is used again where the issuer takes it again', async () => {
    await issuer.settings({ assertions: 'reusable' });
    await withApi({}, async (api) => {
      await issuer.resetCounters();
      for (const token of await issuer.mintMany(10)) {
        assert.equal((await api.call('/api/private', { token })).status, 200);
      }
      const counters = await issuer.counters();
      assert.equal(counters.introspections, 10);
      assert.equal(counters.distinctAssertions, 1);
    });
  });

  it('is replaced by a fresh one where the issuer refuses it the second time', async () => {
    await withApi({}, async (api) => {
      await issuer.resetCounters();
      for (const token of await issuer.mintMany(3)) {
        assert.equal((await api.call('/api/private', { token })).status, 200);
      }
      const counters = await issuer.counters();
      assert.ok(counters.assertionsReplayed >= 1);
      assert.equal(counters.introspections, 3 + counters.assertionsReplayed);
      assert.equal(counters.distinctAssertions, 3);
    });
  });

  it('is replaced for each of many questions asked at once', async () => {
    await withApi({}, async (api) => {
      const answers = await Promise.all((await issuer.mintMany(20))
        .map((token) => api.call('/api/private', { token })));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    });
  });

  it('is replaced once and not again', async () => {
    await withApi({ key: 'api-key-deleted' }, async (api) => {
      await issuer.resetCounters();
      await api.call('/api/private', { token: await issuer.mint() });
      assert.equal((await issuer.counters()).introspections, 2);
    });
  });
});

describe('over TLS', () => {
  let secure;
  before(async () => { secure = await startIssuer({ tls: true }); });
  after(() => secure?.stop());

  const trusting = (file) => ({
    prepare: (workspace) => workspace.write('etc/ca.pem', readFileSync(secure.files[file])),
    settings: (workspace) => ({ ZITADEL_CA_FILE: workspace.path('etc/ca.pem') }),
  });

  it('an issuer under the configured CA is asked, by HTTP/2', async () => {
    const { prepare, settings } = trusting('ca');
    await secure.resetCounters();
    await withApi(settings, async (api) => {
      assert.equal((await api.call('/api/private', { token: await secure.mint() })).status, 200);
    }, { from: secure, prepare });
    assert.deepEqual(Object.keys((await secure.counters()).httpVersions), ['2.0']);
  });

  it('an issuer under another CA is not asked, and the operator reads it', async () => {
    const { prepare, settings } = trusting('wrong-ca');
    await secure.resetCounters();
    await withApi(settings, async (api) => {
      assertUnavailable(await api.call('/api/private', { token: await secure.mint() }));
      await api.waitForLog(/warn: .*TLS connection to ZITADEL was refused: .*: ZITADEL_CA_FILE/);
    }, { from: secure, prepare });
    assert.deepEqual((await secure.counters()).httpVersions, {});
  });

  it('an issuer that no CA of the system vouches for is not asked', async () => {
    await secure.resetCounters();
    await withApi({}, async (api) => {
      assertUnavailable(await api.call('/api/private', { token: await secure.mint() }));
      await api.waitForLog(/warn: .*TLS connection to ZITADEL was refused: .*: ZITADEL_CA_FILE/);
    }, { from: secure });
    assert.deepEqual((await secure.counters()).httpVersions, {});
  });
});
