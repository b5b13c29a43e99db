// SPDX-License-Identifier: Apache-2.0
// What no guard can see, as the shipped files tell it: what is open without the line that they name, and
// closed with it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards } from './support/api.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { canConnect, freePort } from './support/http.mjs';
import { Process, ready } from './support/processes.mjs';
import { Workspace, projectFolder } from './support/workspace.mjs';

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

// Below /open/without/ the lines are missing, below /open/with/ they are there.
const folders = ['without', 'with'];

// A program that speaks HTTP/2 where it is asked to.
async function startUpgrading() {
  const server = http.createServer((_, response) => {
    response.setHeader('X-Accel-Redirect', '/staff/file.txt');
    response.end();
  });
  server.on('upgrade', ({ headers }, socket) => {
    socket.on('error', () => {}).once('data', (data) => socket.end(`past the guard: ${data}`));
    if (headers.upgrade === 'h2c') {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    } else {
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

// What comes of asking for another protocol, and speaking it where that is granted.
function upgrade({ server }, path, protocol) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n` +
      `Upgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`));
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer to an upgrade')));
    socket.on('error', reject).on('close', () => resolve(answer));
    socket.on('data', (data) => {
      const isFirst = answer === '';
      answer += data.toString('latin1');
      if (!isFirst) return;
      if (answer.startsWith('HTTP/1.1 101 ')) socket.write('hello');
      else socket.end();
    });
  });
}

const ports = {};
const upgrading = [];
before(async () => {
  for (const folder of folders) {
    const server = await startUpgrading();
    upgrading.push(server);
    ports[folder] = server.address().port;
  }
});
after(() => upgrading.forEach((server) => server.close()));

// A program of the kind that takes "_" in the name of a header for "-".
const wsgi = {};
before(async () => {
  wsgi.port = await freePort();
  wsgi.workspace = new Workspace();
  const source = join(projectFolder, 'tests/integration/programs/wsgi_site.py');
  const copy = wsgi.workspace.write('lib/wsgi_site.py', readFileSync(source));
  wsgi.program = await ready('the WSGI program',
    new Process('/usr/bin/python3', [copy, String(wsgi.port)]), () => canConnect({ port: wsgi.port }));
});
after(async () => {
  await wsgi.program?.stop();
  wsgi.workspace?.remove();
});

// The lines that a shipped file names.
function linesOf(way) {
  const text = readFileSync(join(projectFolder, way), 'utf8');
  const section = text.match(/^# What no guard can see[^]*?^#$/m);
  assert.ok(section, `${way} does not say what no guard can see`);
  return section[0].split('\n').filter((line) => line.startsWith('#     '))
    .map((line) => line.slice(6));
}

const app = (folder) => `http://127.0.0.1:${ports[folder]}/`;

// What the administrator's configuration says about a folder. line: gives a line of the shipped file where
// the folder is the one with them, and nothing else.
const sites = {
  'nginx/auth_request.conf': ({ workspace, folder, line }) => `
    location /open/${folder}/includes/ { ${line('ssi off;') || 'ssi on;'} }
    ${line('location ~ \\.php/ { return 404; }').replace('~ ', `~ /${folder}/.*`)}
    location /open/${folder}/front/ { try_files $uri /open/${folder}/front/index.php; }
    location /open/${folder}/names/ {
      ${line('try_files $uri $uri/ =404;') || 'try_files $uri $uri.html =404;'}
    }
    ${(line('location /files/ { alias /srv/files/; }') || 'location /files { alias /srv/files/; }')
    .replace('/files', `/open/${folder}/files`).replace('/srv/files', workspace.path('www/open'))}
    location /open/${folder}/upgrade/ {
      proxy_pass ${app(folder)};
      proxy_http_version 1.1;
      ${line('proxy_set_header Upgrade websocket;') || 'proxy_set_header Upgrade $http_upgrade;'}
      proxy_set_header Connection Upgrade;
    }
    location /open/${folder}/app/ {
      proxy_pass ${app(folder)};
      ${line('proxy_ignore_headers X-Accel-Redirect;')}
    }
    location ^~ /open/${folder}/sends/ {
      include fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_pass unix:${workspace.path('run/cgi.sock')};
      ${line('fastcgi_ignore_headers X-Accel-Redirect;')}
    }`,

  apache: ({ workspace, folder, line }) => `
    <Directory "${workspace.path(`www/open/${folder}`)}">
      Options +Includes
      AddOutputFilter INCLUDES .shtml
      Options +MultiViews
      ${line('Options -MultiViews')}
      ${line('Options -Includes')}
      XSendFile On
      XSendFilePath "${workspace.path('www')}"
      ${line('XSendFile Off')}
    </Directory>
    <Location "/open/${folder}/front/">
      FallbackResource /open/${folder}/front/index.php
    </Location>
    ${line('RedirectMatch 404 "\\.php/"').replace('"', `"/${folder}/.*`)}
    ${(line('ProxyPass "/ws/" "http://127.0.0.1:8080/ws/" upgrade=websocket') ||
      'ProxyPass "/ws/" "http://127.0.0.1:8080/ws/" upgrade=ANY')
    .replace('/ws/', `/open/${folder}/upgrade/`).replace('http://127.0.0.1:8080/ws/', app(folder))}
    ProxyPass "/open/${folder}/wsgi/" "http://127.0.0.1:${wsgi.port}/"
    <Location "/open/${folder}/wsgi/">
      ${Object.keys(underscored).map((name) => line(`RequestHeader unset ${name}`)).join('\n      ')}
    </Location>`,

  'lighttpd/authorizer.conf': ({ folder, line }) => `
    $HTTP["url"] =~ "^/open/${folder}/" {
      ${line('ssi.extension = ( )') || 'ssi.extension = ( ".shtml" )'}
      ${line('cgi.local-redir = "disable"') || 'cgi.local-redir = "enable"'}
      ${line('cgi.x-sendfile = "disable"') || 'cgi.x-sendfile = "enable"'}
    }
    ${line('$HTTP["url"] =~ "\\.php/" { url.access-deny = ( "" ) }').replace('\\.', `/${folder}/.*\\.`)}`,
};
// Headers whose names Apache shows to no FastCGI program.
const underscored = { X_HTTP_Method_Override: 'DELETE', X_Original_URL: '/staff/file.txt' };
const modules = { nginx: '', lighttpd: 'server.modules += ( "mod_ssi" )\n', apache: '' };

const secret = 'the file /staff/file.txt';
const get = (path) => (site, folder) => site.call(`/open/${folder}/${path}`).then(({ body }) => body);

// What can be seen, by server, and how: something that the caller must not get.
const includes = { ask: get('includes/page.shtml'), shows: secret };
const frontController = { ask: get('front/index.php/admin'), shows: 'the admin page' };
const names = { ask: get('names/hidden'), shows: 'a hidden page' };
const h2c = { ask: (site, folder) => upgrade(site, `/open/${folder}/upgrade/x`, 'h2c'),
  shows: 'past the guard' };
const sendsFile = { ask: get('sends/file.cgi'), shows: secret };
const sendsPath = { ask: get('sends/path.cgi'), shows: secret };
const methodInForm = { shows: 'deleted', ask: async (site, folder) => (await site.call(
  `/open/${folder}/form.php`, { method: 'POST', body: '_method=DELETE',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })).body };
const header = (name, value) => ({ shows: `=${value}`, ask: async (site, folder) => (await site.call(
  `/open/${folder}/wsgi/`, { headers: { [name]: value } })).body });
const apacheCases = { includes, frontController, names, h2c, sendsFile, methodInForm,
  ...Object.fromEntries(Object.entries(underscored).map(([name, value]) => [name, header(name, value)])) };
const cases = {
  'nginx/auth_request.conf': { includes, frontController, names, h2c, sendsPath, methodInForm,
    'an alias': { ask: get('files../staff/file.txt'), shows: secret },
    'a path named by HTTP': { ask: get('app/sends'), shows: secret } },
  'apache/authnz_fcgi.conf': apacheCases,
  'apache/fcgid_access_checker.conf': apacheCases,
  'lighttpd/authorizer.conf': { includes, frontController, sendsFile, sendsPath, methodInForm },
};

const script = (...headers) => `#!/bin/sh\nprintf '${headers.join('\\r\\n')}\\r\\n\\r\\n'\n`;
function fill(workspace, way, folder) {
  const at = `www/open/${folder}`;
  for (const name of ['', '/includes', '/names', '/sends', '/front']) workspace.makeFolder(at + name);
  workspace.write(`${at}/includes/page.shtml`, '<!--#include virtual="/staff/file.txt" -->\n', 0o644);
  workspace.write(`${at}/names/hidden.html`, 'a hidden page\n', 0o644);
  workspace.write(`${at}/sends/file.cgi`,
    script('Content-Type: text/plain', `X-Sendfile: ${workspace.path('www/staff/file.txt')}`), 0o755);
  const header = way.startsWith('nginx') ? 'X-Accel-Redirect' : 'Location';
  workspace.write(`${at}/sends/path.cgi`, script(`${header}: /staff/file.txt`), 0o755);
  workspace.write(`${at}/form.php`, `<?php
    $method = $_POST['_method'] ?? $_SERVER['REQUEST_METHOD'];
    if ($method === 'DELETE') echo "deleted\\n";`);
  workspace.write(`${at}/front/index.php`, `<?php
    $path = preg_replace('#^/open/[a-z]+/front(/index\\.php)?#', '', $_SERVER['REQUEST_URI']);
    if ($path === '/admin') echo "the admin page\\n";`);
}

for (const way of Object.keys(guards)) {
  describe(`what ${way} cannot see`, () => {
    const told = new Set();
    const lines = linesOf(way);
    const line = (folder) => (text) => {
      assert.ok(lines.includes(text), `${way} does not name ${text}`);
      told.add(text);
      return folder === 'with' ? text : '';
    };
    const [server] = way.split('/');
    const rulesOf = (folder) => `
      /open/${folder}/front/admin        role:read:messages
      /open/${folder}/names/hidden.html  role:read:messages
      /open/${folder}/form.php           public              GET POST
      /open/${folder}/form.php           role:read:messages  DELETE\n`;
    const closed = '/forms/  role:editor  POST PUT PATCH DELETE';
    const rules = '/ token\n/open/ public\n/staff/ role:read:messages\n' + rulesOf('without') +
      rulesOf('with').replace('GET POST', 'GET').replace(/^.*DELETE$/m, line('with')(closed))
        .replace('/forms/', '/open/with/form.php').replace('role:editor', 'role:read:messages');

    let site;
    before(async () => {
      site = await startGuardedSite(way, issuer, { rules,
        server: { more: ['include', 'xsendfile', ...(way === 'apache/authnz_fcgi.conf' ? ['headers'] : [])] },
        further: (workspace) => modules[server] + folders.map((folder) => (
          (sites[way] ?? sites[server])({ workspace, folder, line: line(folder) }) + '\n')).join('') });
      for (const folder of folders) fill(site.workspace, way, folder);
    });
    after(() => site?.stop());

    for (const [what, { ask, shows }] of Object.entries(cases[way])) {
      it(`is closed by the line it names: ${what}`, async () => {
        const open = await ask(site, 'without');
        assert.ok(open.includes(shows), `without: ${open}`);
        const answer = await ask(site, 'with');
        assert.ok(!answer.includes(shows), `with: ${answer}`);
      });
    }

    it('is all that the file names', () => assert.deepEqual([...told].sort(), lines.toSorted()));
  });
}
