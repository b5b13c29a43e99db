// SPDX-License-Identifier: Apache-2.0
// How ZITADEL authenticates a client by its key, and in which words it refuses one.
import { errors } from 'oidc-provider';
import { applicationOf, isAlive, isOver, keyOf } from './instance.mjs';

export const kClockSkew = 1; // seconds
const kMaxAge = 60 * 60; // seconds since `iat`

// What is wrong with an assertion whose signature holds, or undefined. Both kinds of assertion
// are held to it: a client's (RFC 7523 §2.2) and a service user's, for the grant (§2.1).
export function assertionFault({ header, payload, issuer, key }) {
  const now = Date.now() / 1000;
  if (!header.kid) return 'the assertion names no key (kid)';
  if (!key || isOver(key)) return 'the key is not known';
  if (![payload.aud].flat().includes(issuer)) return 'the audience is not the issuer';
  if (!(payload.iat > now - kMaxAge)) return 'the assertion was issued too long ago';
  if (payload.iat > now + kClockSkew) return 'the assertion was issued in the future';
  if (!(payload.exp > now - kClockSkew)) return 'the assertion has expired';
  return undefined;
}

// oidc-provider's hook, run after it has checked the signature and before it looks for a replay.
export const checkAssertion = (instance) => (ctx, payload, header) => {
  const key = keyOf(instance, header.kid);
  const fault = assertionFault({ header, payload, issuer: ctx.oidc.issuer, key });
  if (fault) throw new errors.InvalidClientAuth(fault);
};

const refusals = {
  zitadel: (ctx) => Object.assign(ctx, { status: 400, body: { error: 'unauthorized_client' } }),
  'old-zitadel': (ctx, description) => Object.assign(ctx, {
    status: 401, type: 'text/plain', body: `unauthorized: ${description}`,
  }),
  'oidc-provider': () => {},
};

// oidc-provider's words for what ZITADEL calls malformed, and ZITADEL's.
const malformed = [
  [/no client authentication/, 'client_id or client_assertion must be provided'],
  [/'token'/, 'token missing'],
];

export const withoutCredentials = {
  status: 400, body: { error: 'invalid_request', error_description: malformed[0][1] },
};

// Rewrites oidc-provider's refusal at the introspection endpoint into ZITADEL's.
export const refuse = (settings, counters) => (ctx, error) => {
  if (error.error_detail === 'client assertion tokens must only be used once') {
    counters.assertionsReplayed += 1;
  }
  if (error.error_description === 'invalid client_assertion format') {
    Object.assign(ctx, { status: 200, body: { active: false } });
  } else if (error instanceof errors.InvalidClientAuth) {
    refusals[settings.refusals](ctx, error.error_detail ?? 'client authentication failed');
  } else if (error instanceof errors.InvalidRequest) {
    const known = malformed.find(([pattern]) => pattern.test(error.error_description));
    if (known) ctx.body = { error: 'invalid_request', error_description: known[1] };
  }
};

// A service user is no API: it may not ask, whatever its key.
export const refuseUser = (settings) => (ctx) =>
  refusals[settings.refusals](ctx, 'the client is not an API');

// A token is for this API when its audience holds the API or its project.
export const mayIntrospect = (instance) => (ctx, client, token) => {
  const application = applicationOf(instance, client.clientId);
  if (!application || !isAlive(instance, token)) return false;
  const audience = [token.aud].flat();
  return token.claims.kind === 'pat' || audience.includes(application.clientId)
    || audience.includes(application.projectId);
};
