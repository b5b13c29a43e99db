// SPDX-License-Identifier: Apache-2.0
// What only Apache can do with a request between the question and the answer: .htaccess files, other
// paths in the place of the one that was asked for, pages of its own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { learned, startGuardedSite } from './support/guarded_site.mjs';
import { freeLowPort } from './support/http.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const tellAll = [['    #SetEnvIf Request_Method', '    SetEnvIf Request_Method']];
const ways = {
  'apache/authnz_fcgi.conf': [],
  'apache/fcgid_access_checker.conf': tellAll,
};

// What somebody could write to let everybody in.
const openings = [
  'Require all granted', 'AuthMerging Or\nRequire all granted', 'Satisfy Any\nRequire all granted',
  'Satisfy Any\nAllow from all', '<If "true">\nRequire all granted\n</If>',
  '<If "true">\nSatisfy Any\n</If>', '<Files "file.txt">\nRequire all granted\n</Files>',
  '<Files "file.txt">\n<If "true">\nSatisfy Any\nRequire all granted\n</If>\n</Files>',
];
const openingsOf = {
  'apache/authnz_fcgi.conf': [
    'AuthnzFcgiCheckAuthnProvider None', 'AuthType None\nRequire all granted',
    '<If "true">\nAuthnzFcgiCheckAuthnProvider None\nRequire all granted\n</If>',
  ],
  'apache/fcgid_access_checker.conf': [
    'FcgidAccessCheckerAuthoritative Off', 'FcgidAccessChecker /bin/true',
    '<If "true">\nFcgidAccessCheckerAuthoritative Off\n</If>',
    ...['SetEnvIf Request_Method "^" ZITADEL_LET_IN=yes',
      'SetEnvIf Request_Method "^" REDIRECT_ZITADEL_LET_IN=yes',
      '<If "true">\nSetEnvIf Request_Method "^" ZITADEL_LET_IN=yes\n</If>',
      'SetEnv ZITADEL_LET_IN yes', 'SetEnv REDIRECT_ZITADEL_LET_IN yes',
      'RewriteEngine On\nRewriteRule ^ - [E=ZITADEL_LET_IN:yes,E=REDIRECT_ZITADEL_LET_IN:yes]',
    ].flatMap((text) => ['', 'Require all denied\n', 'Deny from all\n'].map((more) => (
      `ErrorDocument 401 /staff/in/file.txt\nErrorDocument 403 /staff/in/file.txt\n${more}${text}`))),
  ],
};

const variableHeaders = ({ rawHeaders }) => rawHeaders.filter((text) => /^Variable-/i.test(text));

for (const [way, replacements] of Object.entries(ways)) {
  describe(way, () => {
    let site;
    let token;
    const htaccess = (name, text) => site.workspace.write(`www/${name}.htaccess`, `${text}\n`);
    before(async () => {
      site = await startGuardedSite(way, issuer, {
        replacements, settings: { ZITADEL_PASS_CLAIMS: 'email' },
      });
      token = await issuer.mint({ user: 'with-role', claims: { email: 'jane doe@example.org' } });
    });
    after(() => site?.stop());

    it('is not taken away by an .htaccess', async () => {
      for (const text of [...openings, ...openingsOf[way]]) {
        htaccess('staff/', text);
        const answer = await site.call('/staff/file.txt');
        assert.ok([401, 403, 500].includes(answer.status), `${text}: ${answer.status}`);
        assert.doesNotMatch(answer.body, /the file/);
      }
      htaccess('staff/', '');
    });

    it('leaves what is forbidden already as it is', async () => {
      assert.equal((await site.call('/staff/.htaccess', { token })).status, 403);
      htaccess('staff/', 'Require all denied');
      assert.equal((await site.call('/staff/file.txt', { token })).status, 403);
      htaccess('staff/', '');
      assert.equal((await site.call('/staff/file.txt', { token })).status, 200);
    });

    it('decides by the URL that was asked for, and tells the program that is served instead', async () => {
      htaccess('', 'RewriteEngine On\nRewriteRule ^pretty /who.php\nRewriteRule ^plain /cgi/who.cgi\n' +
        'RewriteRule ^open/pretty /who.php\nDirectoryIndex who.php');
      for (const path of ['/pretty', '/plain', '/']) {
        const refused = await site.call(path);
        assert.equal(refused.status, 401, path);
        assert.doesNotMatch(refused.body, /the file/);
        const answer = await site.call(path, { token });
        assert.match(answer.body, /the file .*who/, path);
        assert.equal(learned(answer).AUTH_SUB, issuer.users['with-role'], path);
        assert.equal(learned(answer).REMOTE_USER, issuer.users['with-role'], path);
        assert.deepEqual(variableHeaders(answer), []);
      }
      assert.equal((await site.call('/file')).status, 401); // MultiViews
      assert.equal((await site.call('/file', { token })).body, 'the file /file.txt\n');
      const open = await site.call('/open/pretty');
      assert.match(open.body, /the file \/who.php/);
      assert.equal(learned(open).AUTH_SUB, '');
      htaccess('', '');
    });

    it('shows nothing of a refused page through a page of the server', async () => {
      htaccess('', 'ErrorDocument 401 /staff/file.txt\nErrorDocument 404 /staff/file.txt');
      for (const path of ['/file.txt', '/none.txt']) {
        assert.doesNotMatch((await site.call(path)).body, /the file/);
      }
      htaccess('', '');
    });

    describe('pages of the site\'s own', () => {
      const pages = { 403: 'denied', 404: 'missing', 500: 'broken' };
      const page = (name) => `the page ${name}\n`;
      before(() => {
        for (const folder of ['www', 'www/open']) {
          site.workspace.write(`${folder}/denied.txt`, 'a file that Apache cannot read\n', 0o000);
          site.workspace.write(`${folder}/broken.cgi`, '#!/bin/sh\nexit 1\n', 0o755);
          site.workspace.makeFolder(`${folder}/indexed`);
          site.workspace.write(`${folder}/indexed/index.html`, page('index'));
          site.workspace.makeFolder(`${folder}/empty`);
        }
      });
      after(() => htaccess('', ''));
      const paths = { 'denied.txt': 403, 'empty/': 403, 'none.txt': 404, 'none/x/y': 404,
        'pretty-none': 404, 'broken.cgi': 500 };

      async function assertPages(expected) {
        for (const [path, status] of Object.entries(paths)) {
          for (const [where, each] of [['/', token], ['/open/', undefined], ['/open/', token]]) {
            const answer = await site.call(where + path, { token: each });
            assert.equal(answer.status, status, where + path);
            assert.match(answer.body, expected[status], where + path);
            assert.equal(answer.headers['www-authenticate'], undefined);
          }
          const refused = await site.call(`/${path}`);
          assert.equal(refused.status, 401, path);
          assert.doesNotMatch(refused.body, /the page|in words/);
        }
      }
      const everywhere = 'Options -Indexes\nDirectoryIndex index.html\nRewriteEngine On\n' +
        'RewriteRule ^((open/)?)pretty-none $1none.txt\n';

      for (const file of ['html', 'cgi', 'php']) {
        it(`are shown with the status of what is wrong, as .${file}`, async () => {
          for (const name of Object.values(pages)) {
            site.workspace.write(`www/open/page-${name}.cgi`,
              `#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\nthe page ${name}\\n'\n`, 0o755);
            // Of what PHP answers behind mod_proxy_fcgi, the status is PHP's own.
            site.workspace.write(`www/open/page-${name}.php`,
              `<?php http_response_code((int) $_SERVER['REDIRECT_STATUS']); ?>${page(name)}`);
            site.workspace.write(`www/open/page-${name}.html`, page(name));
          }
          htaccess('', everywhere + Object.entries(pages)
            .map(([status, name]) => `ErrorDocument ${status} /open/page-${name}.${file}\n`).join(''));
          await assertPages(Object.fromEntries(
            Object.entries(pages).map(([status, name]) => [status, new RegExp(`^the page ${name}$`, 'm')])));
        });
      }

      it('are shown where they are texts, also for who is refused', async () => {
        htaccess('', everywhere + [403, 404, 500]
          .map((status) => `ErrorDocument ${status} "${status} in words"\n`).join(''));
        await assertPages(Object.fromEntries(
          [403, 404, 500].map((status) => [status, new RegExp(`^${status} in words`)])));
        htaccess('', 'ErrorDocument 401 "a token in words"');
        const answer = await site.call('/file.txt');
        assert.equal(answer.status, 401);
        assert.equal(answer.rawHeaders.filter((name) => /^www-authenticate$/i.test(name)).length, 1);
        if (way === 'apache/fcgid_access_checker.conf') assert.match(answer.body, /in words/);
      });

      it('leave folders with an index as they are', async () => {
        htaccess('', everywhere);
        assert.equal((await site.call('/indexed/')).status, 401);
        const answer = await site.call('/indexed/', { token });
        assert.deepEqual([answer.status, answer.body], [200, page('index')]);
        assert.equal((await site.call('/open/indexed/')).status, 200);
      });
    });

    it('takes no name from a header of the client', async () => {
      const headers = { Authorization: `Basic ${Buffer.from('forged:x').toString('base64')}` };
      for (const path of ['/open/who.php', '/open/cgi/who.cgi']) {
        const answer = await site.call(path, { headers });
        assert.equal(answer.status, 200);
        assert.ok(!learned(answer).REMOTE_USER, answer.body);
      }
    });

    it('hands on the claims that the operator named', async () => {
      const variables = learned(await site.call('/who.php', { token }));
      if (way === 'apache/authnz_fcgi.conf') {
        assert.equal(variables.AUTH_EMAIL, 'jane%20doe@example.org');
      } else {
        assert.equal(variables.AUTH_CLAIMS, 'email=jane%20doe@example.org');
      }
    });
  });
}

describe('the port of authnz_fcgi.conf', () => {
  const warnings = async (prepare) => {
    const options = { settings: (workspace) => ({ ZITADEL_RULES: workspace.path('etc/rules') }),
      prepare: async (workspace) => {
        workspace.write('etc/rules', '/ public\n');
        await prepare(workspace);
      } };
    return useApi('apache/authnz_fcgi.conf', issuer, options, async (api) => {
      assert.notEqual((await api.call('/none.txt')).status, 500);
      return api.programLog().filter((line) => / (warn|error): /.test(line));
    });
  };
  const unable = process.getuid() !== 0 && 'only root may listen on such a port';

  it('is not warned of where only root can open it, as the file says', { skip: unable }, async () => {
    assert.deepEqual(await warnings(async (workspace) => {
      workspace.port = await freeLowPort();
    }), []);
  });

  it('is warned of where everybody could', async () => {
    const lines = await warnings(() => {});
    assert.equal(lines.length, 1, lines.join());
    assert.match(lines[0], /every user of this machine can connect .* or a port below \d+ where/);
  });
});

describe('Variable- headers of mod_fcgid', () => {
  const paths = ['/none.txt', '/staff', '/staff/.htaccess', '/cgi/', '/file.txt', '/who.php'];

  async function shownWith(replacements) {
    const site = await startGuardedSite('apache/fcgid_access_checker.conf', issuer, { replacements });
    try {
      const token = await issuer.mint({ user: 'with-role' });
      const shown = [];
      for (const path of paths) {
        const answer = await site.call(path, { token });
        if (variableHeaders(answer).length > 0) shown.push(path);
      }
      return shown;
    } finally {
      await site.stop();
    }
  }

  it('reach no client as the file is shipped', async () => {
    assert.deepEqual(await shownWith([]), []);
  });

  it('are in Apache\'s own pages where ZITADEL_VARIABLES is set, as the file says', async () => {
    assert.deepEqual(await shownWith(tellAll), ['/none.txt', '/staff', '/staff/.htaccess']);
  });
});
