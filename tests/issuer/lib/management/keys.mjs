// SPDX-License-Identifier: Apache-2.0
// Keys of applications and of service users: made here and shown once, or brought along. The list of
// personal access tokens is told as that of keys.
import { createPublicKey } from 'node:crypto';
import { patScopes } from '../claims.mjs';
import { id, kForever } from '../instance.mjs';
import { change, found } from './answers.mjs';
import { invalid, notFound } from './failures.mjs';
import { choice, date, group, search } from './members.mjs';

const kType = 'KEY_TYPE_JSON';

export const keyBody = (more = {}) =>
  group({ type: choice([kType]), expirationDate: date, ...more });

export const keySearch = search({});

export function endingAt(expirationDate = kForever) {
  if (Date.parse(expirationDate) <= Date.now()) {
    throw invalid('Errors.AuthNKey.ExpireBeforeNow', 'DOMAIN-dv3t5');
  }
  return expirationDate;
}

// PEM of an RSA key, which is what these keys are.
function readPublicKey(pem) {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // It is told below.
  }
  throw invalid('Errors.User.Machine.Key.Invalid', 'COMMAND-5F3h1');
}

// `publicKey`: PEM; without it a pair is made. The event's payload tells of the key by itself.
export async function addKey(call, owner, of, { expirationDate, publicKey }, { type, payload }) {
  const end = endingAt(expirationDate);
  const pair = publicKey ? { publicKey: readPublicKey(publicKey) } : await call.instance.keyPairs.next();
  const key = { keyId: id(), deleted: false, expirationDate: end, ...pair };
  const told = { keyId: key.keyId, type: 1, expirationDate: end };
  return call.add(owner.keys, key, { type, of, payload: { ...payload, ...told } });
}

export const detailsOfKey = (file) => Buffer.from(JSON.stringify(file)).toString('base64');

const told = ({ keyId, details, expirationDate }) =>
  ({ id: keyId, details, type: kType, expirationDate });

export const foundKeys = (call, owner) => found(
  call.lag.shown((owner?.keys ?? []).filter(({ deleted }) => !deleted)),
  { body: call.body, tell: told },
);

const toldToken = ({ tokenId, details, expirationDate }) =>
  ({ id: tokenId, details, expirationDate, scopes: patScopes });

export const foundTokens = (call, owner) => found(call.lag.shown(owner?.tokens ?? []),
  { body: call.body, tell: toldToken });

export function removeKey(call, owner, of, fault, type) {
  const { key: keyId } = call.params;
  const key = owner?.keys.find((each) => each.keyId === keyId && !each.deleted);
  if (!key) throw notFound(fault, 'COMMAND-4m77G');
  owner.keys = owner.keys.filter((each) => each !== key);
  return change(call.changed(key, { type, of, payload: { keyId } }));
}
