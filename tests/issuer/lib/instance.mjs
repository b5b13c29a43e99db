// One ZITADEL instance as data, the same for all that speaks of it: what the set-up API makes is
// known to the token endpoint and to introspection at once, and what it takes away is not.
import { randomInt } from 'node:crypto';

export const kForever = '9999-12-31T23:59:59Z'; // when a key ends that has no end

export const id = () => `3${Array.from({ length: 17 }, () => randomInt(10)).join('')}`;

// In microseconds, as ZITADEL tells the time.
const stamp = () =>
  new Date().toISOString().replace('Z', `${String(randomInt(1000)).padStart(3, '0')}Z`);

// A thing's history. An aggregate counts the changes to all of its parts: a project those to its
// roles and applications, a user those to its keys.
export function created(thing, organisation, aggregate = thing) {
  aggregate.changes = (aggregate.changes ?? 0) + 1;
  const date = stamp();
  return Object.assign(thing, {
    details: {
      sequence: String(aggregate.changes), creationDate: date, changeDate: date,
      resourceOwner: organisation.id,
    },
  });
}

export function changed(thing, aggregate = thing) {
  aggregate.changes += 1;
  Object.assign(thing.details, { sequence: String(aggregate.changes), changeDate: stamp() });
  return thing;
}

const everyKey = ({ applications, users }) =>
  [...applications, ...users].flatMap(({ keys }) => keys);

export const keyOf = (instance, keyId) => everyKey(instance).find((key) => key.keyId === keyId);

export const isOver = ({ deleted, expirationDate }) =>
  deleted || Date.parse(expirationDate) <= Date.now();

export const projectOf = ({ projects }, projectId) =>
  projects.find((project) => project.id === projectId);

export const userOf = ({ users }, userId) => users.find((user) => user.userId === userId);
export const userNamed = ({ users }, name) => users.find((user) => user.name === name);

// An API that is in use, and whose project is.
export function applicationOf(instance, clientId) {
  const found = instance.applications.find((application) => application.clientId === clientId);
  const isActive = found?.state === 'active' && !found.isOidc
    && projectOf(instance, found.projectId)?.state === 'active';
  return isActive ? found : undefined;
}

// project → role → organisation that granted it → its primary domain
export function grantedRoles({ grants }, { userId }) {
  const roles = {};
  for (const grant of grants) {
    if (grant.userId !== userId || grant.state !== 'active') continue;
    for (const key of grant.roleKeys) {
      const { id: organisationId, domain } = grant.organisation;
      ((roles[grant.projectId] ??= {})[key] ??= {})[organisationId] = domain;
    }
  }
  return roles;
}

// In the place of all that the user has been granted.
export function setRoles(instance, { userId }, roles) {
  const { grants, organisations } = instance;
  instance.grants = grants.filter((grant) => grant.userId !== userId);
  for (const [projectId, byRole] of Object.entries(roles)) {
    for (const [key, granting] of Object.entries(byRole)) {
      for (const [organisationId, domain] of Object.entries(granting)) {
        const organisation = organisations.find((each) => each.id === organisationId)
          ?? { id: organisationId, name: domain, domain };
        grantRole(instance, { userId, projectId, organisation, key });
      }
    }
  }
}

function grantRole({ grants }, { userId, projectId, organisation, key }) {
  const found = grants.find((grant) => grant.userId === userId
    && grant.projectId === projectId && grant.organisation.id === organisation.id);
  if (found) {
    found.roleKeys.push(key);
    return;
  }
  grants.push(created({
    id: id(), userId, projectId, organisation, roleKeys: [key], state: 'active',
  }, organisation));
}

// All tokens of a user who is not active are dead, also when it is active again.
export function setUserState(user, state) {
  if (user.state === 'active' && state !== 'active') user.generation += 1;
  user.state = state;
}

// The keys ZITADEL still finds by their id, as a key set (RFC 7517).
export const keySetOf = ({ keys }) => ({
  keys: keys.filter((key) => !isOver(key)).map(({ keyId, publicKey }) => ({
    ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'RS256', use: 'sig',
  })),
});
