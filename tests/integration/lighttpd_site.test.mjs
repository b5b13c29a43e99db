// SPDX-License-Identifier: Apache-2.0
// A lighttpd with pages of its own for errors, behind lighttpd/authorizer.conf: lighttpd asks again for
// them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { learned, startGuardedSite } from './support/guarded_site.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

// lighttpd's own status of a static page: 200 by the one, that of the error by the other.
const handlers = { 'server.error-handler-404': 200, 'server.error-handler': 404 };

for (const [directive, status] of Object.entries(handlers)) {
  describe(directive, () => {
    async function withPage(page, use) {
      const site = await startGuardedSite('lighttpd/authorizer.conf', issuer,
        { further: `${directive} = "${page}"\n` });
      try {
        await use(site);
      } finally {
        await site.stop();
      }
    }

    it('shows a static page to who was let in', () => withPage('/open/file.txt', async (site) => {
      const token = await issuer.mint();
      for (const [path, each] of [['/none', token], ['/open/none', undefined]]) {
        const answer = await site.call(path, { token: each });
        assert.deepEqual([answer.status, answer.body], [status, 'the file /open/file.txt\n'], path);
      }
    }));

    it('tells a program who calls, once', () => withPage('/who.php', async (site) => {
      const token = await issuer.mint({ user: 'with-role' });
      const usual = learned(await site.call('/who.php', { token }));
      assert.equal(usual.AUTH_SUB, issuer.users['with-role']);
      const { AUTH_REQUEST_ID: id, ...again } = learned(await site.call('/none', { token }));
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.deepEqual({ ...again, AUTH_REQUEST_ID: usual.AUTH_REQUEST_ID }, usual);
      assert.equal(learned(await site.call('/open/none')).AUTH_SUB, '');
    }));

    it('shows who is refused nothing', () => withPage('/staff/file.txt', async (site) => {
      const token = await issuer.mint({ user: 'without-role' });
      const refused = [[401, await site.call('/none')], [403, await site.call('/staff/none', { token })],
        [405, await site.call('/open/none', { method: 'DELETE' })]];
      for (const [expected, answer] of refused) {
        assert.equal(answer.status, expected);
        assert.equal(typeof answer.json.error, 'string');
        assert.equal(answer.headers['www-authenticate'] !== undefined, expected !== 405);
      }
    }));
  });
}
