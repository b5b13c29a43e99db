// SPDX-License-Identifier: Apache-2.0
// The whole session that was recorded at a real ZITADEL, call by call in its order: the set-up of
// a project, what came of it, and what each kind of administrator may do.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { startIssuer } from '../client.mjs';
import { audienceScope } from '../lib/names.mjs';
import { assertionOf, test, tokenFrom } from './calls.mjs';
import { assertAsRecorded, call, exchange, namesIn } from './recordings.mjs';
import { Replay } from './replay.mjs';

const kProject = '401504948921044006';
const kUser = '401504950363884582';

let issuer;
let replay;
let administrator; // its token: of one who may do everything, as in the recordings
const ask = (name, token = administrator) => replay.ask(name, token);

// What was done in between without being recorded.
async function make(method, path, json, token = administrator) {
  const answer = await call(issuer.issuer + replay.translate(path), {
    method, json: replay.translate(json) ?? undefined, headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}
const post = (path, json = {}) => make('POST', `/management/v1${path}`, json);

async function makeUser(userName, recordedId) {
  const { userId } = await post('/users/machine', { userName, name: userName });
  if (recordedId) replay.learn(recordedId, userId);
  const { token } = await post(`/users/${userId}/pats`);
  return { userId, token };
}

before(async () => {
  issuer = await startIssuer({ host: 'localhost' });
  administrator = issuer.readToken('iam-owner');
  replay = new Replay(issuer, {
    'http://localhost:18080': '(issuer)', [issuer.issuer]: '(issuer)',
    'admin-sa': '(administrator)', 'iam-owner': '(administrator)',
    'zitadel.localhost': '(domain)', 'main.localhost': '(domain)',
    ZITADEL: '(organisation)', Main: '(organisation)',
    EdDSA: '(algorithm)', RS256: '(algorithm)', // of the key that signed at that time
  });
  // A ZITADEL that is new has one project, its own.
  for (const id of [issuer.projectId, issuer.otherProjectId]) {
    await make('DELETE', `/management/v1/projects/${id}`);
  }
});
after(() => issuer?.stop());

// `steps`: names of recordings, and what is done between them.
function session(title, folder, steps) {
  describe(title, () => {
    for (const step of steps) {
      if (typeof step === 'string') test(step, () => ask(`${folder}/${step}`));
      else test(...step);
    }
  });
}

session('the set-up', 'set-up', [
  'project-search-none', 'me', 'my-permissions', 'my-organisation', 'iam',
  'project-add', 'project-add-exists', 'project-search-found',
  'role-add', 'role-add-exists', 'role-search-found',
  'app-add', 'app-add-exists', 'app-add-basic', 'app-search', 'app-config-unchanged',
  'app-key-add', 'app-key-add-past', 'app-key-add-no-date', 'app-key-search',
  'machine-add-opaque-user', 'machine-key-add-opaque-user', 'pat-add-opaque-user',
  'machine-add-jwt-user', 'machine-key-add-jwt-user', 'pat-add-jwt-user',
  'machine-add-norole-user', 'machine-search', 'machine-add-exists',
  'machine-key-add-norole-user', 'machine-key-search', 'pat-add-norole-user', 'pat-add-no-date',
  'grant-add-opaque-user', 'grant-add-exists', 'grant-add-jwt-user', 'grant-add-unknown-role',
  'grant-search', 'grant-change-unchanged',
  'project-add-empty-name', 'project-add-unknown-organisation', 'no-token', 'wrong-token',
  'unknown-path', 'wrong-verb', 'machine-key-add-public',
  ['no-permission', async () => {
    const { token } = await post(`/users/${kUser}/pats`);
    await ask('set-up/no-permission', token);
  }],
]);

session('what changes later', 'set-up', [
  'grant-remove',
  ['a grant in its place', async () => {
    await post(`/projects/${kProject}/roles`, { roleKey: 'write:messages', displayName: 'w' });
    const { userGrantId } = await post(`/users/${kUser}/grants`,
      { projectId: kProject, roleKeys: ['read:messages'] });
    replay.learn('401505320402160678', userGrantId);
  }],
  'grant-deactivate', 'grant-reactivate', 'grant-change', 'role-remove',
  'machine-deactivate', 'machine-reactivate', 'machine-lock', 'machine-unlock',
  ['a token, a key and a user to take away', async () => {
    replay.learn('401505353990147110', (await post(`/users/${kUser}/pats`)).tokenId);
    const { id } = await post(`/projects/${kProject}/apps/401504949306919974/keys`,
      { type: 'KEY_TYPE_JSON' });
    replay.learn('401505359023311910', id);
    await makeUser('goes', '401505375850859558');
  }],
  'pat-remove', 'app-key-remove', 'app-deactivate', 'app-reactivate',
  'project-deactivate', 'project-reactivate', 'machine-remove',
]);

describe("an administrator's key", () => {
  for (const [kind, scope] of [['with', `openid ${audienceScope('zitadel')}`], ['without', 'openid']]) {
    test(`${kind} the audience "zitadel"`, async () => {
      const { request: { path, body } } = exchange(`administrators/admin-key-token-${kind}-audience`);
      assert.equal(body.scope, scope);
      const form = { ...body, assertion: assertionOf(issuer, issuer.readFile('iam-owner-key')) };
      const answer = await call(issuer.issuer + path, { form });
      assertAsRecorded(answer, `administrators/admin-key-token-${kind}-audience`, replay.names);
      replay.answered(`administrators/admin-key-token-${kind}-audience`);
      await ask(`administrators/admin-key-${kind}-audience`, answer.body.access_token);
    });
  }
});

// Their users, as they were recorded.
const kinds = {
  ORG_OWNER: '401506845300100134', ORG_OWNER_VIEWER: '401506846591945766',
  ORG_USER_MANAGER: '401506847665687590', ORG_PROJECT_CREATOR: '401506848823315494',
};
for (const [role, recordedId] of Object.entries(kinds)) {
  const name = role.toLowerCase();
  describe(`an ${role}`, () => {
    let token;
    test(`member-add-${role}`, async () => {
      ({ token } = await makeUser(`as-${name}`, recordedId));
      await ask(`set-up/member-add-${role}`);
    });
    const things = ['permissions', 'project-add', 'project-search', 'role-add', 'app-add',
      'machine-add', 'grant-add', 'event-search'];
    for (const thing of things) {
      const recording = `administrators/${thing}${thing === 'permissions' ? '-' : '-as-'}${name}`;
      test(recording, () => ask(recording, token));
    }
  });
}

session('oddities', 'set-up', [
  ['iam-member-add', async () => {
    const { token } = await makeUser('viewer', '401506849947388966');
    await ask('set-up/iam-member-add');
    await ask('administrators/event-search-as-iam_owner_viewer', token);
  }],
  ['pat-expired', () => ask('administrators/pat-expired', issuer.readToken('expired'))],
  ['user-deactivated', async () => {
    const { userId, token } = await makeUser('stopped');
    await post(`/users/${userId}/_deactivate`);
    await ask('administrators/user-deactivated', token);
  }],
  'project-umlaut', 'project-long-name', 'role-odd-key', 'role-no-display-name', 'role-long-key',
  'machine-odd-name', 'role-search-paged', 'role-add-bulk', 'role-add-bulk-exists',
  ['applications of the other kind', async () => {
    const { appId } = await issuer.stranger(
      { kind: 'oidc-application', name: 'takes no key', projectId: replay.translate(kProject) });
    replay.learn('401506858688318502', appId);
    const { appId: changing } = await post(`/projects/${kProject}/apps/api`, { name: 'changes' });
    replay.learn('401506858788981798', changing);
  }],
  'app-key-add-on-oidc', 'app-config-change',
  ['back', () => make('PUT', `/management/v1/projects/${kProject}/apps/401506858788981798/api_config`,
    { authMethodType: 'API_AUTH_METHOD_TYPE_BASIC' })],
  'app-secret-new', 'app-remove', 'app-remove-gone',
  'grant-remove-gone', 'machine-remove-gone', 'project-remove-gone',
  'machine-get', 'project-change-unchanged', 'project-get',
]);

test('every recording of these calls was put to it', () => {
  for (const folder of ['set-up', 'administrators']) {
    const names = namesIn(folder);
    assert.ok(names.length > 0);
    assert.deepEqual(names.filter((name) => !replay.isAnswered(name)), []);
  }
});
