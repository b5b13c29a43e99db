// SPDX-License-Identifier: Apache-2.0
// Issues access tokens through oidc-provider's own models, so that its own introspection judges
// them: opaque ones, JWTs and personal access tokens.
import { randomBytes } from 'node:crypto';
import { inOrder, rolesInToken } from './claims.mjs';
import { grantedRoles, id } from './instance.mjs';
import { parse, sign } from './jwt.mjs';
import { audienceScope, audienceScopePattern } from './names.mjs';
import { logIn, recordToken, sessionWith } from './sessions.mjs';
import { kOpaqueBytes } from './store.mjs';

const kLifetime = 12 * 60 * 60; // seconds; ZITADEL's default
const kPatLifetime = 365 * 24 * 60 * 60; // of a personal access token
const kPatBytes = 53;

// The claims of a JWT, as ZITADEL has them: no scope, and the client's name for its id.
export function asZitadel(ctx, token, jwt) {
  const { nbf, ...ordered } = token.extra;
  const { aud, exp, iat, iss, jti, sub } = jwt.payload;
  const { name, inToken } = token.claims;
  jwt.header = { typ: 'JWT' };
  jwt.payload = inOrder(
    { iss, sub, aud, exp, iat, nbf, client_id: name, jti }, { ...inToken, ...ordered });
}

// A project gets into the audience by its `:aud` scope and by nothing else. ZITADEL's own, by
// which the set-up API is used, has a name there for its id.
export const audienceOf = (scope, { iamProjectId }) => scope.split(' ')
  .map((name) => audienceScopePattern.exec(name)?.[1]).filter(Boolean)
  .map((project) => (project === 'zitadel' ? iamProjectId : project));

export function createTokens({ provider, instance, store }) {
  const { AccessToken, Client, ResourceServer } = provider;
  const providersKey = instance.signingKey;

  // By the key that signs now: the provider knows the first one alone.
  function signedAgain(jwt) {
    const { keyId, privateKey } = instance.signingKey;
    if (keyId === providersKey.keyId) return jwt;
    return sign(parse(jwt).payload, { key: privateKey, keyId, header: { typ: 'JWT' } });
  }

  async function signed(fields, aud, jti) {
    const resourceServer = new ResourceServer('api', {
      audience: aud[0] ?? fields.client.clientId, accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'RS256', kid: providersKey.keyId } },
    });
    const token = new AccessToken({ ...fields, jti, resourceServer });
    return signedAgain(await Object.assign(token, { format: 'jwt', aud }).save());
  }

  // `audience` overrides the one the scope asks for, `roles` those the user has been granted;
  // `ttl` and `nbf` are seconds from now and may be negative; `exp` goes before `ttl`. `login` makes
  // a session, `session` names one; `chain` is the one that the token before belonged to.
  return async function issue({
    user, kind = 'opaque', scope = `openid ${audienceScope(instance.projectId)}`,
    ttl = kind === 'pat' ? kPatLifetime : kLifetime, exp, nbf, sub = user.userId,
    audience, roles, claims = {}, login, session: sessionId, chain,
  }) {
    const now = Math.floor(Date.now() / 1000);
    const iat = now + Math.min(0, ttl - 1);
    const asked = audience ?? audienceOf(scope, instance);
    const aud = asked.length > 0 ? asked : [user.name];
    const session = login ? logIn(instance, user, login)
      : sessionId && sessionWith(instance, sessionId);
    const fields = {
      client: await Client.find(user.userId),
      accountId: sub,
      iat,
      exp: exp ?? now + ttl,
      scope: scope || undefined,
      aud,
      jti: kind === 'pat' ? id() : `${chain ?? `V2_${id()}`}-at_${id()}`,
      // Members that oidc-provider passes on, and, in a field it has no use for, our own.
      extra: { nbf: nbf === undefined ? iat : now + nbf, ...claims },
      claims: {
        kind, roles, generation: user.generation, name: user.name,
        session: session?.id, sessionGeneration: session?.generation,
        inToken: rolesInToken(
          roles ?? grantedRoles(instance, user), [aud].flat(), scope.split(' ')),
      },
    };
    // oidc-provider keeps no record of a JWT, ZITADEL does and answers for it too.
    const jti = await Object.assign(new AccessToken(fields), { format: 'opaque' }).save();
    const token = kind === 'jwt' ? await signed(fields, [aud].flat(), jti)
      : randomBytes(kind === 'pat' ? kPatBytes : kOpaqueBytes).toString('base64url');
    store.tokens.handOut(token, jti);
    if (kind !== 'pat') {
      const { iat: issued, exp: end } = fields;
      recordToken(instance,
        { jti, user, session, isRefresh: Boolean(chain), scope, sub, aud, iat: issued, exp: end });
    }
    return {
      access_token: token, jti, expires_in: fields.exp - now, exp: fields.exp, sub,
      scope: fields.scope, session: session?.id,
    };
  };
}
