// SPDX-License-Identifier: Apache-2.0
// What ZITADEL says of a user, by the scopes that were asked for.
import {
  everyProjectsRolesScope, metadata, projectRolesClaim, resourceOwner, roleScope, rolesClaim,
} from './names.mjs';

export const patScopes = ['openid', 'profile', metadata, resourceOwner];

const isPresent = (roles) => Object.keys(roles ?? {}).length > 0;

// Roles of several projects as one.
function union(roles) {
  const joined = {};
  for (const [name, organisations] of roles.flatMap(Object.entries)) {
    joined[name] = { ...joined[name], ...organisations };
  }
  return joined;
}

// `roles`: project → role → organisation that granted it → its primary domain. At introspection
// the API's own project counts alone, and is told under three names.
export const introspectedRoles = (roles, ownProject) => (isPresent(roles[ownProject]) ? {
  [projectRolesClaim(ownProject)]: roles[ownProject],
  [rolesClaim]: roles[ownProject],
  [everyProjectsRolesScope]: roles[ownProject],
} : {});

// A token holds roles only where they were asked for: of each project in its audience, and of all
// of these together.
export function rolesInToken(roles, projects, scopes) {
  const present = [...new Set(projects)].filter((projectId) => isPresent(roles[projectId]));
  if (!scopes.includes(everyProjectsRolesScope) || present.length === 0) return {};
  return {
    ...Object.fromEntries(present.map((project) => [projectRolesClaim(project), roles[project]])),
    [everyProjectsRolesScope]: union(present.map((projectId) => roles[projectId])),
  };
}

const ownerClaims = ({ organisation: { id, name, domain } }) => ({
  [`${resourceOwner}:id`]: id,
  [`${resourceOwner}:name`]: name,
  [`${resourceOwner}:primary_domain`]: domain,
});

const byScope = {
  profile: ({ name }) => ({
    username: name, name, preferred_username: name, updated_at: 1_700_000_000,
  }),
  email: ({ email }) => (email ? { email, email_verified: true } : {}),
  [resourceOwner]: ownerClaims,
  [metadata]: (user) => (isPresent(user.metadata) ? {
    [metadata]: Object.fromEntries(Object.entries(user.metadata)
      .map(([key, value]) => [key, Buffer.from(value).toString('base64url')])),
  } : {}),
};
const userClaims = (user, scopes) =>
  Object.assign({}, ...scopes.map((name) => byScope[name]?.(user)));

// Of an ID token: nothing of the profile, which userinfo tells.
export const idTokenClaims = (user, scopes) =>
  (scopes.includes(resourceOwner) ? ownerClaims(user) : {});

const sorted = (object) => Object.fromEntries(Object.entries(object)
  .sort(([a], [b]) => (a < b ? -1 : 1)));

// Where there are claims beyond the usual ones, ZITADEL writes all members in alphabetical order.
export const inOrder = (usual, further) =>
  (Object.keys(further).length > 0 ? sorted({ ...usual, ...further }) : usual);

const withoutUndefined = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

// The answer about an active token. `found` is oidc-provider's, with what a test ordered into it;
// `project` is the application's.
export function introspectionOf({ found, token, user, application, project, roles }) {
  const isPat = token.claims.kind === 'pat';
  const { clientId, projectId } = application;
  const scopes = isPat ? patScopes : [...token.scopes];
  // A personal access token has no scope and no audience of its own: it takes the asking API's.
  const roleScopes = isPat ? project.roles.map(({ key }) => roleScope(key)) : [];
  const scope = [...scopes, ...roleScopes].join(' ') || undefined;
  const { nbf, ...ordered } = token.extra;
  const { active, exp, iat, iss, jti, sub, token_type } = found;
  return inOrder(withoutUndefined({
    active, scope, client_id: isPat ? undefined : user.name, token_type, exp, iat,
    auth_time: isPat ? undefined : iat, nbf, sub, aud: isPat ? [clientId, projectId] : found.aud,
    iss, jti,
  }), {
    ...userClaims(user, scopes), ...introspectedRoles(roles, projectId), ...ordered,
  });
}
