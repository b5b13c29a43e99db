// SPDX-License-Identifier: Apache-2.0
// oidc-provider, configured to answer as ZITADEL does.
import { randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';
import { introspectionOf } from './claims.mjs';
import {
  checkAssertion, kClockSkew, mayIntrospect, refuse, refuseUser, withoutCredentials,
} from './client_authentication.mjs';
import { dialect } from './dialect.mjs';
import { discoveryOf } from './discovery.mjs';
import { applyChanges } from './faults.mjs';
import { applicationOf, grantedRoles, keySetOf, projectOf, userOf } from './instance.mjs';
import {
  authenticateGrantClient, disguiseRefusal, grantClient, jwtBearerGrant,
} from './jwt_bearer.mjs';
import { createGateway } from './management/gateway.mjs';
import { jwtBearer, paths } from './names.mjs';
import { createStore } from './store.mjs';
import { asZitadel, createTokens } from './tokens.mjs';

// The secret of an application that has none.
const neverTold = randomBytes(32).toString('hex');

const bare = { redirect_uris: [], response_types: [], grant_types: [] };

const clientOf = (application) => ({
  ...bare,
  client_id: application.clientId,
  ...(application.isBasic ? {
    client_secret: application.clientSecret ?? neverTold,
    token_endpoint_auth_method: 'client_secret_basic',
  } : { jwks: keySetOf(application), token_endpoint_auth_method: 'private_key_jwt' }),
});

// A service user is the client of its own tokens.
const clientOfUser = (user) => ({
  ...bare, client_id: user.userId, jwks: keySetOf(user),
  token_endpoint_auth_method: 'private_key_jwt',
});

function clientWith(instance, id) {
  const application = applicationOf(instance, id);
  const user = userOf(instance, id);
  return application ? clientOf(application) : user && clientOfUser(user);
}

function configuration({ instance, store }) {
  const { signingKey } = instance;
  const signing = signingKey.privateKey.export({ format: 'jwk' });
  return {
    adapter: (model) => store.adapter(model),
    clients: [grantClient],
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
    clockTolerance: kClockSkew,
    assertJwtClientAuthClaimsAndHeader: checkAssertion(instance),
    cookies: { keys: [randomBytes(16).toString('hex')] },
    extraTokenClaims: (ctx, token) => token.extra,
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: mayIntrospect(instance) },
    },
    formats: { customizers: { jwt: asZitadel } },
    jwks: { keys: [{ ...signing, kid: signingKey.keyId, alg: 'RS256', use: 'sig' }] },
    routes: {
      authorization: '/oauth/v2/authorize', introspection: paths.introspection, jwks: paths.keys,
      token: paths.token, userinfo: '/oidc/v1/userinfo', end_session: '/oidc/v1/end_session',
    },
    scopes: ['openid', 'profile', 'email'],
  };
}

const introspectionAnswer = ({ instance, settings, counters }) => {
  const refuseAsUser = refuseUser(settings);
  return async (ctx, next) => {
    await next();
    if (ctx.path !== paths.introspection) return;
    counters.introspected(ctx.oidc?.params);
    if (ctx.method === 'GET') Object.assign(ctx, withoutCredentials);
    const { AccessToken: token, Client: client } = ctx.oidc?.entities ?? {};
    if (client && userOf(instance, client.clientId)) refuseAsUser(ctx);
    if (ctx.body?.active !== true) return;
    const application = applicationOf(instance, client.clientId);
    const user = userOf(instance, token.clientId);
    ctx.body = introspectionOf({
      found: ctx.body, token, user, application,
      project: projectOf(instance, application.projectId),
      roles: token.claims.roles ?? grantedRoles(instance, user),
    });
  };
};

// What oidc-provider says of itself and its keys, in ZITADEL's words.
const ownWords = (issuer, instance) => async (ctx, next) => {
  await next();
  if (ctx.path === paths.discovery) ctx.body = discoveryOf(issuer);
  if (ctx.path !== paths.keys || !ctx.body?.keys) return;
  ctx.body = { keys: instance.webKeys.map(({ keyId, publicKey }) => {
    const { kty, n, e } = publicKey.export({ format: 'jwk' });
    return { use: 'sig', kty, kid: keyId, alg: 'RS256', n, e };
  }) };
};

// Applications that people log in to may revoke tokens, and there are none of these here.
async function refuseRevocation(ctx, next) {
  if (ctx.path !== paths.revocation) return next();
  return Object.assign(ctx, {
    status: 400, body: { error: 'invalid_client', error_description: 'no active client not found' },
  });
}

export function createProvider({ issuer, instance, settings, counters, lag, journal }) {
  const store = createStore(settings, (id) => clientWith(instance, id));
  const provider = new Provider(issuer, configuration({ instance, store }));
  const issue = createTokens({ provider, instance, store });
  const grant = jwtBearerGrant({ instance, settings, issue });
  provider.registerGrantType(jwtBearer, grant, ['assertion', 'scope']);
  provider.use(dialect({ issuer }));
  provider.use(applyChanges);
  provider.use(createGateway({
    provider, instance, issue, lag, journal, counters, forget: (jti) => store.tokens.destroy(jti),
  }));
  provider.use(ownWords(issuer, instance));
  provider.use(introspectionAnswer({ instance, settings, counters }));
  provider.use(refuseRevocation);
  provider.use(authenticateGrantClient);
  provider.on('introspection.error', refuse(settings, counters));
  provider.on('grant.error', disguiseRefusal);
  provider.on('server_error', (ctx, error) => console.error('issuer:', error));
  return { provider, issue };
}
