// SPDX-License-Identifier: Apache-2.0
// An instance of which events and introspection are asked side by side. What the webhook delivered
// says which form an event has.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { startIssuer } from '../client.mjs';
import { audienceScope, rolesClaim } from '../lib/names.mjs';
import { Administrator } from './administrator.mjs';
import { assertionOf, introspectWith, tokenFrom } from './calls.mjs';
import { neutral } from './recordings.mjs';

export const delivered = JSON.parse(readFileSync(
  new URL('../../testdata/events/delivered.json', import.meta.url), 'utf8'));
export const kRead = 'read:messages';
export const kWrite = 'write:messages';

const kOrigins = { 'http://localhost:18080': '(origin)', 'http://localhost': '(origin)' };
const kVariable = ['scope', 'audience', 'authTime', 'clientID', 'nonce'];
const ofPayload = (payload) => payload && Object.fromEntries(
  Object.entries(neutral(payload, kOrigins))
    .map(([name, value]) => [name, kVariable.includes(name) ? typeof value : value]));
const idForm = (text) => text.replace(/\d{15,}/, '(id)');

const asDelivered = ({ event: one }) => ({
  type: one.event_type, aggregate: [one.aggregateType, idForm(one.aggregateID)],
  ofInstance: one.resourceOwner === one.instanceID, hasEditor: one.userID !== undefined,
  payload: ofPayload(one.event_payload),
});

export class Feed {
  #seen = new Set();

  static async start() {
    const feed = new Feed();
    feed.issuer = await startIssuer({ assertions: 'reusable' });
    feed.admin = new Administrator(feed.issuer);
    feed.api = await feed.admin.makeApi('Feed', { role: kRead });
    feed.caller = await feed.admin.makeUser('caller');
    return feed;
  }

  stop() { return this.issuer.stop(); }

  // A service user without a key, which takes time to make, and its personal access token.
  async makeUser(userName) {
    const { userId } = await this.admin.post('/users/machine', { userName, name: userName });
    const user = `/users/${userId}`;
    return { userId, user, token: (await this.admin.post(`${user}/pats`)).token };
  }

  async tokenOf({ key }) {
    const scope = `openid ${audienceScope(this.api.projectId)}`;
    return (await tokenFrom(this.issuer, assertionOf(this.issuer, key), scope)).body.access_token;
  }

  logIn(wish) {
    return this.issuer.logIn({ user: 'with-role', audience: [this.api.projectId], ...wish });
  }

  async grant({ user }, roleKeys = [kRead]) {
    const { projectId } = this.api;
    return (await this.admin.post(`${user}/grants`, { projectId, roleKeys })).userGrantId;
  }

  introspected(token, { key } = this.api) {
    return introspectWith(this.issuer, assertionOf(this.issuer, key), token);
  }

  async assertActive(token) {
    assert.equal((await this.introspected(token)).body.active, true);
  }

  async assertDead(token) {
    assert.deepEqual((await this.introspected(token)).body, { active: false });
  }

  async assertRoles(token, ...roles) {
    const { body } = await this.introspected(token);
    assert.equal(body.active, true);
    assert.deepEqual(Object.keys(body[rolesClaim] ?? {}), roles);
  }

  async assertRefused(token, one = this.api) {
    const { status, body } = await this.introspected(token, one);
    assert.deepEqual([status, body], [400, { error: 'unauthorized_client' }]);
  }

  #asFound({ type, aggregate, editor, payload }) {
    const { organisationId, otherOrganisationId } = this.issuer;
    return {
      type: type.type, aggregate: [aggregate.type.type, idForm(aggregate.id)],
      ofInstance: ![organisationId, otherOrganisationId].includes(aggregate.resourceOwner),
      hasEditor: editor.userId !== undefined, payload: ofPayload(payload),
    };
  }

  assertDelivered(event) {
    const found = this.#asFound(event);
    const known = delivered.map(asDelivered).filter(({ type }) => type === found.type);
    assert.ok(known.some((each) => isDeepStrictEqual(each, found)),
      `${JSON.stringify(found)}\nis none of\n${JSON.stringify(known, undefined, 1)}`);
    this.#seen.add(found.type);
  }

  // Those of the types that were delivered which no test has caused.
  unseen(pattern) {
    const types = new Set(delivered.map(({ event }) => event.event_type));
    return [...types].filter((type) => pattern.test(type) && !this.#seen.has(type));
  }

  // Does something. All that it writes is `types`, in the form that was delivered; the first on `id`.
  async causes(run, types, { id, isRecorded = true } = {}) {
    await this.issuer.clearEvents();
    const result = await run();
    const events = await this.admin.events([]);
    assert.deepEqual(events.map(({ type }) => type.type), types);
    if (isRecorded) events.forEach((event) => this.assertDelivered(event));
    if (id) assert.equal(events[0].aggregate.id, id);
    const times = new Set(events.map(({ creationDate }) => creationDate));
    return { result, events, transactions: times.size };
  }
}
