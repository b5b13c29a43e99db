// SPDX-License-Identifier: Apache-2.0
// The files a start leaves for others: ZITADEL's key files and what tells where the issuer is.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pem = (key, type) => key.privateKey.export({ type, format: 'pem' });

// Readable by their owner alone, as a program that reads a key file insists; and whole, or absent.
function write(path, text) {
  writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

const writeJson = (path, value) => write(path, JSON.stringify(value, null, 2));

export const applicationKey = ({ appId, clientId }, key, type = 'pkcs1') => ({
  type: 'application', keyId: key.keyId, key: pem(key, type), appId, clientId,
});

export const userKey = ({ userId }, key) => ({
  type: 'serviceaccount', keyId: key.keyId, key: pem(key, 'pkcs1'),
  expirationDate: key.expirationDate, userId,
});

function contents({ applications, deletedKey, users }) {
  const [api, basic, other] = applications;
  const [key] = api.keys;
  return {
    'api-key': applicationKey(api, key),
    'api-key-pkcs8': applicationKey(api, key, 'pkcs8'),
    'api-key-deleted': applicationKey(api, deletedKey),
    'api-key-other': applicationKey(other, other.keys[0]),
    basic: { clientId: basic.clientId, clientSecret: basic.clientSecret },
    ...Object.fromEntries(users.map((user) => [
      user.isAdministrator ? `${user.name}-key` : `user-${user.name}`, userKey(user, user.keys[0]),
    ])),
  };
}

// Returns the path of each by its name.
export function writeKeyFiles(dir, instance) {
  return Object.fromEntries(Object.entries(contents(instance)).map(([name, content]) => {
    const path = join(dir, `${name}.json`);
    writeJson(path, content);
    return [name, path];
  }));
}

// Personal access tokens by their name.
export function writeTokenFiles(dir, tokens) {
  return Object.fromEntries(Object.entries(tokens).map(([name, token]) => {
    const path = join(dir, `${name}-token`);
    write(path, token);
    return [`${name}-token`, path];
  }));
}

export const writeReady = (dir, ready) => writeJson(join(dir, 'ready.json'), ready);
