// SPDX-License-Identifier: Apache-2.0
// The grant by which a service user gets a token with its key (RFC 7523 §2.1).
import { errors } from 'oidc-provider';
import { assertionFault } from './client_authentication.mjs';
import { idTokenFor } from './id_token.mjs';
import { userOf } from './instance.mjs';
import { parse, verify } from './jwt.mjs';
import { isKnownScope, jwtBearer, paths } from './names.mjs';

// ZITADEL wants no client authentication for this grant, oidc-provider for every one: it gets
// this client's.
export const grantClient = {
  client_id: 'service-users',
  client_secret: 'none',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: [jwtBearer],
  redirect_uris: [],
  response_types: [],
};
const { client_id: id, client_secret: secret } = grantClient;
const grantAuthorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

export function authenticateGrantClient(ctx, next) {
  if (ctx.path === paths.token) ctx.req.headers.authorization ??= grantAuthorization;
  return next();
}

class Refused extends errors.InvalidGrant {}

function refuse(why) {
  throw new Refused(why);
}

// ZITADEL does not say why: to all of this it answers as if it had failed itself.
export function disguiseRefusal(ctx, error) {
  if (!(error instanceof Refused)) return;
  ctx.status = 500;
  ctx.body = { error: 'server_error', error_description: 'Errors.Internal' };
}

// The service user an assertion speaks for.
function userFrom(assertion, { instance, issuer }) {
  let parsed;
  try {
    parsed = parse(assertion);
  } catch {
    return refuse('the assertion is not a JWT');
  }
  const { header, payload } = parsed;
  const user = userOf(instance, payload.sub);
  if (!user || payload.iss !== payload.sub) refuse('the assertion is of no service user');
  const key = user.keys.find(({ keyId }) => keyId === header.kid);
  const fault = assertionFault({ header, payload, issuer, key });
  if (fault) refuse(fault);
  if (!verify(assertion, key.publicKey)) refuse('the signature of the assertion is wrong');
  if (user.state !== 'active') throw new errors.InvalidRequest('Errors.User.NotActive');
  return user;
}

export const jwtBearerGrant = ({ instance, settings, issue }) => async (ctx, next) => {
  const { assertion, scope = '' } = ctx.oidc.params;
  if (!assertion) throw new errors.InvalidRequest('assertion missing');
  const user = userFrom(assertion, { instance, issuer: ctx.oidc.issuer });
  const known = scope.split(' ').filter(isKnownScope).join(' ');
  const kind = user.accessTokens ?? settings.accessTokens;
  const token = await issue({ user, scope: known, kind });
  ctx.body = {
    access_token: token.access_token,
    token_type: 'Bearer',
    expires_in: token.expires_in - 1, // what is left of it by now
    ...(known.split(' ').includes('openid') && {
      id_token: idTokenFor(token, { user, instance, issuer: ctx.oidc.issuer }),
    }),
  };
  return next();
};
