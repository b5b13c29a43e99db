// SPDX-License-Identifier: Apache-2.0
// What happens to tokens, sessions and the keys that sign writes the event that ZITADEL was seen to
// write, and introspection and the key set say the same right after.
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, describe } from 'node:test';
import { verify } from '../lib/jwt.mjs';
import { paths } from '../lib/names.mjs';
import { getJson, test } from './calls.mjs';
import { Feed } from './feed.mjs';

let feed;
let admin;
let api;
let caller;
let issuer;
before(async () => {
  feed = await Feed.start();
  ({ admin, api, caller, issuer } = feed);
});
after(() => feed?.stop());

describe('a personal access token', () => {
  test('user.pat.added, user.pat.removed', async () => {
    const { result: { token, tokenId }, events: [added] } = await feed.causes(
      () => admin.post(`${caller.user}/pats`), ['user.pat.added'], { id: caller.userId });
    assert.equal(added.payload.tokenId, tokenId);
    assert.equal((await feed.introspected(token)).body.jti, tokenId);
    const pat = `${caller.user}/pats/${tokenId}`;
    const { events: [removed] } = await feed.causes(() => admin.remove(pat),
      ['user.pat.removed'], { id: caller.userId });
    assert.equal(removed.payload.tokenId, tokenId);
    assert.equal(Number(removed.sequence), Number(added.sequence) + 1);
    await feed.assertDead(token);
  });

  test('that is revoked by the admin port', async () => {
    const token = await issuer.mint({ kind: 'pat' });
    const { body: { jti } } = await feed.introspected(token);
    const { events: [removed] } = await feed.causes(() => issuer.revoke(token), ['user.pat.removed']);
    assert.equal(removed.payload.tokenId, jti);
    await feed.assertDead(token);
  });
});

describe('a token', () => {
  test('by a key: oidc_session.added and .access_token.added, in one transaction', async () => {
    const { result: token, events, transactions } = await feed.causes(() => feed.tokenOf(caller),
      ['oidc_session.added', 'oidc_session.access_token.added']);
    const { body: { jti } } = await feed.introspected(token);
    assert.equal(`${events[1].aggregate.id}-${events[1].payload.id}`, jti);
    assert.deepEqual(events.map(({ sequence }) => sequence), ['1', '2']);
    assert.equal(transactions, 1);
    assert.equal(events[0].payload.userID, caller.userId);
  });

  for (const what of ['access_token', 'refresh_token']) {
    test(`oidc_session.${what}.revoked`, async () => {
      const { access_token: token, jti } = await feed.logIn();
      const { events: [{ sequence }] } = await feed.causes(() => issuer.revoke(token, what),
        [`oidc_session.${what}.revoked`], { id: jti.split('-')[0] });
      assert.equal(sequence, '4');
      await feed.assertDead(token);
    });
  }

  test('oidc_session.refresh_token.renewed ends the one before', async () => {
    const { result: old, events: first } = await feed.causes(() => feed.logIn({ login: 'v1' }),
      ['oidc_session.added', 'oidc_session.access_token.added', 'oidc_session.refresh_token.added']);
    const { result: fresh, events, transactions } = await feed.causes(
      () => issuer.refresh(old.access_token),
      ['oidc_session.access_token.added', 'oidc_session.refresh_token.renewed'],
      { id: first[0].aggregate.id });
    assert.deepEqual([transactions, events.map(({ sequence }) => sequence)], [1, ['4', '5']]);
    assert.equal(fresh.jti.split('-')[0], old.jti.split('-')[0]);
    await feed.assertDead(old.access_token);
    await feed.assertActive(fresh.access_token);
  });

  test('session.added and .user.checked, which say whose the session is', async () => {
    const { session } = await feed.logIn({ login: 'v2' });
    const other = await feed.logIn({ login: 'v2', user: 'without-role' });
    const { events } = await admin.post('/admin/v1/events/_search',
      { asc: true, aggregateId: session, eventTypes: ['session.added', 'session.user.checked'] });
    assert.deepEqual(events.map(({ type, aggregate }) => [type.type, aggregate.id]),
      [['session.added', session], ['session.user.checked', session]]);
    assert.equal(events[1].payload.userID, issuer.users['with-role']);
    assert.notEqual(other.session, session);
  });

  const ends = {
    'session.terminated, by an administrator': ['v2', 'administrator', 'session.terminated'],
    'session.terminated, by the user': ['v2', 'user', 'session.terminated'],
    'user.human.signed.out': ['v1', 'user', 'user.human.signed.out'],
  };
  for (const [what, [login, by, type]] of Object.entries(ends)) {
    test(`${what}: dead, but the refresh token lives`, async () => {
      const one = await feed.logIn({ login });
      const other = await feed.logIn({ login: undefined, session: one.session });
      const elsewhere = await feed.logIn({ login });
      const id = login === 'v1' ? issuer.users['with-role'] : one.session;
      const { events } = await feed.causes(() => issuer.endSession(one.session, by), [type], { id });
      assert.equal(events[0].payload.sessionID, login === 'v1' ? one.session : undefined);
      await feed.assertDead(one.access_token);
      await feed.assertDead(other.access_token);
      await feed.assertActive(elsewhere.access_token);
      await feed.assertActive((await issuer.refresh(one.access_token)).access_token);
    });
  }
});

test('web_key.activated and .removed change the key set and what signs', async () => {
  const keySet = async () => (await getJson(issuer.issuer + paths.keys)).keys;
  const [before] = await keySet();
  const old = await issuer.mint({ kind: 'jwt' });
  const { result: keyId } =
    await feed.causes(() => issuer.addWebKey(), ['web_key.added'], { isRecorded: false });
  assert.deepEqual((await keySet()).map(({ kid }) => kid), [before.kid, keyId]);
  const { events } = await feed.causes(() => issuer.activateWebKey(keyId),
    ['web_key.activated', 'web_key.deactivated'], { id: keyId, isRecorded: false });
  assert.equal(events[0].aggregate.type.type, 'web_key');
  assert.equal(events[0].payload, undefined);
  const fresh = await issuer.mint({ kind: 'jwt', audience: [api.projectId] });
  const [, jwk] = await keySet();
  assert.ok(verify(fresh, createPublicKey({ key: jwk, format: 'jwk' })));
  assert.ok(verify(old, createPublicKey({ key: before, format: 'jwk' })));
  await feed.assertActive(fresh);
  await assert.rejects(issuer.removeWebKey(keyId), /active/);
  await feed.causes(() => issuer.removeWebKey(before.kid), ['web_key.removed'],
    { id: before.kid, isRecorded: false });
  assert.deepEqual((await keySet()).map(({ kid }) => kid), [keyId]);
});

test('every such event that was delivered was caused', () => {
  assert.deepEqual(feed.unseen(/^(oidc_session|session|user\.pat|user\.human\.signed)/), []);
});
