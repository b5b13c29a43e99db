// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startIssuer } from '../client.mjs';
import { parse } from '../lib/jwt.mjs';
import {
  audienceScope, everyProjectsRolesScope, projectRolesClaim, rolesClaim,
} from '../lib/names.mjs';
import { introspect, test } from './calls.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const introspectMinted = async (wish, file) =>
  (await introspect(issuer, await issuer.mint(wish), file)).body;
const inactive = { active: false };
const seconds = () => Math.floor(Date.now() / 1000);
const reader = (organisationId, domain) => ({ 'read:messages': { [organisationId]: domain } });

test('an unknown token is inactive', async () => {
  const answer = await introspect(issuer, 'made-up');
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, inactive);
});

for (const kind of ['opaque', 'jwt', 'pat']) {
  test(`an expired ${kind} token is inactive`, async () => {
    assert.deepEqual(await introspectMinted({ kind, ttl: -5 }), inactive);
  });

  test(`a revoked ${kind} token is inactive`, async () => {
    const token = await issuer.mint({ kind });
    assert.equal((await introspect(issuer, token)).body.active, true);
    await issuer.revoke(token);
    assert.deepEqual((await introspect(issuer, token)).body, inactive);
  });
}

test('a token expires at its second', async () => {
  const token = await issuer.mint({ ttl: 2 });
  const { active, exp } = (await introspect(issuer, token)).body;
  assert.equal(active, true);
  await setTimeout(exp * 1000 - Date.now() + 20);
  assert.deepEqual((await introspect(issuer, token)).body, inactive);
});

for (const kind of ['opaque', 'jwt']) {
  test(`a ${kind} token without the project's aud scope is inactive`, async () => {
    assert.deepEqual(await introspectMinted({ kind, scope: 'openid' }), inactive);
  });

  test(`a ${kind} token for another project is inactive here and active there`, async () => {
    const wish = { kind, scope: `openid ${audienceScope(issuer.otherProjectId)}` };
    assert.deepEqual(await introspectMinted(wish), inactive);
    assert.equal((await introspectMinted(wish, 'api-key-other')).active, true);
  });
}

test('a token for this client id alone is active, its audience as one string', async () => {
  const answer = await introspectMinted({ audience: issuer.apiClientId });
  assert.equal(answer.active, true);
  assert.equal(answer.aud, issuer.apiClientId);
});

test('the jti of a token is no token', async () => {
  for (const kind of ['opaque', 'jwt']) {
    const { jti } = await introspectMinted({ kind });
    assert.equal(typeof jti, 'string');
    assert.deepEqual((await introspect(issuer, jti)).body, inactive);
  }
});

test('a changed JWT is inactive', async () => {
  const token = await issuer.mint({ kind: 'jwt' });
  const [header, payload, signature] = token.split('.');
  const changed = `${payload.slice(0, -1)}${payload.endsWith('A') ? 'B' : 'A'}`;
  for (const forged of [`${header}.${changed}.${signature}`, `${token}A`]) {
    assert.deepEqual((await introspect(issuer, forged)).body, inactive);
  }
});

test('an opaque token changed at its end is the same token, changed before, none', async () => {
  const token = await issuer.mint();
  const other = (character) => (character === 'A' ? 'B' : 'A');
  const sameToken = token.slice(0, -1) + other(token.at(-1));
  assert.equal((await introspect(issuer, sameToken)).body.active, true);
  assert.deepEqual((await introspect(issuer, other(token[0]) + token.slice(1))).body, inactive);
  assert.deepEqual((await introspect(issuer, `${token}A`)).body, inactive);
});

test('an active answer has ZITADEL\'s members, and no more without a scope', async () => {
  const answer = await introspectMinted({});
  assert.deepEqual(Object.keys(answer).sort(), [
    'active', 'aud', 'auth_time', 'client_id', 'exp', 'iat', 'iss', 'jti', 'nbf', 'scope', 'sub',
    'token_type', projectRolesClaim(issuer.projectId), rolesClaim, everyProjectsRolesScope,
  ]);
  assert.equal(answer.active, true);
  assert.equal(answer.iss, issuer.issuer);
  assert.equal(answer.sub, issuer.users['with-role']);
  assert.equal(answer.token_type, 'Bearer');
  assert.ok(answer.exp > seconds());
});

test('no answer carries WWW-Authenticate', async () => {
  for (const token of ['made-up', await issuer.mint()]) {
    const { headers } = await introspect(issuer, token);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('www-authenticate'), null);
    assert.equal(headers.get('content-type'), 'application/json');
  }
});

test('the roles of the API\'s own project come without a scope, in three forms', async () => {
  const answer = await introspectMinted({});
  const expected = reader(issuer.organisationId, 'main.localhost');
  assert.deepEqual(answer[rolesClaim], expected);
  assert.deepEqual(answer[projectRolesClaim(issuer.projectId)], expected);
  assert.deepEqual(answer[everyProjectsRolesScope], expected);
});

test('a user without the role has no role claim, even when the scope names the role', async () => {
  const answer = await introspectMinted({
    user: 'without-role', scope: `openid read:messages ${audienceScope(issuer.projectId)}`,
  });
  assert.equal(answer.active, true);
  assert.match(answer.scope, /\bread:messages\b/);
  assert.deepEqual(Object.keys(answer).filter((name) => name.endsWith(':roles')), []);
});

test('a role of another project does not come, whatever was asked for', async () => {
  const user = 'other-project-role';
  const both = `${audienceScope(issuer.projectId)} ${audienceScope(issuer.otherProjectId)}`;
  const answer = await introspectMinted({ user, scope: `${both} ${everyProjectsRolesScope}` });
  assert.equal(answer.active, true);
  assert.deepEqual(Object.keys(answer).filter((name) => name.endsWith(':roles')), []);
});

test('a JWT names the roles of each project in its audience, and their union', async () => {
  const scope = [issuer.projectId, issuer.otherProjectId].map(audienceScope)
    .concat(everyProjectsRolesScope).join(' ');
  const { payload } = parse(await issuer.mint({ kind: 'jwt', user: 'other-project-role', scope }));
  const expected = reader(issuer.organisationId, 'main.localhost');
  assert.deepEqual(payload[projectRolesClaim(issuer.otherProjectId)], expected);
  assert.deepEqual(payload[everyProjectsRolesScope], expected);
  for (const name of [projectRolesClaim(issuer.projectId), rolesClaim]) {
    assert.equal(payload[name], undefined);
  }
});

test('a role can come from another organisation, or from several', async () => {
  const partner = reader(issuer.otherOrganisationId, 'partner.localhost');
  assert.deepEqual((await introspectMinted({ user: 'org-role' }))[rolesClaim], partner);
  const several = { 'read:messages': { 1: 'one.localhost', 2: 'two.localhost' } };
  const answer = await introspectMinted({ roles: { [issuer.projectId]: several } });
  assert.deepEqual(answer[rolesClaim], several);
});

test('a role taken away is gone from a token that is out already', async () => {
  const token = await issuer.mint({ user: 'without-role' });
  const granted = { [issuer.projectId]: reader(issuer.organisationId, 'main.localhost') };
  await issuer.grantRoles('without-role', granted);
  assert.ok((await introspect(issuer, token)).body[rolesClaim]);
  await issuer.grantRoles('without-role', {});
  assert.equal((await introspect(issuer, token)).body[rolesClaim], undefined);
});

test('profile, e-mail, metadata and resource owner come with their scopes', async () => {
  const resourceOwner = 'urn:zitadel:iam:user:resourceowner';
  const metadata = 'urn:zitadel:iam:user:metadata';
  const answer = await introspectMinted({
    scope: `profile email ${resourceOwner} ${metadata} ${audienceScope(issuer.projectId)}`,
  });
  for (const name of ['username', 'name', 'preferred_username', 'updated_at', 'email', metadata]) {
    assert.ok(answer[name], name);
  }
  assert.equal(answer[`${resourceOwner}:id`], issuer.organisationId);
  assert.equal(answer[`${resourceOwner}:name`], 'Main');
  assert.equal(answer[`${resourceOwner}:primary_domain`], 'main.localhost');
});

test('a personal access token is active for every API, with the roles of that API', async () => {
  const here = await introspectMinted({ kind: 'pat' });
  assert.equal(here.active, true);
  assert.ok(here.aud.includes(issuer.apiClientId));
  assert.ok(here[rolesClaim]);
  const there = await introspectMinted({ kind: 'pat' }, 'api-key-other');
  assert.equal(there.active, true);
  assert.equal(there[rolesClaim], undefined);
});

test('nbf, sub and further claims are as ordered', async () => {
  const answer = await introspectMinted({ nbf: 600, sub: 'somebody', claims: { colour: 'blue' } });
  assert.equal(answer.active, true);
  assert.ok(answer.nbf > seconds() + 500);
  assert.equal(answer.sub, 'somebody');
  assert.equal(answer.colour, 'blue');
});

test('tokens are minted by the thousand, each with a subject of its own', async () => {
  const tokens = await issuer.mintMany(3000, { sub: 'caller-{n}' });
  assert.equal(new Set(tokens).size, 3000);
  assert.equal((await introspect(issuer, tokens[2999])).body.sub, 'caller-2999');
});

test('a JWT carries what a resource server checks, and roles only when asked', async () => {
  const { header, payload } = parse(await issuer.mint({ kind: 'jwt' }));
  assert.equal(header.alg, 'RS256');
  assert.equal(header.typ, 'JWT');
  assert.equal(payload.iss, issuer.issuer);
  assert.deepEqual(payload.aud, [issuer.projectId]);
  assert.equal(payload[projectRolesClaim(issuer.projectId)], undefined);
  const scope = `${audienceScope(issuer.projectId)} ${everyProjectsRolesScope}`;
  const asked = parse(await issuer.mint({ kind: 'jwt', scope })).payload;
  assert.deepEqual(asked[projectRolesClaim(issuer.projectId)],
    reader(issuer.organisationId, 'main.localhost'));
  assert.equal(asked[rolesClaim], undefined);
});
