// SPDX-License-Identifier: Apache-2.0
// Each answer beside the one that a real ZITADEL gave to the same question.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe } from 'node:test';
import { startIssuer } from '../client.mjs';
import {
  audienceScope, clientAssertionType, everyProjectsRolesScope, jwtBearer, metadata, paths,
  resourceOwner,
} from '../lib/names.mjs';
import { assertionOf, test } from './calls.mjs';
import { assertAsRecorded, call, neutral, recorded } from './recordings.mjs';

let issuer;
let names;
before(async () => {
  issuer = await startIssuer({ host: 'localhost', assertions: 'reusable' });
  names = {
    'http://localhost:18080': '(issuer)', [issuer.issuer]: '(issuer)',
    'opaque-user': '(user)', 'jwt-user': '(user)', 'norole-user': '(user)',
    'other-only1795812972': '(user)',
    'org-role': '(user)', 'without-role': '(user)', 'other-project-role': '(user)',
    'zitadel.localhost': '(domain)', 'partner.localhost': '(domain)', 'main.localhost': '(domain)',
    '401504948921044006': '(project)', [issuer.projectId]: '(project)',
    '401507254446066726': '(other project)', [issuer.otherProjectId]: '(other project)',
    ZITADEL: '(organisation)', Partner: '(organisation)', Main: '(organisation)',
  };
});
after(() => issuer?.stop());
afterEach(async () => {
  await issuer.clearFaults();
  await issuer.settings({ accessTokens: 'opaque' });
});

const now = () => Math.floor(Date.now() / 1000);
const own = () => audienceScope(issuer.projectId);
const both = () => `openid ${own()} ${audienceScope(issuer.otherProjectId)} ${everyProjectsRolesScope}`;
const asRecorded = (answer, name) => assertAsRecorded(answer, name, names);

// What was wrong, or unusual, with an assertion; of a client and of a service user alike.
const assertions = {
  'aud-endpoint': () => ({ claims: { aud: `${issuer.issuer}/oauth/v2/introspect` } }),
  'aud-slash': () => ({ claims: { aud: `${issuer.issuer}/` } }),
  expired: () => ({ claims: { iat: now() - 120, exp: now() - 60 } }),
  'iat+1': () => ({ claims: { iat: now() + 1 } }),
  'iat+2': () => ({ claims: { iat: now() + 2, exp: now() + 62 } }),
  'iat+5': () => ({ claims: { iat: now() + 5, exp: now() + 65 } }),
  'iat-3500': () => ({ claims: { iat: now() - 3500, exp: now() + 100 } }),
  'iat-3700': () => ({ claims: { iat: now() - 3700, exp: now() + 100 } }),
  'life-2h': () => ({ claims: { exp: now() + 7200 } }),
  'no-kid': () => ({ header: { kid: undefined } }),
  'unknown-kid': () => ({ header: { kid: '123' } }),
};

// A second may begin between the making of an assertion and the look at it.
async function early() {
  const past = Date.now() % 1000;
  if (past > 500) await new Promise((resolve) => { setTimeout(resolve, 1000 - past); });
}

const ask = (token, more, assertion = assertionOf(issuer, issuer.readFile('api-key'))) => call(
  issuer.issuer + paths.introspection,
  { form: { client_assertion_type: clientAssertionType, client_assertion: assertion, token, ...more } });

const grant = (user, scope, wrong) => call(issuer.issuer + paths.token, {
  form: {
    grant_type: jwtBearer, scope,
    assertion: assertionOf(issuer, issuer.readFile(`user-${user}`), wrong),
  },
});

async function tokenOf(user, scope, kind = 'opaque') {
  await issuer.settings({ accessTokens: kind });
  return (await grant(user, scope)).body.access_token;
}

describe('a client that is authenticated wrongly, or in an odd way', () => {
  let token;
  before(async () => { token = await tokenOf('org-role', `openid ${own()}`); });

  for (const [what, wrong] of Object.entries(assertions)) {
    test(`client-${what}`, async () => {
      await early();
      const key = issuer.readFile('api-key');
      const answer = await ask(token, {}, assertionOf(issuer, key, wrong()));
      asRecorded(answer, `introspection/client-${what}`);
    });
  }

  const others = {
    'client-garbage': () => ask('x', {}, 'garbage'),
    'client-service-user-key': () => ask(token, {},
      assertionOf(issuer, issuer.readFile('user-with-role'))),
    'client-unknown-id': () => ask(token, {},
      assertionOf(issuer, issuer.readFile('api-key'), { claims: { iss: '123', sub: '123' } })),
    'client-none': () => call(issuer.issuer + paths.introspection, { form: { token } }),
    'token-empty': () => ask(''),
    get: () => call(issuer.issuer + paths.introspection),
  };
  for (const [name, run] of Object.entries(others)) {
    test(name, async () => asRecorded(await run(), `introspection/${name}`));
  }

  test('client-key-removed', async () => {
    const { keyId } = issuer.readFile('api-key');
    await issuer.deleteKey(keyId);
    try {
      asRecorded(await ask(token), 'introspection/client-key-removed');
    } finally {
      await issuer.restoreKey(keyId);
    }
  });

  const basic = (...pair) => call(issuer.issuer + paths.introspection, {
    form: { token },
    headers: {
      authorization: `Basic ${Buffer.from(pair.map(encodeURIComponent).join(':')).toString('base64')}`,
    },
  });
  test('basic', async () => {
    const { clientId, clientSecret } = issuer.readFile('basic');
    asRecorded(await basic(clientId, clientSecret), 'introspection/basic');
    asRecorded(await basic(clientId, 'wrong'), 'introspection/basic-wrong');
  });
  test('basic-for-a-key-application', async () =>
    asRecorded(await basic(issuer.apiClientId, 'wrong'), 'introspection/basic-for-a-key-application'));
});

describe('introspection', () => {
  const answers = {
    'answer-opaque': () => tokenOf('org-role', `openid ${own()}`),
    'answer-norole': () => tokenOf('without-role', `openid ${own()}`),
    'answer-profile': () => tokenOf('org-role',
      `openid ${own()} profile email ${resourceOwner} ${metadata}`),
    'answer-roles-scope': () => tokenOf('org-role', `openid ${own()} ${everyProjectsRolesScope}`),
    'answer-unknown-scope': () => tokenOf('org-role', `openid ${own()} read:messages made-up`),
    'answer-no-openid': () => tokenOf('org-role', own()),
    'answer-no-scope': () => tokenOf('org-role', ''),
    'answer-no-aud': () => tokenOf('org-role', 'openid'),
    'answer-other-project': () => tokenOf('org-role', `openid ${audienceScope('123')}`),
    'answer-made-up': () => 'made-up',
    'answer-jwt': () => tokenOf('org-role', `openid ${own()} ${everyProjectsRolesScope}`, 'jwt'),
    'answer-jwt-no-roles-scope': () => tokenOf('org-role', `openid ${own()}`, 'jwt'),
    'answer-jwt-no-aud': () => tokenOf('org-role', 'openid', 'jwt'),
    'answer-two-projects-both-roles-norole-user': () => tokenOf('other-project-role', both()),
    'answer-pat-opaque-user': () => issuer.mint({ user: 'org-role', kind: 'pat' }),
    'answer-pat-norole-user': () => issuer.mint({ user: 'without-role', kind: 'pat' }),
    'answer-opaque-changed': async () => {
      const token = await tokenOf('org-role', `openid ${own()}`);
      return token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA');
    },
    'answer-jwt-forged': async () => {
      const genuine = await tokenOf('org-role', `openid ${own()}`, 'jwt');
      return genuine.replace(/\.(.)([^.]*)$/, (_, letter, rest) =>
        `.${letter === 'A' ? 'B' : 'A'}${rest}`);
    },
  };
  for (const [name, token] of Object.entries(answers)) {
    test(name, async () => asRecorded(await ask(await token()), `introspection/${name}`));
  }

  test('answer-hint', async () => {
    const token = await tokenOf('org-role', `openid ${own()}`);
    asRecorded(await ask(token, { token_type_hint: 'access_token' }), 'introspection/answer-hint');
  });
});

describe('the token endpoint', () => {
  for (const [what, wrong] of Object.entries(assertions)) {
    test(`user-${what}`, async () => {
      await early();
      asRecorded(await grant('org-role', `openid ${own()}`, wrong()), `token/user-${what}`);
    });
  }

  const answers = {
    'token-opaque': ['org-role', () => `openid ${own()}`],
    'token-norole': ['without-role', () => `openid ${own()}`],
    'token-profile': ['org-role', () => `openid ${own()} profile email ${resourceOwner} ${metadata}`],
    'token-roles-scope': ['org-role', () => `openid ${own()} ${everyProjectsRolesScope}`],
    'token-unknown-scope': ['org-role', () => `openid ${own()} read:messages made-up`],
    'token-no-aud': ['org-role', () => 'openid'],
    'token-no-openid': ['org-role', () => own()],
    'token-no-scope': ['org-role', () => ''],
    'token-other-project': ['org-role', () => `openid ${audienceScope('123')}`],
    'token-jwt': ['org-role', () => `openid ${own()} ${everyProjectsRolesScope}`, 'jwt'],
    'token-jwt-no-roles-scope': ['org-role', () => `openid ${own()}`, 'jwt'],
    'token-jwt-no-aud': ['org-role', () => 'openid', 'jwt'],
  };
  for (const [name, [user, scope, kind = 'opaque']] of Object.entries(answers)) {
    test(name, async () => {
      await issuer.settings({ accessTokens: kind });
      asRecorded(await grant(user, scope()), `token/${name}`);
    });
  }

  test('jwt-role-in-another-project', async () => {
    const granted = { [issuer.organisationId]: 'main.localhost' };
    await issuer.settings({ accessTokens: 'jwt' });
    await issuer.grantRoles('other-project-role',
      { [issuer.otherProjectId]: { admin: granted, 'read:messages': granted } });
    asRecorded(await grant('other-project-role', both()), 'algorithms/jwt-role-in-another-project');
  });

  test('two-projects-both-roles-jwt-user', async () => {
    const granted = { [issuer.organisationId]: 'main.localhost' };
    await issuer.settings({ accessTokens: 'jwt' });
    await issuer.grantRoles('other-project-role', {
      [issuer.projectId]: { 'read:messages': granted },
      [issuer.otherProjectId]: { admin: granted, 'read:messages': granted },
    });
    const answer = await grant('other-project-role', both());
    // Which of the two projects comes first goes by their ids.
    const claims = (body) => neutral(body, names).access_token.payload;
    const { body } = recorded('token/two-projects-both-roles-jwt-user');
    assert.deepEqual(claims(answer.body), claims(body));
    asRecorded(await ask(answer.body.access_token),
      'introspection/answer-two-projects-both-roles-jwt-user');
  });

  test('token-locked-user', async () => {
    const token = await tokenOf('without-role', `openid ${own()}`);
    const pat = await issuer.mint({ user: 'without-role', kind: 'pat' });
    for (const state of ['locked', 'deactivated']) {
      await issuer.setUserState('without-role', state);
      asRecorded(await grant('without-role', `openid ${own()}`), 'token/token-locked-user');
      assert.deepEqual((await ask(token)).body, { active: false });
      await issuer.setUserState('without-role', 'active');
    }
    for (const dead of [token, pat]) assert.deepEqual((await ask(dead)).body, { active: false });
    assert.equal((await ask(await tokenOf('without-role', own()))).body.active, true);
  });
});

describe('what the instance says of itself', () => {
  test('discovery', async () =>
    asRecorded(await call(issuer.issuer + paths.discovery), 'discovery/discovery'));

  test('keys', async () => {
    const answer = await call(issuer.issuer + paths.keys);
    assert.equal(answer.body.keys.length, 1);
    answer.body.keys.push(answer.body.keys[0]); // the real one had two
    const headers = answer.headers.filter(([name]) => name !== 'Content-Length');
    asRecorded({ ...answer, headers }, 'discovery/keys');
  });

  test('unknown-host', async () => {
    const headers = { host: 'other.example' };
    assertAsRecorded(await call(issuer.issuer + paths.discovery, { headers }),
      'discovery/unknown-host');
    for (const path of Object.values(paths)) {
      const { status, body } = await call(issuer.issuer.replace('localhost', '127.0.0.1') + path);
      assert.equal(status, 404);
      assert.match(body, /^unable to set instance using origin &\{127\.0\.0\.1:\d+ {2}http\} /);
      assert.match(body, /\(ExternalDomain is localhost\)/);
    }
  });

  test('unknown-path', async () => {
    const answer = await call(`${issuer.issuer}/management/v1/nonsense`, { form: {} });
    asRecorded(answer, 'set-up/unknown-path');
  });

  test('revoke, by whom it is none of their business', async () => {
    const authentication = {
      client_assertion_type: clientAssertionType,
      client_assertion: assertionOf(issuer, issuer.readFile('api-key')),
    };
    const revoke = (form) => call(issuer.issuer + paths.revocation, { form: { token: 'a', ...form } });
    asRecorded(await revoke(authentication), 'token/revoke');
    asRecorded(await revoke({ client_id: 'org-role' }), 'token/revoke-no-client');
  });

  test('that its database is away', async () => {
    await issuer.fault('database-away', { on: '*' });
    const cases = {
      discovery: () => call(issuer.issuer + paths.discovery),
      grant: () => grant('org-role', 'openid'),
      keys: () => call(issuer.issuer + paths.keys),
      token: () => ask('a'),
    };
    for (const [name, run] of Object.entries(cases)) {
      assertAsRecorded(await run(), `outage/database-down-${name}`);
    }
  });
});
