// SPDX-License-Identifier: Apache-2.0
// What a test of a feed orders: events by hand, late ones, hidden ones, slow and broken answers.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe } from 'node:test';
import { startIssuer } from '../client.mjs';
import { Administrator } from './administrator.mjs';
import { test, until } from './calls.mjs';

const kSearch = '/admin/v1/events/_search';
let issuer;
let admin;
before(async () => {
  issuer = await startIssuer();
  admin = new Administrator(issuer, { token: issuer.readToken('iam-owner-viewer') });
});
afterEach(async () => {
  await issuer.clearFaults();
  await issuer.eventSettings({});
  await issuer.clearEvents();
  await issuer.resetCounters();
});
after(() => issuer?.stop());

const type = 'user.locked';
const lock = (more) => issuer.event({ type, ...more });
const idsOf = (events) => events.map(({ aggregate }) => aggregate.id);
const found = async (from) => idsOf(await admin.events([type], from));
const timesOf = (events) => events.map(({ creationDate }) => creationDate);
const refused = (order, why) => assert.rejects(issuer.event({ type, ...order }), why);

describe('an event by hand', () => {
  test('of any type, with any payload, of whom and by whom one likes', async () => {
    const aggregate = { id: 'V2_7', type: 'oidc_session', resourceOwner: '8' };
    const editor = { userId: '9', displayName: 'Somebody' };
    const order = { type: 'oidc_session.terminated', aggregate, editor, sequence: 41 };
    const payloads = [undefined, {}, { b: { d: 1, c: [2] }, a: null }, 'eyJhIjoxfQ==', null];
    for (const payload of payloads) await issuer.event({ ...order, payload });
    const events = await admin.events(['oidc_session.terminated']);
    assert.deepEqual(events.map(({ payload }) => payload), payloads);
    assert.equal(JSON.stringify(events[2].payload), '{"a":null,"b":{"c":[2],"d":1}}');
    const [one] = events;
    assert.deepEqual(one.editor, { ...editor, service: 'zitadel' });
    assert.deepEqual([one.aggregate.id, one.aggregate.resourceOwner, one.sequence],
      ['V2_7', '8', '41']);
    assert.equal(one.aggregate.type.localized.localizedMessage, 'OIDC Session');
    assert.equal(one.type.localized.key, 'EventTypes.oidc_session.terminated');
  });

  test('of a thing that there is gets the next number, and so does what happens then', async () => {
    const id = issuer.users['without-role'];
    const { sequence, aggregate } = await lock({ aggregate: { id } });
    assert.equal(aggregate.type, 'user');
    await issuer.setUserState('without-role', 'locked');
    await issuer.setUserState('without-role', 'active');
    const events = await admin.events([]);
    assert.deepEqual(events.map((one) => Number(one.sequence)), [sequence, sequence + 1, sequence + 2]);
  });

  test('at a time in the past is found where it belongs, after a younger one was', async () => {
    const { aggregate: young, creationDate } = await lock();
    assert.deepEqual(await found(), [young.id]);
    const { aggregate: late } = await lock({ ago: 5000 });
    assert.deepEqual(await found(), [late.id, young.id]);
    assert.deepEqual(await found(creationDate), []);
    const since = new Date(Date.now() - 10_000).toISOString();
    assert.deepEqual(await found(since), [late.id, young.id]);
  });

  test('that becomes visible later, at its own time', async () => {
    await lock({ visibleIn: 60_000 });
    const begin = Date.now();
    const { aggregate: slow } = await lock({ visibleIn: 150 });
    const { aggregate: quick } = await lock();
    await until(async () => (await found()).length === 2);
    assert.ok(Date.now() - begin >= 150);
    assert.deepEqual(await found(), [slow.id, quick.id]);
  });

  test('several as one transaction have one time, and from passes over all of them', async () => {
    const events = await issuer.transaction([{ type }, { type }, { type, at: '2020-01-01T00:00:00Z' }]);
    const [first, second, old] = events.map(({ creationDate }) => creationDate);
    assert.deepEqual([first === second, old], [true, '2020-01-01T00:00:00Z']);
    assert.equal((await found()).length, 3);
    assert.deepEqual(await found(first), []);
  });

  test('has its time to the microsecond, written as protobuf does', async () => {
    const times = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.120Z', '2026-01-01T00:00:00.120001Z',
      '2026-01-01T00:00:00.999999Z'];
    for (const at of times) await lock({ at });
    assert.deepEqual(timesOf(await admin.events([type])), times);
    for (const [n, at] of times.entries()) {
      assert.deepEqual(timesOf(await admin.events([type], at)), times.slice(n + 1));
    }
    const elsewhere = '2026-01-01T01:00:00.12+01:00';
    assert.deepEqual(timesOf(await admin.events([type], elsewhere)), times.slice(2));
  });

  test('that is ordered wrongly is refused', async () => {
    await refused({ type: '' }, /has a type/);
    await refused({ tpye: type }, /has no tpye/);
    await refused({ at: 'yesterday' }, /is no time/);
    await refused({ sequence: '1' }, /is a number/);
    assert.deepEqual(await found(), []);
  });
});

describe('a search', () => {
  test('gives a thousand at most, page by page, in either order', async () => {
    const events = Array.from({ length: 1203 }, (_, n) => ({ type, ago: 60_000 - n }));
    const ids = idsOf(await issuer.transaction(events));
    const page = async (more) => admin.post(kSearch, { asc: true, eventTypes: [type], ...more });
    const pages = [];
    let from;
    for (let n = 0; n < 5; n += 1) {
      const { events: some = [] } = await page({ limit: 2000, from });
      pages.push(some.length);
      from = some.at(-1)?.creationDate;
      if (some.length === 0) break;
    }
    assert.deepEqual(pages, [1000, 203, 0]);
    assert.deepEqual(idsOf((await page({ limit: 3 })).events), ids.slice(0, 3));
    assert.deepEqual(idsOf((await page({ limit: '2', asc: false })).events), ids.slice(-2).reverse());
    assert.equal((await page({})).events.length, 1000);
  });

  test('finds nothing until the delay that was ordered is over', async () => {
    for (const [visibleAfter, expected] of [[60_000, 0], [150, 1]]) {
      await issuer.eventSettings({ visibleAfter });
      const begin = Date.now();
      await issuer.setUserState('org-role', 'locked');
      await until(async () => (await found()).length === expected);
      assert.ok(expected === 0 || Date.now() - begin >= visibleAfter);
      await issuer.setUserState('org-role', 'active');
    }
  });

  test('takes as long as was ordered, and tells what was there when it began', async () => {
    await issuer.eventSettings({ latency: 200 });
    const begin = Date.now();
    const answer = found();
    await until(async () => (await issuer.searches()).length === 1);
    await lock();
    assert.deepEqual(await answer, []);
    assert.ok(Date.now() - begin >= 200);
  });

  test('tells all payloads in the form that was ordered', async () => {
    await lock({ payload: { b: 1, a: 2 } });
    await lock();
    const payloads = async (form) => {
      await issuer.eventSettings({ payloads: form });
      return (await admin.events([type])).map(({ payload }) => payload);
    };
    assert.deepEqual(await payloads('missing'), [undefined, undefined]);
    assert.deepEqual(await payloads('empty'), [{}, {}]);
    const text = Buffer.from('{"a":2,"b":1}').toString('base64');
    assert.deepEqual(await payloads('base64'), [text, undefined]);
    assert.deepEqual(await payloads('object'), [{ b: 1, a: 2 }, undefined]);
    await assert.rejects(issuer.eventSettings({ payloads: 'xml' }), /cannot be xml/);
    await assert.rejects(issuer.eventSettings({ delay: 1 }), /no setting delay/);
  });

  test('is counted with what it asked for, and is no call of the set-up API', async () => {
    const body = { asc: true, limit: 5, eventTypes: [type], from: '2026-01-01T00:00:00Z' };
    await admin.post(kSearch, body);
    await issuer.fault('server-error', { on: 'events', times: 1 });
    await admin.ask('POST', kSearch, { limit: 1 });
    await admin.post('/admin/v1/events/types/_search');
    const searches = await issuer.searches();
    assert.deepEqual(searches.map(({ path, parameters }) => [path, parameters]),
      [[kSearch, body], [kSearch, { limit: 1 }], ['/admin/v1/events/types/_search', {}]]);
    assert.ok(Math.abs(searches[0].time - Date.now()) < 10_000);
    const { events, management } = await issuer.counters();
    assert.deepEqual([events, management], [3, 0]);
    assert.deepEqual((await issuer.management()).calls, []);
    await issuer.resetCounters();
    assert.deepEqual(await issuer.searches(), []);
  });
});

describe('a fault on "events"', () => {
  const answers = {
    'wrong-token': [401, /"code":16.*AUTH-7fs1e/],
    'no-permission': [403, /"code":7.*AUTH-5mWD2/],
    'rate-limited': [429, /slow down/],
    'server-error': [500, /instance/],
    'not-json': [200, /<html>/],
  };
  for (const [name, [status, text]] of Object.entries(answers)) {
    test(`${name}, once, and nowhere else`, async () => {
      await issuer.fault(name, { on: 'events', times: 1, headers: { 'retry-after': '7' } });
      assert.equal((await admin.ask('GET', '/auth/v1/users/me')).status, 200);
      const answer = await admin.ask('POST', kSearch, {});
      assert.equal(answer.status, status);
      assert.match(answer.text, text);
      assert.deepEqual(answer.headers.find(([header]) => header === 'retry-after')?.[1], '7');
      assert.equal((await admin.ask('POST', kSearch, {})).status, 200);
    });
  }

  for (const [name, more] of [['reset'], ['truncated', { body: '{"events":[{"edit' }]]) {
    test(`${name} breaks off`, async () => {
      await issuer.fault(name, { on: 'events', times: 1, ...more });
      await assert.rejects(admin.ask('POST', kSearch, {}));
      assert.equal((await issuer.searches()).length, 1);
    });
  }

  test('hang answers nothing while others are answered', async () => {
    await issuer.fault('hang', { on: 'events', times: 1 });
    const controller = new AbortController();
    const request = { method: 'POST', body: '{}', signal: controller.signal };
    const hanging = fetch(issuer.issuer + kSearch, request).then(() => 'answered', () => 'cut off');
    await until(async () => (await issuer.counters()).inFlight === 1);
    assert.deepEqual(await found(), []);
    controller.abort();
    assert.equal(await hanging, 'cut off');
  });

  test('can change the real answer, or come after it was made', async () => {
    await lock();
    await issuer.fault({ on: 'events', omit: ['events'], times: 1 });
    assert.deepEqual(await admin.post(kSearch), {});
    await issuer.fault({ on: 'events', effect: 'taken', status: 500, body: '{}', times: 1 });
    assert.equal((await admin.ask('POST', kSearch, {})).status, 500);
    assert.equal((await issuer.searches()).length, 2);
    assert.equal((await found()).length, 1);
  });
});
