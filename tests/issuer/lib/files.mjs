// The files a start leaves for others: ZITADEL's key files and what tells where the issuer is.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pem = (key, type) => key.privateKey.export({ type, format: 'pem' });

// Readable by their owner alone, as a program that reads a key file insists; and whole, or absent.
function writeJson(path, value) {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

const applicationKey = ({ appId, clientId }, key, type = 'pkcs1') => ({
  type: 'application', keyId: key.keyId, key: pem(key, type), appId, clientId,
});

const userKey = ({ userId, keys: [key] }) => ({
  type: 'serviceaccount', keyId: key.keyId, key: pem(key, 'pkcs1'), userId,
  expirationDate: '2519-04-01T08:45:00.000000Z',
});

function contents({ applications: { api, basic, other }, users }) {
  const [key, deletedKey] = api.keys;
  return {
    'api-key': applicationKey(api, key),
    'api-key-pkcs8': applicationKey(api, key, 'pkcs8'),
    'api-key-deleted': applicationKey(api, deletedKey),
    'api-key-other': applicationKey(other, other.keys[0]),
    basic: { clientId: basic.clientId, clientSecret: basic.clientSecret },
    ...Object.fromEntries(Object.entries(users).map(([name, user]) =>
      [`user-${name}`, userKey(user)])),
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

export const writeReady = (dir, ready) => writeJson(join(dir, 'ready.json'), ready);
