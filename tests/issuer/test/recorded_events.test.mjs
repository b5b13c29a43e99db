// SPDX-License-Identifier: Apache-2.0
// ZITADEL's event search beside the one here: what was recorded is asked again, of the same events,
// and what was not is refused aloud.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import { startIssuer } from '../client.mjs';
import { audienceScope } from '../lib/names.mjs';
import { Administrator } from './administrator.mjs';
import { assertionOf, test, tokenFrom } from './calls.mjs';
import { assertAsRecorded, call, exchange } from './recordings.mjs';

const kSearch = '/admin/v1/events/_search';
const folder = new URL('../../testdata/events/', import.meta.url);
const names = readdirSync(folder).filter((file) => /^event-.*\.json$/.test(file))
  .map((file) => `../events/${file.replace('.json', '')}`);
const timeOf = (name) =>
  Date.parse(exchange(name).response.headers.find(([header]) => header === 'Date')[1]);

let issuer;
let admin;
before(async () => {
  issuer = await startIssuer();
  admin = new Administrator(issuer, { token: issuer.readToken('iam-owner-viewer') });
});
after(() => issuer?.stop());

// Every event of the recordings, once, as it is ordered here.
function recordedEvents() {
  const all = new Map();
  for (const event of names.flatMap((name) => exchange(name).response.body.events ?? [])) {
    const { aggregate, sequence, creationDate, payload, type } = event;
    const { service, ...editor } = event.editor;
    assert.equal(service, 'zitadel');
    all.set(`${aggregate.id} ${sequence}`, {
      type: type.type, aggregate: { ...aggregate, type: aggregate.type.type },
      sequence: Number(sequence), at: creationDate, payload, editor,
    });
  }
  return [...all.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
}

describe('what was recorded', () => {
  const waiting = recordedEvents();
  for (const name of names.sort((a, b) => timeOf(a) - timeOf(b))) {
    test(name, async () => {
      const { request, response } = exchange(name);
      const isPast = ({ at }) => Date.parse(at) < timeOf(name) + 1000;
      const due = waiting.filter(isPast);
      if (due.length > 0) await issuer.transaction(waiting.splice(0, due.length));
      const answer = await call(issuer.issuer + request.path, {
        json: request.body, headers: { authorization: `Bearer ${admin.token}` },
      });
      assertAsRecorded(answer, name);
      assert.equal(JSON.stringify(answer.body), JSON.stringify(response.body));
      const { 1: length } = response.headers.find(([header]) => header === 'Content-Length') ?? [];
      if (length) assert.equal(String(Buffer.byteLength(answer.text)), length);
    });
  }

  test('is all there is', () => {
    assert.equal(names.length, 12);
    assert.deepEqual(waiting, []);
  });
});

describe('what was not recorded is refused aloud', () => {
  const from = '2026-11-27T21:50:29.959042Z';
  const strange = {
    'the member aggregateTypes': { aggregateTypes: ['user'] },
    'the member editorUserId': { editorUserId: '1' },
    'the member resourceOwner': { resourceOwner: '1' },
    'the member sequence': { sequence: '1' },
    'the member creationDate': { creationDate: from },
    'the member eventtypes': { eventtypes: ['user.locked'] },
    'the member range.until': { asc: true, range: { since: from, until: from } },
    'from beside range': { asc: true, from, range: { since: from } },
    'a range without since': { asc: true, range: {} },
    'from or range in descending order': { from },
  };
  for (const [what, body] of Object.entries(strange)) {
    test(what, async () => {
      const { status, body: { message } } = await admin.ask('POST', kSearch, body);
      assert.equal(status, 501);
      assert.match(message, new RegExp(`does not know ${what}`));
    });
  }

  // As ZITADEL documents it.
  test('events of one history are', async () => {
    const owner = new Administrator(issuer);
    const { user, userId } = await owner.makeUser('of one history');
    await owner.post(`${user}/_lock`);
    const { body } = await admin.ask('POST', kSearch, { asc: true, aggregateId: userId, eventTypes: ['user.locked', 'user.unlocked'] });
    assert.deepEqual(body.events.map(({ type, aggregate }) => [type.type, aggregate.id]), [['user.locked', userId]]);
    assert.deepEqual((await admin.ask('POST', kSearch, { aggregateId: '1' })).body, {});
  });

  for (const path of ['/admin/v1/events/nonsense', '/admin/v1/aggregates/types/_search']) {
    test(path, async () => assert.equal((await admin.ask('POST', path, {})).status, 501));
  }

  const wrong = {
    'a time of another form': { asc: true, from: '2026-11-27 21:50' },
    'a limit that is no number': { limit: 'many' },
    'types that are no list': { eventTypes: 'user.locked' },
    'a type that is no text': { eventTypes: [1] },
    'asc as a text': { asc: 'true' },
  };
  for (const [what, body] of Object.entries(wrong)) {
    test(what, async () => {
      const answer = await admin.ask('POST', kSearch, body);
      assert.deepEqual([answer.status, answer.body.code], [400, 3]);
    });
  }

  test('another verb', async () => assert.equal((await admin.ask('GET', kSearch)).status, 405));
});

describe('who may search', () => {
  const ask = async (token) => {
    const caller = new Administrator(issuer, { token });
    const { status, body } = await caller.ask('POST', kSearch, { limit: 1 });
    return [status, body.details?.[0].id];
  };
  const answers = {
    'iam-owner': [200, undefined], 'iam-owner-viewer': [200, undefined],
    admin: [403, 'AUTH-5mWD2'], 'owner-viewer': [403, 'AUTH-5mWD2'],
    'project-creator': [403, 'AUTH-5mWD2'], 'user-manager': [403, 'AUTH-5mWD2'],
    'login-client': [403, 'AUTH-5mWD2'], 'manages-nothing': [404, 'AUTHZ-cdgFk'],
    expired: [401, 'AUTH-7fs1e'],
  };
  for (const [name, expected] of Object.entries(answers)) {
    test(`the token of ${name}`, async () =>
      assert.deepEqual(await ask(issuer.readToken(name)), expected));
  }

  test('the key of an IAM_OWNER_VIEWER, with the audience', async () => {
    for (const [scope, status] of [[`openid ${audienceScope('zitadel')}`, 200], ['openid', 401]]) {
      const assertion = assertionOf(issuer, issuer.readFile('iam-owner-viewer-key'));
      const { body } = await tokenFrom(issuer, assertion, scope);
      assert.equal((await ask(body.access_token))[0], status);
    }
  });

  test('nobody without a token', async () => {
    assert.equal((await call(issuer.issuer + kSearch, { json: {} })).status, 401);
  });

  test('an IAM_OWNER_VIEWER may see and not make', async () => {
    const { result } = await admin.post('/auth/v1/permissions/zitadel/me/_search');
    assert.ok(result.includes('events.read') && !result.some((each) => each.endsWith('.write')));
    assert.ok((await admin.search('/projects')).length > 0);
    assert.equal((await admin.ask('POST', '/projects', { name: 'Not mine' })).status, 403);
  });
});
