// What ZITADEL says of a user, by the scopes that were asked for.
import {
  everyProjectsRolesScope, metadata, projectRolesClaim, resourceOwner, rolesClaim,
} from './names.mjs';

const patScopes = ['openid', 'profile', 'email', metadata, resourceOwner];

// `roles`: project → role → organisation that granted it → its primary domain. The claim without
// a project in its name speaks of `ownProject`; that of every project is the union of the others.
export function roleClaims(roles, { ownProject, projects }) {
  const present = (projectId) => Object.keys(roles[projectId] ?? {}).length > 0;
  const granted = [...new Set(projects)].filter(present);
  return Object.fromEntries([
    ...[ownProject].filter(present).map((projectId) => [rolesClaim, roles[projectId]]),
    ...granted.map((projectId) => [projectRolesClaim(projectId), roles[projectId]]),
    ...(granted.length > 0 ? [[everyProjectsRolesScope, union(granted.map((id) => roles[id]))]] : []),
  ]);
}

function union(roles) {
  const joined = {};
  for (const [name, organisations] of roles.flatMap(Object.entries)) {
    joined[name] = { ...joined[name], ...organisations };
  }
  return joined;
}

const byScope = {
  profile: ({ name }) => ({
    username: name, name, preferred_username: name, updated_at: 1_700_000_000,
  }),
  email: ({ name }) => ({ email: `${name}@localhost`, email_verified: true }),
  groups: ({ groups }) => ({ groups }),
  [resourceOwner]: ({ organisation: { id, name, domain } }) => ({
    [`${resourceOwner}:id`]: id,
    [`${resourceOwner}:name`]: name,
    [`${resourceOwner}:primary_domain`]: domain,
  }),
  [metadata]: (user) => ({
    [metadata]: Object.fromEntries(Object.entries(user.metadata)
      .map(([key, value]) => [key, Buffer.from(value).toString('base64url')])),
  }),
};

// The members that ZITADEL adds to oidc-provider's answer about an active token.
export function zitadelMembers({ token, user, application }) {
  const isPat = token.claims.kind === 'pat';
  const scopes = isPat ? patScopes : [...token.scopes];
  const { clientId, projectId: ownProject } = application;
  return {
    jti: token.jti,
    // A personal access token has neither: it takes those of the API that asks.
    ...(isPat && { scope: scopes.join(' '), aud: [clientId, ownProject] }),
    ...Object.assign({}, ...scopes.map((scope) => byScope[scope]?.(user))),
    // Of the asking API's own project alone, whatever was asked for.
    ...roleClaims(token.claims.roles ?? user.roles, { ownProject, projects: [ownProject] }),
  };
}
