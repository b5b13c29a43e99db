// The grant by which a service user gets a token with its key (RFC 7523 §2.1).
import { errors } from 'oidc-provider';
import { assertionFault } from './client_authentication.mjs';
import { userOf } from './instance.mjs';
import { parse, verify } from './jwt.mjs';
import { jwtBearer, paths } from './names.mjs';

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

function refuse(description) {
  throw Object.assign(new errors.InvalidGrant(description), { error_description: description });
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
  return user;
}

export const jwtBearerGrant = ({ instance, settings, issue }) => async (ctx, next) => {
  const { assertion, scope } = ctx.oidc.params;
  if (!assertion) throw new errors.InvalidRequest('assertion missing');
  if (!scope) throw new errors.InvalidRequest('scope missing');
  const user = userFrom(assertion, { instance, issuer: ctx.oidc.issuer });
  const token = await issue({ user, scope, kind: settings.accessTokens });
  ctx.body = {
    access_token: token.access_token, token_type: 'Bearer', expires_in: token.expires_in, scope,
  };
  return next();
};
