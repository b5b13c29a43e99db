// SPDX-License-Identifier: Apache-2.0
// Sessions: what people log in to, and the chain of access tokens that comes of one log-in or one
// assertion. A token's `jti` is `V2_…-at_…`: the chain's id, and its own.
import { id, record, userNamed, userOf } from './instance.mjs';

const kNanoseconds = 1_000_000_000;
const kRefreshLifetime = 90 * 24 * 60 * 60 * kNanoseconds;
const kRefreshIdleLifetime = 30 * 24 * 60 * 60 * kNanoseconds;
const kTrigger = { triggerOrigin: 'http://localhost' };
const kinds = ['v1', 'v2'];

export const chainOf = (jti) => jti.split('-')[0];

// A user who has logged in, with the old log-in (v1) or with the session API (v2).
export function logIn(instance, user, kind) {
  if (!kinds.includes(kind)) throw new RangeError(`a log-in is ${kinds.join(' or ')}`);
  const session = {
    id: kind === 'v1' ? `V1_${id()}` : id(), kind, user, generation: 0, userAgent: id(),
    details: { resourceOwner: instance.itself.id },
  };
  instance.sessions.set(session.id, session);
  if (kind === 'v2') recordLogIn(instance, session);
  return session;
}

function recordLogIn(instance, { user, ...session }) {
  const of = session;
  record(instance, undefined, [
    { type: 'session.added', of, payload: {} },
    {
      type: 'session.user.checked', of,
      payload: {
        userID: user.userId, userResourceOwner: user.organisation.id,
        checkedAt: new Date().toISOString(),
      },
    },
  ]);
}

export const sessionWith = ({ sessions }, sessionId) => sessions.get(sessionId)
  ?? (() => { throw new RangeError('no session has that id'); })();

const loginPayload = ({ userAgent }, nonce) => ({
  nonce, preferredLanguage: 'und',
  userAgent: { fingerprint_id: userAgent, description: 'Mozilla/5.0 test' },
});

// That a token was issued: the first of its chain, or one that was got by the refresh token.
export function recordToken(instance, { jti, user, session, isRefresh, ...token }) {
  const chain = { id: chainOf(jti), details: { resourceOwner: user.organisation.id } };
  const scope = () => token.scope?.split(' ') ?? [];
  const reason = session ? 'auth_request' : 'jwt_profile';
  const entries = [{
    type: 'oidc_session.added',
    payload: () => ({
      userID: token.sub, userResourceOwner: user.organisation.id, sessionID: session?.id ?? '',
      clientID: user.name, audience: [token.aud].flat(), scope: scope(),
      authMethods: [session ? 4 : 9], authTime: new Date(token.iat * 1000).toISOString(),
      ...(session && loginPayload(session, `no-${jti.slice(-8)}`)),
    }),
  }, {
    type: 'oidc_session.access_token.added',
    payload: () => ({
      id: jti.slice(chain.id.length + 1), scope: scope(),
      lifetime: (token.exp - token.iat) * kNanoseconds, reason: isRefresh ? 'refresh' : reason,
    }),
  }];
  const idleLifetime = kRefreshIdleLifetime;
  if (isRefresh) {
    entries.splice(0, 1);
    entries.push({
      type: 'oidc_session.refresh_token.renewed', payload: { id: `rt_${id()}`, idleLifetime },
    });
  } else if (session) {
    entries.push({
      type: 'oidc_session.refresh_token.added',
      payload: { id: `rt_${id()}`, lifetime: kRefreshLifetime, idleLifetime },
    });
  }
  record(instance, undefined, entries.map((entry) => ({ ...entry, of: chain })));
}

// A personal access token is removed; of others, the access token or the refresh token is revoked,
// and with the one the other one's access token.
export async function revoke(instance, token, what = 'access_token') {
  if (!['access_token', 'refresh_token'].includes(what)) throw new RangeError(`no ${what} is revoked`);
  const { jti, clientId, claims: { kind } } = token;
  const user = userOf(instance, clientId);
  await token.destroy();
  if (kind === 'pat') {
    if (user) user.tokens = user.tokens.filter(({ tokenId }) => tokenId !== jti);
    const of = user ?? { userId: clientId };
    record(instance, userNamed(instance, 'iam-owner'),
      [{ type: 'user.pat.removed', of, thing: {}, payload: { tokenId: jti } }]);
    return;
  }
  const of = { id: chainOf(jti), details: { resourceOwner: user?.organisation.id } };
  record(instance, undefined, [{ type: `oidc_session.${what}.revoked`, of, payload: {} }]);
}

// The next token of the same chain: the one before is dead from then on.
export async function refresh(instance, token, issue) {
  const { jti, claims, extra: { nbf, ...further } } = token;
  if (!claims.session) throw new RangeError('the token has no session, so nothing to be refreshed by');
  const user = userOf(instance, token.clientId);
  if (user?.state !== 'active') throw new RangeError('its user is not active');
  await token.destroy();
  return issue({
    user, kind: claims.kind, scope: token.scope,
    sub: token.accountId, audience: token.aud, roles: claims.roles, claims: further,
    session: claims.session, chain: chainOf(jti),
  });
}

// Log-out, or the end that an administrator put to it. The refresh token lives on.
export function endSession(instance, { session: sessionId, by = 'user' }) {
  const session = sessionWith(instance, sessionId);
  if (!['user', 'administrator'].includes(by)) throw new RangeError(`nobody is ${by}`);
  session.generation += 1;
  const { kind, user, userAgent } = session;
  if (kind === 'v1') {
    const payload = { userAgentID: userAgent, sessionID: session.id, ...kTrigger };
    record(instance, user, [{ type: 'user.human.signed.out', of: user, payload }]);
  } else {
    const editor = by === 'administrator' ? userNamed(instance, 'iam-owner') : undefined;
    record(instance, editor, [{ type: 'session.terminated', of: session, payload: { ...kTrigger } }]);
  }
}
