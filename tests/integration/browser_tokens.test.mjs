// SPDX-License-Identifier: Apache-2.0
// Tokens in cookies and in the handshakes of WebSockets, behind each web server, with the lines of
// docs/browsers.md that keep them from the protected program.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards } from './support/api.mjs';
import { learned, startGuardedSite } from './support/guarded_site.mjs';
import { askWithNode, echoScript, openWebSocket, startEcho } from './support/websocket.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const documented = readFileSync(new URL('../../docs/browsers.md', import.meta.url), 'utf8')
  .replaceAll('\\|', '|');
const fromDocs = (text) => {
  assert.ok(documented.includes(text), `docs/browsers.md does not say: ${text}`);
  return text;
};

const cookie = '__Host-token';
const spoken = 'chat'; // the subprotocol of the program behind
const named = 'https://app.example.org';
const settings = { ZITADEL_TOKEN_COOKIE: cookie, ZITADEL_TOKEN_WEBSOCKET: 'on',
  ZITADEL_CORS_ORIGINS: named };
const rules = `
/        token
/open/   public               GET
/who.php token                *
/staff/  role:read:messages
`;

// What the administrator says, by web server: where WebSockets go, and what the program does not see.
const sites = {
  nginx: (workspace, { echo }) => `
    location /ws/ {
      proxy_pass http://127.0.0.1:${echo.port};
      proxy_http_version 1.1;
      proxy_set_header Upgrade websocket;
      proxy_set_header Connection upgrade;
      ${fromDocs('proxy_set_header Sec-WebSocket-Protocol $zitadel_websocket_protocol;')}
      ${fromDocs('proxy_set_header Cookie $other_cookies;')}
    }
    location = /strip.php {
      include fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root/who.php;
      ${fromDocs('fastcgi_param HTTP_COOKIE $other_cookies if_not_empty;')}
      fastcgi_pass unix:${workspace.path('run/php.sock')};
    }
`,
  apache: (workspace, { echo }) => `
ProxyPass "/ws/" "http://127.0.0.1:${echo.port}/ws/" upgrade=websocket
${fromDocs('RequestHeader edit Sec-WebSocket-Protocol "(^|,)\\s*bearer\\s*,[^,]*" ""')}
${fromDocs('RequestHeader edit Sec-WebSocket-Protocol "^\\s*,\\s*" ""')}
${fromDocs('RequestHeader edit* Cookie "(^|;)\\s*__Host-token=[^;]*" ""')}
`,
  lighttpd: (workspace) => {
    workspace.write('www/chat.cgi', echoScript(), 0o755);
    return `\n${fromDocs('cgi.upgrade = "enable"')}\n`;
  },
};
const serverOptions = {
  nginx: { http: documented.match(/map \$http_cookie[\s\S]*?\n\}\n/)[0] },
  apache: { more: ['headers'] },
  lighttpd: {},
};

for (const way of Object.keys(guards)) {
  const { refusals } = guards[way];
  const [server] = way.split('/');
  const path = server === 'lighttpd' ? '/chat.cgi' : '/ws/chat';
  describe(way, () => {
    let site, echo, own;
    before(async () => {
      echo = await startEcho();
      site = await startGuardedSite(way, issuer, { rules, settings, server: serverOptions[server],
        further: (workspace) => sites[server](workspace, { echo }) });
      site.add(echo);
      own = `http://127.0.0.1:${site.server.port}`;
    });
    after(() => site?.stop());

    const mint = async (options = {}) => {
      const token = await issuer.mint({ user: 'with-role', ...options });
      site.secrets.add(token);
      return token;
    };
    const ask = (path, headers, method = 'GET') => site.call(path, { headers, method });
    const withCookie = (token, more = {}) => ({ Cookie: `a=b; ${cookie}=${token}; c=d`, ...more });

    it('takes a token out of the cookie, and judges it as every other', async () => {
      const good = await mint();
      assert.equal((await ask('/file.txt', withCookie(good))).status, 200);
      assert.equal((await ask('/staff/file.txt', withCookie(good))).status, 200);
      const without = await mint({ user: 'without-role' });
      assert.equal((await ask('/staff/file.txt', withCookie(without))).status, refusals[403]);
      assert.equal((await ask('/file.txt', withCookie('made-up'))).status, 401);
      assert.equal((await ask('/file.txt', withCookie(await mint({ ttl: -5 })))).status, 401);
      assert.equal((await ask('/file.txt', { Cookie: `other=${good}` })).status, 401);
      assert.equal((await ask('/file.txt', { Cookie: `${cookie}=` })).status, 401);
      // Not a secret of this test: it stands in the access log then.
      const shown = await issuer.mint({ user: 'with-role' });
      assert.equal((await ask(`/file.txt?${cookie}=${shown}&access_token=${shown}`, {})).status, 401);
    });

    it('refuses a cookie of two readings, and tokens in two places', async () => {
      const good = await mint();
      for (const text of [`${cookie}=${good}; ${cookie}=${good}`, `${cookie}=x; ${cookie}=${good}`,
        `${cookie}=${good} x`, `${cookie}="${good}`, `a="x; ${cookie}=${good}"`]) {
        assert.equal((await ask('/file.txt', { Cookie: text })).status, refusals[400], text.replaceAll(good, 'T'));
      }
      assert.equal((await ask('/file.txt', { Cookie: `${cookie}="${good}"` })).status, 200);
      for (const other of [good, await mint()]) {
        const answer = await ask('/file.txt', withCookie(good, { Authorization: `Bearer ${other}` }));
        assert.equal(answer.status, refusals[400]);
      }
    });

    it('lets other sites change nothing in the name of who brings a cookie', async () => {
      const good = await mint();
      const post = (headers) => ask('/who.php', withCookie(good, headers), 'POST');
      for (const headers of [{}, { Origin: 'https://evil.example' }, { Origin: 'null' },
        { 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }, { 'Sec-Fetch-Site': 'none' },
        { Origin: own, 'Sec-Fetch-Site': 'cross-site' }, { Referer: `${own}/` },
        { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' }]) {
        const answer = await post(headers);
        assert.equal(answer.status, refusals[403], JSON.stringify(headers));
        assert.doesNotMatch(answer.body, /the file/);
      }
      for (const headers of [{ Origin: own }, { 'Sec-Fetch-Site': 'same-origin' }, { Origin: named },
        { Origin: named, 'Sec-Fetch-Site': 'cross-site' },
        { Origin: own, 'Sec-Fetch-Site': 'same-origin' }]) {
        const answer = await post(headers);
        assert.equal(answer.status, 200, JSON.stringify(headers));
        assert.match(answer.body, /^the file \/who\.php/);
      }
      assert.equal((await ask('/who.php?_method=DELETE', withCookie(good))).status, refusals[403]);
      assert.equal((await ask('/who.php', withCookie(good))).status, 200);
      const bearer = { Authorization: `Bearer ${good}`, Origin: 'https://evil.example' };
      assert.equal((await ask('/who.php', bearer, 'POST')).status, 200);
    });

    it('lets scripts of a site that is named send the cookie, and of no other', async () => {
      for (const [origin, allowed] of [[named, 'true'], ['https://evil.example', undefined]]) {
        const preflight = await ask('/file.txt', { Origin: origin,
          'Access-Control-Request-Method': 'PUT' }, 'OPTIONS');
        assert.equal(preflight.headers['access-control-allow-credentials'], allowed, origin);
        const refused = await ask('/file.txt', { Origin: origin });
        assert.equal(refused.status, 401);
        assert.equal(refused.headers['access-control-allow-credentials'], allowed, origin);
      }
    });

    if (server !== 'lighttpd') {
      it('keeps the cookie from the program, and no other', async () => {
        const good = await mint();
        const page = server === 'nginx' ? '/strip.php' : '/who.php';
        for (const [sent, left] of [[`${cookie}=${good}`, /^$/], [`a=b; ${cookie}=${good}`, /^a=b;? ?$/],
          [`${cookie}=${good}; c=d`, /^;? ?c=d$/], [`a=b; ${cookie}=${good}; c=d`, /^a=b; ?c=d$/],
          [`x${cookie}=1; ${cookie}=${good}`, /^x__Host-token=1;? ?$/]]) {
          const answer = await ask(page, { Cookie: sent });
          assert.equal(answer.status, 200, sent.replace(good, 'T'));
          assert.match(learned(answer).HTTP_COOKIE ?? '', left);
        }
      });
    }

    it('opens a WebSocket for the token in its subprotocols', async () => {
      const good = await mint();
      const socket = await openWebSocket(site.server.port, path,
        { 'Sec-WebSocket-Protocol': `bearer, ${good}, ${spoken}` });
      try {
        assert.equal(socket.status, 101, socket.body);
        assert.equal(socket.headers['sec-websocket-protocol'], spoken);
        assert.equal(await socket.say('hello'), 'echo hello');
      } finally {
        socket.close();
      }
      if (server === 'lighttpd') return; // which cannot take it out
      assert.ok(echo.seen.length > 0);
      assert.ok(!echo.seen.some((text) => text.includes(good) || text.includes('bearer')), echo.seen.join());
    });

    it('opens it for a client of somebody else', async () => {
      const url = `ws://127.0.0.1:${site.server.port}${path}`;
      assert.equal(await askWithNode(url, ['bearer', await mint(), spoken]),
        `protocol ${spoken}, echo hello`);
      assert.equal(await askWithNode(url, ['bearer', 'made-up', spoken]), 'failed');
      assert.equal(await askWithNode(url, [spoken]), 'failed');
    });

    it('refuses handshakes without a good token, and tokens in two places', async () => {
      const good = await mint();
      for (const [headers, status] of [[{}, 401], [{ 'Sec-WebSocket-Protocol': spoken }, 401],
        [{ 'Sec-WebSocket-Protocol': `bearer, made-up, ${spoken}` }, 401],
        [{ 'Sec-WebSocket-Protocol': `${spoken}, bearer` }, refusals[400]],
        [{ 'Sec-WebSocket-Protocol': `bearer, ${good}, bearer, ${good}` }, refusals[400]],
        [{ 'Sec-WebSocket-Protocol': `bearer, ${good}`, Authorization: `Bearer ${good}` }, refusals[400]],
        [{ 'Sec-WebSocket-Protocol': `bearer, ${good}`, Origin: own, ...withCookie(good) }, refusals[400]]]) {
        const answer = await openWebSocket(site.server.port, path, headers);
        answer.close();
        assert.equal(answer.status, status, JSON.stringify(headers).replaceAll(good, 'T'));
      }
    });

    it('opens none with a cookie for another site', async () => {
      const good = await mint();
      const offer = { 'Sec-WebSocket-Protocol': spoken };
      for (const from of [{}, { Origin: 'https://evil.example' }, { Origin: 'null' }]) {
        const answer = await openWebSocket(site.server.port, path, withCookie(good, { ...offer, ...from }));
        answer.close();
        assert.equal(answer.status, refusals[403], JSON.stringify(from));
      }
      const socket = await openWebSocket(site.server.port, path, withCookie(good, { ...offer, Origin: own }));
      try {
        assert.equal(socket.status, 101, socket.body);
        assert.equal(await socket.say('hello'), 'echo hello');
      } finally {
        socket.close();
      }
      assert.ok(!echo.seen.some((text) => text.includes(good)));
    });
  });
}
