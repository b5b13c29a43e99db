// oidc-provider, configured to answer as ZITADEL does.
import { randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';
import { zitadelMembers } from './claims.mjs';
import { checkAssertion, kClockSkew, mayIntrospect, refuse } from './client_authentication.mjs';
import { applyChanges } from './faults.mjs';
import { applicationOf, keySetOf, userOf } from './instance.mjs';
import { authenticateGrantClient, grantClient, jwtBearerGrant } from './jwt_bearer.mjs';
import { jwtBearer, paths } from './names.mjs';
import { createStore } from './store.mjs';
import { createTokens } from './tokens.mjs';

const bare = { redirect_uris: [], response_types: [], grant_types: [] };

const clientOf = (application) => ({
  ...bare,
  client_id: application.clientId,
  ...(application.clientSecret
    ? { client_secret: application.clientSecret, token_endpoint_auth_method: 'client_secret_basic' }
    : { jwks: keySetOf(application), token_endpoint_auth_method: 'private_key_jwt' }),
});

// A service user is the client of its own tokens. It can authenticate as one, and is then told
// that every token is inactive.
const clientOfUser = (user) => ({
  ...bare, client_id: user.userId, jwks: keySetOf(user),
  token_endpoint_auth_method: 'private_key_jwt',
});

function configuration({ instance, store }) {
  const { applications, users, signingKey } = instance;
  const signing = signingKey.privateKey.export({ format: 'jwk' });
  return {
    adapter: (model) => store.adapter(model),
    clients: [
      ...Object.values(applications).map(clientOf),
      ...Object.values(users).map(clientOfUser),
      grantClient,
    ],
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
    clockTolerance: kClockSkew,
    assertJwtClientAuthClaimsAndHeader: checkAssertion(instance),
    cookies: { keys: [randomBytes(16).toString('hex')] },
    extraTokenClaims: (ctx, token) => token.extra,
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: mayIntrospect(instance) },
      revocation: { enabled: true },
    },
    formats: {
      customizers: { jwt: (ctx, token, jwt) => Object.assign(jwt, { header: { typ: 'JWT' } }) },
    },
    jwks: { keys: [{ ...signing, kid: signingKey.keyId, alg: 'RS256', use: 'sig' }] },
    routes: {
      authorization: '/oauth/v2/authorize', introspection: paths.introspection, jwks: paths.keys,
      revocation: paths.revocation, token: paths.token, userinfo: '/oidc/v1/userinfo',
      end_session: '/oidc/v1/end_session',
    },
    scopes: ['openid', 'profile', 'email'],
  };
}

// ZITADEL's order of members varies from answer to answer.
function shuffled(object) {
  const entries = Object.entries(object);
  const first = Math.floor(Math.random() * entries.length);
  return Object.fromEntries([...entries.slice(first), ...entries.slice(0, first)]);
}

const introspectionAnswer = (instance, counters) => async (ctx, next) => {
  await next();
  if (ctx.path !== paths.introspection) return;
  counters.introspected(ctx.oidc?.params);
  const { AccessToken: token, Client: client } = ctx.oidc?.entities ?? {};
  if (ctx.body?.active === true) {
    const application = applicationOf(instance, client.clientId);
    const user = userOf(instance, token.clientId);
    ctx.body = shuffled({ ...ctx.body, ...zitadelMembers({ token, user, application }) });
  }
  for (const header of ['Cache-Control', 'Pragma', 'WWW-Authenticate']) ctx.remove(header);
};

export function createProvider({ issuer, instance, settings, counters }) {
  const store = createStore(settings);
  const provider = new Provider(issuer, configuration({ instance, store }));
  const issue = createTokens({ provider, instance, store });
  const grant = jwtBearerGrant({ instance, settings, issue });
  provider.registerGrantType(jwtBearer, grant, ['assertion', 'scope']);
  provider.use(applyChanges);
  provider.use(introspectionAnswer(instance, counters));
  provider.use(authenticateGrantClient);
  provider.on('introspection.error', refuse(settings, counters));
  provider.on('server_error', (ctx, error) => console.error('issuer:', error));
  return { provider, issue };
}
