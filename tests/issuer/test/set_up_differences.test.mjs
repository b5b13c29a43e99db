// SPDX-License-Identifier: Apache-2.0
// A request of the set-up API that differs from those that were recorded: it fails as ZITADEL lets
// it fail, or, where nobody knows that, loudly.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { startIssuer } from '../client.mjs';
import { audienceScope } from '../lib/names.mjs';
import { Administrator, kKeyMethod } from './administrator.mjs';
import { assertionOf, test, tokenFrom } from './calls.mjs';

const kJson = { type: 'KEY_TYPE_JSON' };
const kAdd = '/management/v1/projects';

let issuer;
let admin;
let api;
let caller;
const ids = {};
before(async () => {
  issuer = await startIssuer();
  admin = new Administrator(issuer);
  api = await admin.makeApi('Differences');
  caller = await admin.makeUser('caller');
  const { userGrantId } = await admin.post(`${caller.user}/grants`,
    { projectId: api.projectId, roleKeys: ['read'] });
  Object.assign(ids, {
    ':project': api.projectId, ':app': api.appId, ':user': caller.userId, ':grant': userGrantId,
  });
});
after(() => issuer?.stop());

const withIds = (text) => text?.replace(/:(project|app|user|grant)\b/g, (name) => ids[name]);

// A line is: what differs, the call, its body, and the status, the code and the error's id or words.
function refuses(title, lines) {
  describe(title, () => {
    for (const [what, line, json, status, code, said] of lines) {
      test(`${what}: ${line}`, async () => {
        const [method, path] = withIds(line).split(' ');
        const before = await issuer.management();
        const body = json && JSON.parse(withIds(JSON.stringify(json)));
        const answer = await admin.ask(method, path, body);
        assert.deepEqual([answer.status, answer.body.code], [status, code], answer.text);
        const id = answer.body.details?.[0].id;
        if (said instanceof RegExp) assert.match(answer.body.message, said);
        else assert.equal(id, said);
        const { changes, calls, ...now } = await issuer.management();
        const { changes: ofBefore, calls: _, ...then } = before;
        assert.deepEqual(now, then);
        assert.equal(changes, ofBefore);
        assert.equal(calls.at(-1).status, status);
      });
    }
  });
}

const unknown = (what) => [501, 12, new RegExp(`does not know .*${what}`)];
const notAsWanted = (member) =>
  [400, 3, new RegExp(`^proto: invalid value for ${member.replace(/[[\]]/g, '\\$&')}: `)];
const tooLong = (member) =>
  [400, 3, new RegExp(`^invalid ${member}: value length must be between 1 and 200 runes`)];

refuses('another member', [
  ['of a project', `POST ${kAdd}`, { name: 'x', projectRoleCheck: true },
    ...unknown('the member projectRoleCheck')],
  ['of a role', 'POST /projects/:project/roles', { roleKey: 'x', displayName: 'x', key: 'x' },
    ...unknown('the member key')],
  ['of a role among several', 'POST /projects/:project/roles/_bulk',
    { roles: [{ key: 'x', displayName: 'x', roleKey: 'x' }] },
    ...unknown('the member roles\\[0\\].roleKey')],
  ['of an application', 'POST /projects/:project/apps/api', { name: 'x', redirectUris: [] },
    ...unknown('the member redirectUris')],
  ['of a key', 'POST /projects/:project/apps/:app/keys', { ...kJson, publicKey: '' },
    ...unknown('the member publicKey')],
  ['of a user', 'POST /users/machine', { userName: 'x', name: 'x', userId: '1' },
    ...unknown('the member userId')],
  ['of a grant', 'POST /users/:user/grants', { projectId: ':project', roles: ['read'] },
    ...unknown('the member roles')],
  ['of a search', 'POST /projects/_search', { limit: 1 }, ...unknown('the member limit')],
  ['of a page', 'POST /projects/_search', { query: { first: 1 } }, ...unknown('query.first')],
  ['of an empty request', 'POST /users/:user/_lock', { reason: 'x' }, ...unknown('reason')],
  ['a query', 'POST /projects/_search', { queries: [{ idQuery: { id: '1' } }] },
    ...unknown('idQuery')],
  ['two queries in one', 'POST /users/grants/_search',
    { queries: [{ userIdQuery: { userId: '1' }, projectIdQuery: { projectId: '1' } }] },
    ...unknown('queries\\[0\\] with 2 members')],
  ['a query\'s method', 'POST /users/_search',
    { queries: [{ userNameQuery: { userName: 'a', method: 'TEXT_QUERY_METHOD_CONTAINS' } }] },
    ...unknown('TEXT_QUERY_METHOD_CONTAINS')],
]);

refuses('a member that is missing, or too short or long', [
  ['a project\'s name', `POST ${kAdd}`, {}, ...tooLong('AddProjectRequest.Name')],
  ['a project\'s name, null', `POST ${kAdd}`, { name: null }, ...tooLong('AddProjectRequest.Name')],
  ['a role\'s key', 'POST /projects/:project/roles', { displayName: 'x' },
    ...tooLong('AddProjectRoleRequest.RoleKey')],
  ['a role\'s name', 'POST /projects/:project/roles', { roleKey: 'x', displayName: 'x'.repeat(201) },
    ...tooLong('AddProjectRoleRequest.DisplayName')],
  ['an application\'s name', 'POST /projects/:project/apps/api', { authMethodType: kKeyMethod },
    ...tooLong('AddAPIAppRequest.Name')],
  ['a key\'s type', 'POST /users/:user/keys', {}, ...unknown('what a missing type means')],
  ['a user\'s name', 'POST /users/machine', { userName: 'x' },
    ...tooLong('AddMachineUserRequest.Name')],
  ['a user\'s user name', 'POST /users/machine', { name: 'x' },
    ...tooLong('AddMachineUserRequest.UserName')],
  ['a grant\'s project', 'POST /users/:user/grants', { roleKeys: ['read'] },
    ...tooLong('AddUserGrantRequest.ProjectId')],
]);

refuses('another type', [
  ['a number for a text', `POST ${kAdd}`, { name: 1 }, ...notAsWanted('name')],
  ['a list for a text', 'POST /users/machine', { userName: ['x'], name: 'x' },
    ...notAsWanted('userName')],
  ['a text for a list', 'POST /users/:user/grants', { projectId: ':project', roleKeys: 'read' },
    ...notAsWanted('roleKeys')],
  ['a number in a list', 'POST /users/:user/grants', { projectId: ':project', roleKeys: [1] },
    ...notAsWanted('roleKeys[0]')],
  ['a day for a date', 'POST /users/:user/keys', { ...kJson, expirationDate: '2099-01-01' },
    ...notAsWanted('expirationDate')],
  ['a number for a date', 'POST /users/:user/pats', { expirationDate: 4070908800 },
    ...notAsWanted('expirationDate')],
  ['PEM for base64', 'POST /users/:user/keys', { ...kJson, publicKey: '-----BEGIN PUBLIC KEY-----' },
    ...notAsWanted('publicKey')],
  ['base64 of no key', 'POST /users/:user/keys', { ...kJson, publicKey: 'QUJD' },
    400, 3, 'COMMAND-5F3h1'],
  ['a number for a method', 'POST /projects/:project/apps/api', { name: 'x', authMethodType: 1 },
    ...unknown('authMethodType as 1')],
  ['a method that there is not', 'POST /projects/:project/apps/api',
    { name: 'x', authMethodType: 'NONE' }, ...unknown('authMethodType of NONE')],
  ['a word for a limit', 'POST /projects/_search', { query: { limit: 'all' } },
    ...notAsWanted('query.limit')],
  ['a list for the whole', `POST ${kAdd}`, ['x'], ...notAsWanted('')],
]);

refuses('another verb or path', [
  ['GET for POST', 'GET /projects/_search', undefined, 404, 5, 'QUERY-fk2fs'],
  ['PUT for POST', `PUT ${kAdd}`, {}, 405, 12, /^Method Not Allowed$/],
  ['PATCH for PUT', 'PATCH /projects/:project', {}, 405, 12, /^Method Not Allowed$/],
  ['GET for POST of a user', 'GET /users/:user/_lock', undefined, 405, 12, /^Method Not Allowed$/],
  ['DELETE for POST', 'DELETE /users/:user/grants', undefined, 405, 12, /^Method Not Allowed$/],
  ['a verb that ZITADEL has', 'GET /projects/:project/apps/:app', undefined,
    ...unknown('GET .*/apps/')],
  ['another ending', 'POST /projects/:project/_remove', {}, ...unknown('_remove')],
  ['another version', 'POST /management/v2/projects', {}, 404, 5, /^Not Found$/],
  ['another name', 'POST /management/v1/project', {}, 404, 5, /^Not Found$/],
  ['a slash at the end', 'POST /projects/', {}, ...unknown('projects/')],
  ['a slash in a role\'s key', 'DELETE /projects/:project/roles/a%2Fb', undefined,
    ...unknown('roles/a/b')],
]);

refuses('what is not there', [
  ['a project', 'GET /projects/123', undefined, 404, 5, 'QUERY-fk2fs'],
  ['its state', 'POST /projects/123/_deactivate', {}, 404, 5, 'COMMAND-112M9'],
  ['its roles', 'POST /projects/123/roles', { roleKey: 'x', displayName: 'x' },
    400, 9, 'COMMAND-EbFMN'],
  ['a role', 'DELETE /projects/:project/roles/x', undefined, 404, 5, 'COMMAND-m9vMf'],
  ['an application', 'POST /projects/:project/apps/123/_deactivate', {}, 404, 5, 'COMMAND-ov9d3'],
  ['its keys', 'POST /projects/:project/apps/123/keys', kJson, 400, 9, 'COMMAND-sak25'],
  ['a key', 'DELETE /projects/:project/apps/:app/keys/123', undefined, 404, 5, 'COMMAND-4m77G'],
  ['a user', 'GET /users/123', undefined, 404, 5, 'QUERY-Dfbg2'],
  ['its keys', 'POST /users/123/keys', kJson, 400, 9, 'COMMAND-bnipwm1'],
  ['its key', 'DELETE /users/:user/keys/123', undefined, 404, 5, 'COMMAND-4m77G'],
  ['its token', 'DELETE /users/:user/pats/123', undefined, 404, 5, 'COMMAND-4m77G'],
  ['its project', 'POST /users/:user/grants', { projectId: '123', roleKeys: ['read'] },
    400, 9, 'COMMAND-3n77S'],
  ['a grant', 'PUT /users/:user/grants/123', { roleKeys: ['read'] }, 404, 5, 'COMMAND-3M9sd'],
]);

refuses('what is so already, or cannot be', [
  ['a name in other letters', `POST ${kAdd}`, { name: 'DIFFERENCES' }, 409, 6, 'V3-DKcYh'],
  ['a user\'s in other letters', 'POST /users/machine', { userName: 'Caller', name: 'x' },
    409, 6, 'V3-DKcYh'],
  ['a role\'s in other letters', 'POST /projects/:project/roles', { roleKey: 'READ', displayName: 'x' },
    409, 6, 'V3-DKcYh'],
  ['one role twice', 'POST /projects/:project/roles/_bulk',
    { roles: [{ key: 'x', displayName: 'x' }, { key: 'x', displayName: 'y' }] }, 409, 6, 'V3-DKcYh'],
  ['an active project', 'POST /projects/:project/_reactivate', {}, 400, 9, 'COMMAND-5M9bs'],
  ['an active application', 'POST /projects/:project/apps/:app/_reactivate', {},
    400, 9, 'COMMAND-1n8cM'],
  ['an active user', 'POST /users/:user/_unlock', {}, 400, 9, 'COMMAND-4M0ds'],
  ['an active grant', 'POST /users/:user/grants/:grant/_reactivate', {}, 400, 9, 'COMMAND-1ML0v'],
  ['an unknown role', 'PUT /users/:user/grants/:grant', { roleKeys: ['read', 'x'] },
    400, 9, 'COMMAND-mm9F4'],
  ['a date that has passed', 'POST /users/:user/keys',
    { ...kJson, expirationDate: '2001-01-01T00:00:00Z' }, 400, 3, 'DOMAIN-dv3t5'],
]);

describe('somebody else', () => {
  const as = async (token, line) => {
    const [method, path] = line.split(' ');
    const { status, body } = await new Administrator(issuer, { token })
      .ask(method, path, method === 'POST' ? {} : undefined);
    return [status, body.code, body.details?.[0].id];
  };
  const lines = [
    ['admin', 'DELETE /projects/1/apps/1'], // an ORG_OWNER has no project.app.delete
    ['owner-viewer', 'POST /users/machine'],
    ['project-creator', 'POST /users/_search'],
    ['project-creator', 'GET /projects/1'],
    ['user-manager', 'POST /projects/1/apps/_search'],
    ['login-client', 'POST /projects'],
  ];
  for (const [who, line] of lines) {
    test(`${who}: ${line}`, async () =>
      assert.deepEqual(await as(issuer.readToken(who), line), [403, 7, 'AUTH-5mWD2']));
  }

  test('who manages nothing knows itself and nothing else', async () => {
    const token = issuer.readToken('manages-nothing');
    assert.deepEqual(await as(token, 'POST /projects/_search'), [404, 5, 'AUTHZ-cdgFk']);
    const nobody = new Administrator(issuer, { token });
    const { user } = await nobody.do('GET', '/auth/v1/users/me');
    assert.equal(user.userName, 'manages-nothing');
    assert.deepEqual(await nobody.post('/auth/v1/permissions/zitadel/me/_search'), {});
  });

  test('whose token has expired, or is not for ZITADEL', async () => {
    const key = assertionOf(issuer, issuer.readFile('admin-key'));
    const other = await tokenFrom(issuer, key, audienceScope(issuer.projectId));
    for (const token of [issuer.readToken('expired'), other.body.access_token]) {
      assert.deepEqual(await as(token, 'POST /projects/_search'), [401, 16, 'AUTH-7fs1e']);
    }
  });

  test('who was locked needs a new token', async () => {
    const { user, userId } = await admin.makeUser('locked for a while');
    await admin.post('/orgs/me/members', { userId, roles: ['ORG_OWNER'] });
    const { token } = await admin.post(`${user}/pats`);
    const ask = async (its) =>
      (await new Administrator(issuer, { token: its }).ask('GET', '/orgs/me')).status;
    assert.equal(await ask(token), 200);
    await admin.post(`${user}/_lock`);
    assert.equal(await ask(token), 401);
    await admin.post(`${user}/_unlock`);
    assert.equal(await ask(token), 401);
    assert.equal(await ask((await admin.post(`${user}/pats`)).token), 200);
  });

  test('of the instance is found, and taken away as often as one likes', async () => {
    const { userId } = await admin.makeUser('looks on');
    const find = () => admin.search('/admin/v1/members', [{ userIdQuery: { userId } }]);
    assert.deepEqual(await find(), []);
    await admin.post('/admin/v1/members', { userId, roles: ['IAM_OWNER_VIEWER'] });
    const [{ roles, preferredLoginName, ...one }, ...others] = await find();
    assert.deepEqual([one.userId, roles, preferredLoginName, others], [userId, ['IAM_OWNER_VIEWER'], 'looks on', []]);
    const twice = await admin.ask('POST', '/admin/v1/members', { userId, roles: ['IAM_OWNER_VIEWER'] });
    assert.deepEqual([twice.status, twice.body.code], [409, 6]);
    const from = new Date(Date.now() - 60_000).toISOString();
    for (let times = 0; times < 2; times += 1) await admin.remove(`/admin/v1/members/${userId}`);
    assert.deepEqual(await find(), []);
    const gone = await admin.events(['instance.member.removed'], from);
    assert.deepEqual(gone.map(({ payload }) => payload), [{ userId }]);
    for (const who of ['admin', 'owner-viewer']) {
      assert.deepEqual(await as(issuer.readToken(who), 'POST /admin/v1/members/_search'), [403, 7, 'AUTH-5mWD2']);
    }
  });

  test('whose role nobody has recorded', async () => {
    const { user, userId } = await admin.makeUser('unrecorded');
    await admin.post('/admin/v1/members', { userId, roles: ['IAM_USER_MANAGER'] });
    const { token } = await admin.post(`${user}/pats`);
    const { status, body } = await new Administrator(issuer, { token }).ask('GET', '/orgs/me');
    assert.deepEqual([status, body.code], [501, 12]);
    assert.match(body.message, /the permissions of IAM_USER_MANAGER/);
  });

  test('whose key asks for the audience, also with JWTs', async () => {
    await issuer.settings({ accessTokens: 'jwt' });
    const key = assertionOf(issuer, issuer.readFile('admin-key'));
    const { body } = await tokenFrom(issuer, key, `openid ${audienceScope('zitadel')}`);
    assert.equal(body.access_token.split('.').length, 3);
    const { user } =
      await new Administrator(issuer, { token: body.access_token }).do('GET', '/auth/v1/users/me');
    assert.equal(user.userName, 'admin');
  });
});
