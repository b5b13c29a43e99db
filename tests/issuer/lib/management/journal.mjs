// SPDX-License-Identifier: Apache-2.0
// What was asked of the set-up API, and what there is now: for tests that say "a second run
// changed nothing" or "there are no twins".
const kMaxCalls = 10_000;

export class Journal {
  constructor() { this.reset(); }

  reset() { Object.assign(this, { calls: [], changes: 0 }); }

  add({ method, path, status }, isChange) {
    if (isChange) this.changes += 1;
    if (this.calls.length < kMaxCalls) this.calls.push({ method, path, status, isChange });
  }
}

const keysOf = ({ keys }) => keys.filter(({ deleted }) => !deleted)
  .map(({ keyId, expirationDate }) => ({ keyId, expirationDate }));

export const inventoryOf = ({ projects, applications, users, grants }) => ({
  projects: projects.map(({ id, name, state, details, roles }) => ({
    id, name, state, organisationId: details.resourceOwner, roles: roles.map(({ key }) => key),
  })),
  applications: applications.map((one) => ({
    appId: one.appId, clientId: one.clientId, name: one.name, projectId: one.projectId,
    state: one.state, keys: keysOf(one),
  })),
  users: users.map((one) => ({
    userId: one.userId, name: one.name, state: one.state, organisationId: one.details.resourceOwner,
    accessTokens: one.accessTokens, keys: keysOf(one), tokens: one.tokens.length,
  })),
  grants: grants.map(({ id, userId, projectId, roleKeys, state }) =>
    ({ id, userId, projectId, roleKeys, state })),
});
