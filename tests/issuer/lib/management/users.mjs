// SPDX-License-Identifier: Apache-2.0
// Service users: made, stopped, taken away, their keys and personal access tokens.
import { patScopes } from '../claims.mjs';
import { userKey } from '../files.mjs';
import { setUserState } from '../changes.mjs';
import { id, kForever } from '../instance.mjs';
import { birth, change, found, states } from './answers.mjs';
import { exists, notFound, unknown, unmet } from './failures.mjs';
import { removeGrants } from './grants.mjs';
import {
  addKey, detailsOfKey, endingAt, foundKeys, foundTokens, keyBody, keySearch, removeKey,
} from './keys.mjs';
import { bytes, choice, date, group, name, search, text, textQuery } from './members.mjs';

const user = '/management/v1/users/:user';
const kBearer = 'ACCESS_TOKEN_TYPE_BEARER';
const kJwt = 'ACCESS_TOKEN_TYPE_JWT';
const stateOf = states('USER');

const kindOf = ({ isPerson, title, description, accessTokens }) => (isPerson
  ? { human: { profile: { firstName: title, lastName: title, displayName: title } } }
  : { machine: {
    name: title,
    description: description || undefined,
    accessTokenType: accessTokens === 'jwt' ? kJwt : undefined,
  } });

export const toldUser = ({ userId, details, state, name: userName, ...more }) => ({
  id: userId,
  details,
  state: stateOf(state),
  userName,
  loginNames: [userName],
  preferredLoginName: userName,
  ...kindOf(more),
});

function add(call) {
  const { userName, name: title, description, accessTokenType } = call.body;
  const isTwin = (one) => one.name.toLowerCase() === userName.toLowerCase();
  if (call.instance.users.some(isTwin)) throw exists('User already exists');
  const one = call.add(call.instance.users, {
    name: userName, title, description, userId: id(), organisation: call.organisation, keys: [],
    state: 'active', generation: 0, memberships: [], tokens: [],
    accessTokens: accessTokenType === kJwt ? 'jwt' : 'opaque',
  }, {
    type: 'user.machine.added',
    payload: {
      userName, name: title, description: description || undefined,
      accessTokenType: accessTokenType === kJwt ? 1 : undefined,
    },
  });
  return { userId: one.userId, ...change(one) };
}

const existing = (call, errorId) => call.user
  ?? (() => { throw notFound('User could not be found', errorId); })();

// `from`: the states in which it may be.
const switchTo = (state, from, missing, fault) => ({
  needs: 'user.write',
  body: group({}),
  run(call) {
    const one = existing(call, missing);
    if (!from.includes(one.state)) throw fault;
    setUserState(call.instance, one, state, call.caller);
    return change(one);
  },
});

function remove(call) {
  const one = existing(call, 'COMMAND-m9od');
  call.remove('users', (each) => each === one);
  return change(call.changed(one, {
    type: 'user.removed', more: removeGrants(call, ({ userId }) => userId === one.userId),
  }));
}

async function addKeyOfIt(call) {
  const { expirationDate, publicKey } = call.body;
  const one = call.user;
  if (!one) throw unmet('Errors.User.NotFound', 'COMMAND-bnipwm1');
  if (one.isPerson) unknown('a key of a person');
  const key = await addKey(call, one, one, { expirationDate, publicKey },
    { type: 'user.machine.key.added' });
  const keyDetails = publicKey ? undefined : detailsOfKey(userKey(one, key));
  return { keyId: key.keyId, keyDetails, ...birth(key) };
}

async function addToken(call) {
  const end = endingAt(call.body.expirationDate ?? kForever);
  const one = call.user;
  if (!one) throw unmet('Errors.User.NotFound', 'COMMAND-Dggw2');
  if (one.isPerson) throw unmet('Errors.User.WrongType', 'COMMAND-Df2f1');
  const exp = Math.floor(Date.parse(end) / 1000);
  const { access_token: token, jti } = await call.issue({ user: one, kind: 'pat', exp });
  const added = call.add(one.tokens, { tokenId: jti, expirationDate: end }, {
    type: 'user.pat.added', of: one,
    payload: { tokenId: jti, expiration: end, scopes: patScopes },
  });
  return { tokenId: jti, token, ...birth(added) };
}

async function removeToken(call) {
  const { user: one, params: { token: tokenId } } = call;
  const token = one?.tokens.find((each) => each.tokenId === tokenId);
  if (!token) throw notFound('Errors.User.PAT.NotFound', 'COMMAND-4m77G');
  one.tokens = one.tokens.filter((each) => each !== token);
  await call.forget(tokenId);
  return change(call.changed(token, { type: 'user.pat.removed', of: one, payload: { tokenId } }));
}

export const users = {
  'POST /management/v1/users/_search': {
    needs: 'user.read',
    body: search({ userNameQuery: textQuery('userName') }),
    run: (call) => found(call.shown('users'),
      { body: call.body, about: { userNameQuery: (one) => one.name }, tell: toldUser }),
  },
  'POST /management/v1/users/machine': {
    needs: 'user.write',
    body: group({
      userName: name,
      name,
      description: text(0, 500),
      accessTokenType: choice([kBearer, kJwt], kBearer),
    }),
    request: 'AddMachineUserRequest',
    run: add,
  },
  [`GET ${user}`]: {
    needs: 'user.read',
    run(call) {
      const one = call.shown('users').find((each) => each === call.user);
      if (!one) throw notFound('User could not be found', 'QUERY-Dfbg2');
      return { user: toldUser(one) };
    },
  },
  [`POST ${user}/_deactivate`]: switchTo('deactivated', ['active', 'locked'], 'COMMAND-3M9ds',
    unmet('Errors.User.AlreadyInactive', 'COMMAND-5M0sf')),
  [`POST ${user}/_reactivate`]: switchTo('active', ['deactivated'], 'COMMAND-4M0sd',
    unmet('Errors.User.NotInactive', 'COMMAND-6M0sf')),
  [`POST ${user}/_lock`]: switchTo('locked', ['active'], 'COMMAND-5M9fs',
    unmet('Errors.User.ShouldBeActiveOrInitial', 'COMMAND-3NN8v')),
  [`POST ${user}/_unlock`]: switchTo('active', ['locked'], 'COMMAND-M0dos',
    unmet('Errors.User.NotLocked', 'COMMAND-4M0ds')),
  [`DELETE ${user}`]: { needs: 'user.delete', run: remove },
  [`POST ${user}/keys/_search`]: {
    needs: 'user.read', body: keySearch, run: (call) => foundKeys(call, call.user),
  },
  [`POST ${user}/keys`]: {
    needs: 'user.write', body: keyBody({ publicKey: bytes }), run: addKeyOfIt,
  },
  [`DELETE ${user}/keys/:key`]: {
    needs: 'user.write',
    run: (call) => removeKey(call, call.user, call.user,
      'Errors.User.Machine.Key.NotFound', 'user.machine.key.removed'),
  },
  // As ZITADEL's reference has it (ListPersonalAccessTokens); nobody has recorded it.
  [`POST ${user}/pats/_search`]: {
    needs: 'user.read', body: keySearch, run: (call) => foundTokens(call, call.user),
  },
  [`POST ${user}/pats`]: {
    needs: 'user.write', body: group({ expirationDate: date }), run: addToken,
  },
  [`DELETE ${user}/pats/:token`]: { needs: 'user.write', run: removeToken },
};
