// Issues access tokens through oidc-provider's own models, so that its own introspection judges
// them: opaque ones, JWTs and personal access tokens.
import { randomBytes } from 'node:crypto';
import { audienceScope, audienceScopePattern, everyProjectsRolesScope } from './names.mjs';
import { roleClaims } from './claims.mjs';

const kLifetime = 12 * 60 * 60; // seconds; ZITADEL's default
const kAccessTokenLifetime = 365 * 24 * 60 * 60; // of a personal access token

// A project gets into the audience by its `:aud` scope and by nothing else.
export const audienceOf = (scope = '') => scope.split(' ')
  .map((name) => audienceScopePattern.exec(name)?.[1]).filter(Boolean);

export function createTokens({ provider, instance, store }) {
  const { AccessToken, Client, ResourceServer } = provider;

  async function signed(fields, aud, jti) {
    const resourceServer = new ResourceServer('api', {
      audience: aud[0] ?? fields.client.clientId, accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'RS256', kid: instance.signingKey.keyId } },
    });
    const token = new AccessToken({ ...fields, jti, resourceServer });
    return Object.assign(token, { format: 'jwt', aud }).save();
  }

  // `audience` overrides the one the scope asks for, `roles` those the user has been granted;
  // `ttl` and `nbf` are seconds from now and may be negative.
  return async function issue({
    user, kind = 'opaque', scope = `openid ${audienceScope(instance.projectId)}`,
    ttl = kind === 'pat' ? kAccessTokenLifetime : kLifetime, nbf, sub = user.userId,
    audience, roles, claims = {},
  }) {
    const now = Math.floor(Date.now() / 1000);
    const iat = now + Math.min(0, ttl - 1);
    const aud = audience ?? audienceOf(scope);
    const fields = {
      client: await Client.find(user.userId),
      accountId: sub,
      iat,
      exp: now + ttl,
      scope,
      aud: aud.length > 0 ? aud : user.userId,
      // Members that oidc-provider passes on, and, in a field it has no use for, our own.
      extra: { nbf: nbf === undefined ? iat : now + nbf, ...claims },
      claims: { kind, roles },
    };
    if (kind === 'jwt' && scope.split(' ').includes(everyProjectsRolesScope)) {
      Object.assign(fields.extra, roleClaims(roles ?? user.roles, { projects: [aud].flat() }));
    }
    // oidc-provider keeps no record of a JWT, ZITADEL does and answers for it too.
    const jti = await new AccessToken(fields).save();
    const token = kind === 'jwt'
      ? await signed(fields, fields.aud, jti) : randomBytes(64).toString('base64url');
    store.tokens.handOut(token, jti);
    return { access_token: token, expires_in: ttl, exp: fields.exp, sub, scope: fields.scope };
  };
}
