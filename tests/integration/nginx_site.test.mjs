// Whatever else stands in the server { } that includes nginx/auth_request.conf: who is refused stays
// refused, also while the program is down.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const sorry = 'location = /sorry { auth_request off; return 200 sorry; }';
const surroundings = {
  'pages of its own for errors': `error_page 400 404 405 502 503 504 = /sorry; ${sorry}`,
  'pages for the errors of programs too':
    `fastcgi_intercept_errors on; error_page 400 401 403 405 502 503 504 =200 /sorry; ${sorry}`,
  'error pages of error pages': 'fastcgi_intercept_errors on; recursive_error_pages on;',
  'a front controller':
    'if (!-e $request_filename) { rewrite ^(.*)$ /open/who.php?q=$1 last; }',
  'a rewrite of everything': 'rewrite ^/(?!file|who|staff|open) /open/file.txt last;',
  'a cache': `fastcgi_cache site; fastcgi_cache_key $request_uri; fastcgi_cache_valid any 1m;
    fastcgi_cache_use_stale error timeout http_500 http_503;`,
};

for (const [name, further] of Object.entries(surroundings)) {
  describe(`a server with ${name}`, () => {
    let site;
    before(async () => { site = await startGuardedSite('nginx/auth_request.conf', issuer, { further }); });
    after(() => site?.stop());

    it('serves and refuses as the rules say', async () => {
      const staff = await issuer.mint({ user: 'with-role' });
      const anybody = await issuer.mint({ user: 'without-role' });
      assert.equal((await site.call('/staff/file.txt', { token: staff })).status, 200);
      const lacks = await site.call('/staff/file.txt', { token: anybody });
      assert.equal(lacks.status, 403);
      assert.match(lacks.headers['www-authenticate'], /error="insufficient_scope"/);
      for (const path of ['/file.txt', '/staff/file.txt', '/who.php']) {
        const answer = await site.call(path);
        assert.equal(answer.status, 401, path);
        assert.equal(answer.headers['www-authenticate'], 'Bearer realm="zitadel"');
      }
      assert.equal((await site.call('/open/file.txt', { method: 'DELETE' })).status, 405);
      assert.equal((await site.call('/open/file.txt')).status, 200);
    });

    it('serves nobody while ZITADEL cannot be reached', async () => {
      await issuer.fault('server-error');
      try {
        const answer = await site.call('/file.txt', { token: await issuer.mint({}) });
        assert.equal(answer.status, 503);
        assert.match(answer.headers['retry-after'], /^\d+$/);
      } finally {
        await issuer.clearFaults();
      }
    });

    it('serves nobody while the program is down', async () => {
      await site.program.stop();
      for (const path of ['/file.txt', '/staff/file.txt', '/who.php', '/open/file.txt']) {
        const answer = await site.call(path);
        assert.equal(answer.status, 500, path);
        assert.doesNotMatch(answer.body, /the file|AUTH_/);
      }
    });
  });
}
