// SPDX-License-Identifier: Apache-2.0
// What there is at a start: organisations, projects, API applications, service users and
// administrators, all made anew.
import { randomBytes } from 'node:crypto';
import { setRoles } from './changes.mjs';
import { EventLog } from './events.mjs';
import { id, kForever, record } from './instance.mjs';
import { administrators } from './management/permissions.mjs';

// It has a history too, but nobody reads of it: the log begins when all is there.
const events = new EventLog();
function created(thing, organisation, aggregate = thing) {
  record({ events }, undefined, [{ type: 'made', of: aggregate, thing, owner: organisation }]);
  return thing;
}

const organisationOf = (name, domain) => {
  const organisation = { id: id(), name, domain };
  return created(organisation, organisation);
};

const keyFrom = (pair) => ({ keyId: id(), deleted: false, expirationDate: kForever, ...pair });

const projectOf = (name, organisation, roleKeys) => {
  const project = created({
    id: id(), name, state: 'active', organisation, roles: [],
  }, organisation);
  project.roles = roleKeys.map((key) =>
    created({ key, displayName: key, group: '' }, organisation, project));
  return project;
};

const applicationOf = (name, project, keys, more) => created({
  name, appId: id(), projectId: project.id, state: 'active', keys, isBasic: false, ...more,
}, project.organisation, project);

const userOf = (name, organisation, keys, more) => created({
  name,
  title: name,
  userId: id(),
  organisation,
  keys,
  state: 'active',
  generation: 0, // how often its tokens were ended all together
  memberships: [],
  tokens: [], // its personal access tokens
  ...more,
}, organisation);

const membershipIn = ({ id: organisationId }) => (role) =>
  (role.startsWith('IAM_') ? { role } : { role, organisationId });

function withHistory(instance) {
  for (const owner of [...instance.applications, ...instance.users]) {
    const organisation = { id: owner.details.resourceOwner };
    const project = instance.projects.find(({ id: projectId }) => projectId === owner.projectId);
    for (const key of owner.keys) created(key, organisation, project ?? owner);
  }
  return instance;
}

export async function createInstance(keyPairs) {
  const pairs = await Promise.all(Array.from({ length: 9 }, () => keyPairs.next()));
  const [apiPair, deletedPair, otherApiPair, signingPair, administratorsPair, ...userPairs] = pairs;
  const main = organisationOf('Main', 'main.localhost');
  const partner = organisationOf('Partner', 'partner.localhost');
  const iamProject = projectOf('ZITADEL', main, []);
  const project = projectOf('First', main, ['read:messages']);
  const other = projectOf('Second', main, ['read:messages']);

  const applications = [
    applicationOf('api', project, [keyFrom(apiPair)], { clientId: id() }),
    // The reserved characters show whether a client encodes both parts before it joins them.
    applicationOf('basic', project, [], {
      isBasic: true,
      clientId: `${id()}@main:project`,
      clientSecret: `${randomBytes(24).toString('base64')}: +%25&=/?"~`,
    }),
    applicationOf('other', other, [keyFrom(otherApiPair)], { clientId: `${id()}@other` }),
  ];
  const users = [
    // An address and metadata, as people have them: then there is somebody who has.
    ['with-role', main, { email: 'with-role@localhost', metadata: { team: 'readers' } }],
    ['without-role', main],
    ['org-role', partner],
    ['other-project-role', main],
  ].map(([name, organisation, more], index) =>
    userOf(name, organisation, [keyFrom(userPairs[index])], more));
  // One pair for all of them: it is slow to make, and each has a key id of its own.
  const managers = administrators.map(({ name, roles }) =>
    userOf(name, main, [keyFrom(administratorsPair)], {
      isAdministrator: true, memberships: roles.map(membershipIn(main)),
    }));

  const signingKey = keyFrom(signingPair);
  const instance = withHistory({
    events,
    itself: { id: id() },
    keyPairs,
    organisations: [main, partner],
    organisation: main,
    otherOrganisation: partner,
    projects: [iamProject, project, other],
    iamProjectId: iamProject.id,
    projectId: project.id,
    otherProjectId: other.id,
    applications,
    users: [...users, ...managers],
    grants: [],
    sessions: new Map(), // by their id, of people who logged in
    signingKey,
    webKeys: [signingKey],
    deletedKey: keyFrom(deletedPair),
  });
  const reader = ({ id: organisationId, domain }) =>
    ({ 'read:messages': { [organisationId]: domain } });
  const [withRole, , orgRole, otherProjectRole] = users;
  setRoles(instance, withRole, { [project.id]: reader(main) });
  setRoles(instance, orgRole, { [project.id]: reader(partner) });
  setRoles(instance, otherProjectRole, { [other.id]: reader(main) });
  events.clear();
  return instance;
}
