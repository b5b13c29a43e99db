// SPDX-License-Identifier: Apache-2.0
// What tests order to happen in the instance, and an administrator or a user would do.
import { id, record, userNamed } from './instance.mjs';

const operator = (instance) => userNamed(instance, 'iam-owner');

const grantEntries = {
  added: (one) => ({
    type: 'user.grant.added', of: one, owner: one.organisation,
    payload: { userId: one.userId, projectId: one.projectId, roleKeys: one.roleKeys },
  }),
  changed: (one) => ({
    type: 'user.grant.changed', of: one, payload: { userId: one.userId, roleKeys: one.roleKeys },
  }),
  removed: (one) => ({
    type: 'user.grant.removed', of: one,
    payload: { userId: one.userId, projectId: one.projectId },
  }),
};
export { grantEntries };

// Of all grants of a user: one of each project and organisation.
function grantsFor({ organisations }, userId, roles) {
  const grants = new Map();
  for (const [projectId, byRole] of Object.entries(roles)) {
    for (const [key, granting] of Object.entries(byRole)) {
      for (const [organisationId, domain] of Object.entries(granting)) {
        const organisation = organisations.find((each) => each.id === organisationId)
          ?? { id: organisationId, name: domain, domain };
        const name = `${projectId} ${organisationId}`;
        const grant = grants.get(name)
          ?? { id: id(), userId, projectId, organisation, roleKeys: [], state: 'active' };
        grant.roleKeys.push(key);
        grants.set(name, grant);
      }
    }
  }
  return [...grants.values()];
}

// In the place of all that the user has been granted: what is as it was stays.
export function setRoles(instance, { userId }, roles) {
  const before = instance.grants.filter((grant) => grant.userId === userId);
  const entries = [];
  const after = grantsFor(instance, userId, roles).map((wanted) => {
    const grant = before.find(({ projectId, organisation, state }) => state === 'active'
      && projectId === wanted.projectId && organisation.id === wanted.organisation.id);
    const { roleKeys } = wanted;
    if (!grant) entries.push(grantEntries.added(wanted));
    else if (String(grant.roleKeys) !== String(roleKeys)) {
      entries.push(grantEntries.changed(Object.assign(grant, { roleKeys })));
    }
    return grant ?? wanted;
  });
  const gone = before.filter((grant) => !after.includes(grant));
  instance.grants = [...instance.grants.filter((grant) => grant.userId !== userId), ...after];
  record(instance, operator(instance), [...gone.map(grantEntries.removed), ...entries]);
}

const endOf = { locked: 'user.unlocked', deactivated: 'user.reactivated' };

// All tokens of a user who is not active are dead, also when it is active again.
export function setUserState(instance, user, state, editor = operator(instance)) {
  if (user.state === state) return;
  const entries = [];
  const [isLocked, wasActive] = [state === 'locked', user.state === 'active'];
  // Who is deactivated cannot be locked, and who is locked can be deactivated.
  const isFirstEnded = state === 'active' || (isLocked && !wasActive);
  if (isFirstEnded) entries.push({ type: endOf[user.state], of: user });
  if (state !== 'active') entries.push({ type: `user.${state}`, of: user });
  if (wasActive) user.generation += 1;
  user.state = state;
  record(instance, editor, entries);
}

const ownerOf = ({ applications, users }, key) =>
  [...applications, ...users].find(({ keys }) => keys.includes(key));

export function deleteKey(instance, key) {
  if (key.deleted) return;
  key.deleted = true;
  const owner = ownerOf(instance, key);
  record(instance, operator(instance), [owner.projectId ? {
    type: 'project.application.oidc.key.removed', thing: key, payload: { keyId: key.keyId },
    of: instance.projects.find(({ id: projectId }) => projectId === owner.projectId),
  } : {
    type: 'user.machine.key.removed', of: owner, thing: key, payload: { keyId: key.keyId },
  }]);
}

// The keys that sign. Others than the one that does so now are told too, until they are removed.
const instanceOf = ({ itself }) => itself;
const webKeyWith = ({ webKeys }, keyId) => webKeys.find((key) => key.keyId === keyId)
  ?? (() => { throw new RangeError('no web key has that id'); })();

export const webKeyOrders = {
  async add(instance) {
    const key = { keyId: id(), ...await instance.keyPairs.next() };
    instance.webKeys.push(key);
    record(instance, operator(instance), [{
      type: 'web_key.added', of: key, owner: instanceOf(instance),
      payload: { configType: 1, publicKey: key.publicKey.export({ format: 'jwk' }) },
    }]);
    return { keyId: key.keyId };
  },
  activate(instance, { keyId }) {
    const [key, before] = [webKeyWith(instance, keyId), instance.signingKey];
    if (key === before) throw new RangeError('that web key is active');
    instance.signingKey = key;
    record(instance, operator(instance), [
      { type: 'web_key.activated', of: key, owner: instanceOf(instance) },
      { type: 'web_key.deactivated', of: before, owner: instanceOf(instance) },
    ]);
  },
  remove(instance, { keyId }) {
    const key = webKeyWith(instance, keyId);
    if (key === instance.signingKey) throw new RangeError('a web key that is active stays');
    instance.webKeys = instance.webKeys.filter((each) => each !== key);
    record(instance, operator(instance),
      [{ type: 'web_key.removed', of: key, owner: instanceOf(instance) }]);
  },
};
