// SPDX-License-Identifier: Apache-2.0
// The settings of ZITADEL's own guide for an API with introspection, as they stand there: three
// lines with blanks around "=" and single quotes, and no project id.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { audienceScope, everyProjectsRolesScope } from '../issuer/lib/names.mjs';
import { startApi } from './support/api.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

function guideSettings(workspace) {
  const { keyId } = issuer.readFile('api-key');
  const key = workspace.write(`etc/${keyId}.json`, readFileSync(issuer.files['api-key']));
  return `ZITADEL_INTROSPECTION_URL = '${issuer.issuer}/oauth/v2/introspect'
ZITADEL_DOMAIN = '${issuer.issuer}'
API_PRIVATE_KEY_FILE_PATH = '${key}'
`;
}

const endpoints = ['/public', '/private', '/private-scoped'];
const bothProjects = () => ['openid', audienceScope(issuer.projectId),
  audienceScope(issuer.otherProjectId), everyProjectsRolesScope].join(' ');

// What a caller gets from the three endpoints with a token of that user.
const callers = {
  'with the role': { answers: [200, 200, 200], wish: () => ({ user: 'with-role' }) },
  'with the role from another organisation': {
    answers: [200, 200, 200], wish: () => ({ user: 'org-role' }),
  },
  'without the role': { answers: [200, 200, 403], wish: () => ({ user: 'without-role' }) },
  'with the role in another project alone': {
    answers: [200, 200, 403],
    wish: () => ({ user: 'other-project-role', scope: bothProjects() }),
  },
};

for (const way of ['lighttpd/fastcgi.conf', 'apache/mod_fcgid.conf']) {
  describe(`with the guide's three lines, behind ${way}`, () => {
    let api;
    before(async () => { api = await startApi(way, issuer, { settings: guideSettings }); });
    after(() => api?.stop());

    const answersTo = async (token) => {
      const answers = [];
      for (const path of endpoints) answers.push((await api.call(`/api${path}`, { token })).status);
      return answers;
    };

    for (const kind of ['opaque', 'jwt', 'pat']) {
      for (const [who, { answers, wish }] of Object.entries(callers)) {
        it(`a caller ${who} gets ${answers.join(', ')} by a token of the kind ${kind}`, async () => {
          assert.deepEqual(await answersTo(await issuer.mint({ kind, ...wish() })), answers);
        });
      }
    }

    it('a token of another project is refused', async () => {
      for (const kind of ['opaque', 'jwt']) {
        const token = await issuer.mint({ kind, audience: [issuer.otherProjectId] });
        assert.deepEqual(await answersTo(token), [200, 401, 401]);
      }
    });

    it('the log says so in one calm sentence, and nothing is at fault', async () => {
      await answersTo(await issuer.mint());
      await api.waitForLog(/info: ZITADEL_PROJECT_ID is not set: /);
      const lines = api.programLog();
      assert.deepEqual(lines.filter((line) => !line.includes(' info: ')), []);
      assert.ok(lines.filter((line) => line.includes(' info: ZITADEL_PROJECT_ID ')).length >= 1);
    });
  });
}
