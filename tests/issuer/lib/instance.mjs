// One ZITADEL instance as data: organisations, projects, API applications, service users and
// their keys, all made anew at every start.
import { generateKeyPair, randomBytes, randomInt } from 'node:crypto';
import { promisify } from 'node:util';

export const id = () => `3${Array.from({ length: 17 }, () => randomInt(10)).join('')}`;

async function makeKey({ known = true } = {}) {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { keyId: id(), known, deleted: false, ...pair };
}

export async function createInstance() {
  const organisation = { id: id(), name: 'Main', domain: 'main.localhost' };
  const otherOrganisation = { id: id(), name: 'Partner', domain: 'partner.localhost' };
  const projectId = id();
  const otherProjectId = id();
  const [apiKey, deletedKey, otherApiKey, signingKey, ...userKeys] = await Promise.all([
    makeKey(), makeKey({ known: false }), makeKey(), makeKey(),
    ...Array.from({ length: 4 }, () => makeKey()),
  ]);

  // The reserved characters show whether a client encodes both parts before it joins them.
  const roleKeys = ['read:messages'];
  const applications = {
    api: { appId: id(), clientId: id(), projectId, roleKeys, keys: [apiKey, deletedKey] },
    basic: {
      appId: id(),
      clientId: `${id()}@main:project`,
      projectId,
      roleKeys,
      clientSecret: `${randomBytes(24).toString('base64')}: +%25&=/?"~`,
      keys: [],
    },
    other: {
      appId: id(), clientId: `${id()}@other`, projectId: otherProjectId, roleKeys,
      keys: [otherApiKey],
    },
  };

  const reader = (...by) => ({
    'read:messages': Object.fromEntries(by.map(({ id: orgId, domain }) => [orgId, domain])),
  });
  const users = Object.fromEntries([
    // An address and metadata, as people have them: then there is somebody who has.
    ['with-role', organisation, { [projectId]: reader(organisation) },
      { email: 'with-role@localhost', metadata: { team: 'readers' } }],
    ['without-role', organisation, {}],
    ['org-role', otherOrganisation, { [projectId]: reader(otherOrganisation) }],
    ['other-project-role', organisation, { [otherProjectId]: reader(organisation) }],
  ].map(([name, owner, roles, more], index) => [name, {
    name, userId: id(), organisation: owner, roles, keys: [userKeys[index]], ...more,
    // `generation` counts how often its tokens were ended all together.
    state: 'active', generation: 0,
  }]));

  return { organisation, otherOrganisation, projectId, otherProjectId, applications, users,
    signingKey };
}

export const allKeys = ({ applications, users }) =>
  [...Object.values(applications), ...Object.values(users)].flatMap(({ keys }) => keys);

export const applicationOf = ({ applications }, clientId) =>
  Object.values(applications).find((application) => application.clientId === clientId);

export const userOf = ({ users }, userId) =>
  Object.values(users).find((user) => user.userId === userId);

// The keys ZITADEL still finds by their id, as a key set (RFC 7517).
export const keySetOf = ({ keys }) => ({
  keys: keys.filter(({ known }) => known).map(({ keyId, publicKey }) => ({
    ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'RS256', use: 'sig',
  })),
});
