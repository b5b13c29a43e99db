// SPDX-License-Identifier: Apache-2.0
// "Replace the key" of docs/reload.md, step by step, while callers call: nobody is refused.
import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { after, before, beforeEach, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { change, kept, reload, startCalling } from './support/reloads.mjs';
import { projectFolder } from './support/workspace.mjs';

const limit = { timeout: 120_000 };
const kRotations = 2;

let issuer;
let keyId; // in use
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());
beforeEach(() => { keyId = issuer.readFile('api-key').keyId; });

// As the console does.
async function manage(path, body) {
  const url = `${issuer.issuer}/management/v1/projects/${issuer.projectId}/apps/${path}`;
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body),
    headers: { Authorization: `Bearer ${issuer.readToken('admin')}`, 'Content-Type': 'application/json' } });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

// A new key of the API application, as the file that is handed out.
async function makeKey() {
  const { keyDetails } = await manage(`${issuer.readFile('api-key').appId}/keys`, { type: 'KEY_TYPE_JSON' });
  return Buffer.from(keyDetails, 'base64').toString();
}

// In the place of the old file, by a rename.
function put(api, text) {
  api.workspace.write('etc/.new', text);
  renameSync(api.workspace.path('etc/.new'), api.workspace.path('etc/key.json'));
}

async function rotate(api) {
  const old = keyId;
  const text = await makeKey();
  keyId = JSON.parse(text).keyId;
  api.secrets.addKey(JSON.parse(text).key);
  put(api, text);
  await reload(api);
  return old;
}

for (const way of ['lighttpd/fastcgi.conf', 'lighttpd/spawn-fcgi.conf', 'apache/mod_fcgid.conf']) {
  describe(`behind ${way}`, limit, () => {
    it('the key is replaced under load, and nobody is refused', () =>
      useApi(way, issuer, { settings: { ZITADEL_CACHE_TTL: 5 } }, async (api) => {
        const known = await issuer.mint();
        let fresh = await issuer.mintMany(600);
        let turn = 0;
        const load = startCalling(api, '/api/private', async () => {
          turn += 1;
          if (fresh.length === 0) fresh = await issuer.mintMany(200);
          return turn % 2 === 0 ? known : fresh.pop();
        });
        const original = keyId;
        const gone = [];
        try {
          await load.more(20);
          for (let n = 0; n < kRotations; n += 1) {
            const old = await rotate(api);
            await load.more(20);
            await issuer.deleteKey(old);
            gone.push(old);
            await load.more(40);
          }
        } finally {
          const answers = await load.stop();
          for (const each of gone) await issuer.restoreKey(each).catch(() => {});
          assert.deepEqual(Object.keys(answers), ['200'], JSON.stringify(answers));
        }
        assert.notEqual(keyId, original);
        assert.doesNotMatch(api.log(), /credentials: key id/);
      }));
  });
}

it('a new key that ZITADEL does not know yet, or half of one, does no lasting harm', limit, () =>
  useApi('lighttpd/spawn-fcgi.conf', issuer, {}, async (api) => {
    const right = readFileSync(api.workspace.path('etc/key.json'), 'utf8');
    const call = async () => (await api.call('/api/private', { token: await issuer.mint() })).status;
    assert.equal(await call(), 200);
    put(api, right.slice(0, 400));
    await reload(api, kept);
    assert.match(api.log(), /error: API_PRIVATE_KEY_FILE_PATH .*this is not JSON/);
    assert.equal(await call(), 200);
    put(api, JSON.stringify(issuer.readFile('api-key-deleted')));
    await reload(api);
    assert.equal(await call(), 503);
    put(api, right);
    await reload(api);
    assert.equal(await call(), 200);
  }));

it('a new client secret is taken, and known tokens stay known meanwhile', limit, () => {
  const { clientId, clientSecret } = issuer.readFile('basic');
  const settings = (secret) => ({ key: null, API_PRIVATE_KEY_FILE_PATH: undefined,
    ZITADEL_CLIENT_ID: clientId, ZITADEL_CLIENT_SECRET: secret });
  return useApi('lighttpd/spawn-fcgi.conf', issuer, { settings: settings(clientSecret) }, async (api) => {
    const known = await issuer.mint();
    const status = async (token) => (await api.call('/api/private', { token })).status;
    assert.equal(await status(known), 200);
    const { result } = await manage('_search', {});
    const { id } = result.find(({ apiConfig }) => apiConfig?.clientId === clientId);
    const made = await manage(`${id}/api_config/_generate_client_secret`, {});
    api.secrets.add(made.clientSecret);
    assert.equal(await status(await issuer.mint()), 503); // ZITADEL knows one secret at a time
    assert.equal(await status(known), 200);
    change(api, issuer, settings(made.clientSecret));
    await reload(api);
    assert.equal(await status(await issuer.mint()), 200);
    assert.equal(await status(known), 200);
    assert.equal(await issuer.introspectionsOf(known), 1);
  });
});

it('is what docs/reload.md says', () => {
  const text = readFileSync(`${projectFolder}/docs/reload.md`, 'utf8');
  const steps = text.split('## Replace the key')[1].split('\n## ')[0].match(/^\d\. .*/mg);
  assert.deepEqual(steps.map((step) => step.match(/new key|new file|Reload|token|delete the old/)[0]),
    ['new key', 'new file', 'Reload', 'token', 'delete the old']);
});
