// SPDX-License-Identifier: Apache-2.0
// The ID token that comes with a service user's access token where its scope holds "openid".
import { createHash } from 'node:crypto';
import { idTokenClaims, inOrder, rolesInToken } from './claims.mjs';
import { grantedRoles } from './instance.mjs';
import { sign } from './jwt.mjs';
import { everyProjectsRolesScope } from './names.mjs';
import { audienceOf } from './tokens.mjs';

// OpenID Connect Core 1.0 §3.1.3.6, for RS256.
const hashOf = (token) =>
  createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url');

// It is over as soon as it is made, and has neither `jti` nor `nbf`.
export function idTokenFor({ access_token: token, scope }, { user, instance, issuer }) {
  const now = Math.floor(Date.now() / 1000);
  const scopes = scope.split(' ');
  const projects = audienceOf(scope, instance);
  // Here any scope that speaks of roles brings them.
  const asksForRoles = scopes.some((name) => /^urn:zitadel:iam:org:projects?:roles?(:|$)/.test(name));
  const claims = inOrder({
    iss: issuer, sub: user.userId, aud: [...projects, user.name], exp: now, iat: now, auth_time: now,
    azp: user.name, client_id: user.name, at_hash: hashOf(token),
  }, {
    ...idTokenClaims(user, scopes),
    ...(asksForRoles && rolesInToken(
      grantedRoles(instance, user), projects, [everyProjectsRolesScope])),
  });
  const { keyId, privateKey } = instance.signingKey;
  return sign(claims, { key: privateKey, keyId, header: { typ: 'JWT' } });
}
