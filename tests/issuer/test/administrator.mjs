// SPDX-License-Identifier: Apache-2.0
// The set-up API as a test uses it.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { call } from './recordings.mjs';

export const kKeyMethod = 'API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT';

export class Administrator {
  constructor(issuer, { token = issuer.readToken('iam-owner'), organisationId } = {}) {
    Object.assign(this, { issuer, token, organisationId });
  }

  // Resolves with the answer, whatever it is.
  ask(method, path, json) {
    const whole = /^\/(auth|admin|management)\//.test(path) ? path : `/management/v1${path}`;
    return call(this.issuer.issuer + whole, {
      method, json,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(this.organisationId && { 'x-zitadel-orgid': this.organisationId }),
      },
    });
  }

  // Resolves with the body of an answer that is good.
  async do(method, path, json) {
    const answer = await this.ask(method, path, json);
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
    return answer.body;
  }

  post(path, json = {}) { return this.do('POST', path, json); }
  remove(path) { return this.do('DELETE', path); }

  async search(path, queries) {
    return (await this.post(`${path}/_search`, { queries })).result ?? [];
  }

  // Event search: those of these types since then, oldest first.
  async events(eventTypes, from) {
    return (await this.post('/admin/v1/events/_search', { asc: true, limit: 1000, eventTypes, from }))
      .events ?? [];
  }

  // A project with a role, an application and its key file.
  async makeApi(name, { role = 'read' } = {}) {
    const { id: projectId } = await this.post('/projects', { name });
    const project = `/projects/${projectId}`;
    await this.post(`${project}/roles`, { roleKey: role, displayName: role });
    const { appId, clientId } =
      await this.post(`${project}/apps/api`, { name: 'api', authMethodType: kKeyMethod });
    const app = `${project}/apps/${appId}`;
    const { keyDetails } = await this.post(`${app}/keys`, { type: 'KEY_TYPE_JSON' });
    const key = JSON.parse(Buffer.from(keyDetails, 'base64').toString('utf8'));
    return { projectId, project, app, appId, clientId, key };
  }

  // A service user whose key is made here: ZITADEL gets its public half alone.
  async makeUser(userName, accessTokenType) {
    const { userId } =
      await this.post('/users/machine', { userName, name: userName, accessTokenType });
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const publicKey = Buffer.from(pair.publicKey.export({ type: 'spki', format: 'pem' }))
      .toString('base64');
    const { keyId, keyDetails } =
      await this.post(`/users/${userId}/keys`, { type: 'KEY_TYPE_JSON', publicKey });
    assert.equal(keyDetails, undefined);
    return { userId, user: `/users/${userId}`, key: { userId, keyId, key: pair.privateKey } };
  }
}
