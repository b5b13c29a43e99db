// SPDX-License-Identifier: Apache-2.0
// The reserved names of ZITADEL's scopes and claims, and its endpoints.
export const paths = {
  discovery: '/.well-known/openid-configuration',
  introspection: '/oauth/v2/introspect',
  token: '/oauth/v2/token',
  revocation: '/oauth/v2/revoke',
  keys: '/oauth/v2/keys',
};

export const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const clientAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export const audienceScope = (projectId) => `urn:zitadel:iam:org:project:id:${projectId}:aud`;
export const audienceScopePattern = /^urn:zitadel:iam:org:project:id:(.+):aud$/;
export const everyProjectsRolesScope = 'urn:zitadel:iam:org:projects:roles'; // and a claim
export const roleScope = (key) => `urn:zitadel:iam:org:project:role:${key}`;

export const rolesClaim = 'urn:zitadel:iam:org:project:roles';
export const projectRolesClaim = (projectId) => `urn:zitadel:iam:org:project:${projectId}:roles`;
export const resourceOwner = 'urn:zitadel:iam:user:resourceowner';
export const metadata = 'urn:zitadel:iam:user:metadata';

const plainScopes = ['openid', 'profile', 'email', 'phone', 'address', 'offline_access'];

// ZITADEL drops others from what a token was asked for.
export const isKnownScope = (name) =>
  plainScopes.includes(name) || name.startsWith('urn:zitadel:iam:');
