// SPDX-License-Identifier: Apache-2.0
// One ZITADEL instance as data, the same for all that speaks of it: what the set-up API makes is
// known to the token endpoint and to introspection at once, and what it takes away is not.
import { randomInt } from 'node:crypto';
import { timeOf } from './events.mjs';

export const kForever = '9999-12-31T23:59:59Z'; // when a key ends that has no end

export const id = () => `3${Array.from({ length: 17 }, () => randomInt(10)).join('')}`;

// An aggregate has one history, which is that of all of its parts: a project's that of its roles and
// applications, a user's that of its keys.
const idOf = ({ id: own, userId, keyId }) => own ?? userId ?? keyId;

// One transaction by `editor`, a user or nobody: what happened, to which aggregate (`of`), and to
// which part of it (`thing`). `owner`: the organisation of what was not there before.
export function record({ events }, editor, entries) {
  const time = events.now();
  const date = timeOf(time);
  for (const { type, of, thing = of, owner, payload } of entries) {
    const resourceOwner = owner?.id ?? of.details?.resourceOwner ?? idOf(of);
    const { sequence } = events.write({
      type, payload, time, aggregate: { id: idOf(of), resourceOwner },
      editor: editor && { userId: editor.userId, displayName: editor.title },
    });
    const { creationDate = date } = thing.details ?? {};
    thing.details = { sequence: String(sequence), creationDate, changeDate: date, resourceOwner };
  }
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

// Whether a token is good still, whoever asks: not once its user was locked or deactivated, or the
// session that it belongs to has ended.
export function isAlive(instance, { clientId, claims }) {
  const user = userOf(instance, clientId);
  const session = instance.sessions.get(claims.session);
  return user?.state === 'active' && claims.generation === user.generation
    && claims.sessionGeneration === session?.generation;
}

// The keys ZITADEL still finds by their id, as a key set (RFC 7517).
export const keySetOf = ({ keys }) => ({
  keys: keys.filter((key) => !isOver(key)).map(({ keyId, publicKey }) => ({
    ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'RS256', use: 'sig',
  })),
});
