// SPDX-License-Identifier: Apache-2.0
// A site as somebody has it already, files, a CGI script and a PHP page, behind a shipped file that
// protects it.
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import http from 'node:http';

import { guards, startApi } from './api.mjs';
import { Process, ready } from './processes.mjs';

// What the tests' callers may see; who may see /staff/ has the role that test users can have.
export const usualRules = `
/            token
/open/       public               GET
/staff/      role:read:messages
/staff/in/   role:read:messages   GET POST
`;

// Files and programs; each says which one it is, in a line of its own.
const files = ['file.txt', 'open/file.txt', 'staff/file.txt', 'staff/in/file.txt', 'a b.txt',
  'caf\u00e9.txt', 'per%cent.txt', 'Staff/file.txt', 'Open/file.txt', 'staff;/file.txt',
  'open;x/file.txt', 'staff./file.txt', '.../file.txt', 'open/.../file.txt', ' /staff/file.txt'];
const scripts = ['cgi/who.cgi', 'open/cgi/who.cgi'];
const pages = ['who.php', 'open/who.php'];

// A program prints what it has learned of its caller, a "NAME=value" line each.
const script = (name) => `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\nthe file /${name}\\n'
env | LC_ALL=C sort | grep -E '^(AUTH_|REMOTE_USER=|HTTP_)' || true
`;
const page = (name) => `<?php
header('Content-Type: text/plain');
echo "the file /${name}\\n";
ksort($_SERVER, SORT_STRING);
foreach ($_SERVER as $name => $value) {
  if (preg_match('/^(AUTH_|REMOTE_USER$|HTTP_)/', $name)) echo "$name=$value\\n";
}
`;

function makeSite(workspace, rules) {
  const folders = new Set(['www']);
  for (const name of [...files, ...scripts, ...pages]) {
    const parts = name.split('/').slice(0, -1);
    parts.forEach((_, i) => folders.add(['www', ...parts.slice(0, i + 1)].join('/')));
  }
  for (const folder of folders) workspace.makeFolder(folder);
  for (const name of files) workspace.write(`www/${name}`, `the file /${name}\n`);
  for (const name of scripts) workspace.write(`www/${name}`, script(name), 0o755);
  for (const name of pages) workspace.write(`www/${name}`, page(name));
  workspace.write('etc/rules', rules);
}

const kPhpFolder = '/usr/sbin';

// php-fpm, which listens at run/php.sock.
export async function startPhp(workspace) {
  const program = readdirSync(kPhpFolder).find((name) => /^php-fpm\d/.test(name));
  if (program === undefined) throw new Error('php-fpm is not installed: run tests/deps.sh');
  const socket = workspace.path('run/php.sock');
  const configuration = workspace.write('etc/php-fpm.conf', `
[global]
error_log = ${workspace.path('log/php.log')}
daemonize = no
[www]
listen = ${socket}
pm = static
pm.max_children = 2
`);
  const php = new Process(`${kPhpFolder}/${program}`, ['-n', '-y', configuration]);
  await ready('php-fpm', php, () => existsSync(socket));
  return { stop: () => php.stop(), log: () => php.output };
}

// nginx itself runs no CGI scripts.
async function startCgi(workspace) {
  const socket = workspace.path('run/cgi.sock');
  const wrap = new Process('/usr/sbin/fcgiwrap', ['-s', `unix:${socket}`]);
  await ready('fcgiwrap', wrap, () => existsSync(socket));
  return { stop: () => wrap.stop(), log: () => wrap.output };
}

// A program that speaks HTTP.
async function startApp() {
  const server = http.createServer((request, response) => response.end('the file /app/who\n'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: server.address().port, stop: async () => server.close(), log: () => '' };
}

// What the administrator's own configuration says, by web server. app: of startApp.
const sites = {
  lighttpd: (workspace, app) => `
server.modules += ( "mod_proxy", "mod_cgi", "mod_fastcgi" )
cgi.assign = ( ".cgi" => "" )
fastcgi.server += ( ".php" => (( "socket" => "${workspace.path('run/php.sock')}" )) )
proxy.server = ( "/app/" => (( "host" => "127.0.0.1", "port" => ${app.port} )) )
`,
  apache: (workspace, app) => `
<Directory "${workspace.path('www')}">
  Options Indexes FollowSymLinks ExecCGI MultiViews
  AllowOverride All
  AddHandler cgi-script .cgi
</Directory>
<FilesMatch "^\\.ht">
  Require all denied
</FilesMatch>
<FilesMatch "\\.php$">
  SetHandler "proxy:unix:${workspace.path('run/php.sock')}|fcgi://localhost/"
</FilesMatch>
ProxyPass "/app/" "http://127.0.0.1:${app.port}/app/"
`,
  nginx: (workspace, app) => `
    # Takes uploads, as its administrator had to say.
    location /app/ { client_max_body_size 200m; proxy_pass http://127.0.0.1:${app.port}; }
    location ~ \\.php$ {
      include fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      include ${workspace.write('etc/auth_params.conf', workspace.shipped('nginx/auth_params.conf', [], [['#fastcgi_param', 'fastcgi_param']]))};
      fastcgi_pass unix:${workspace.path('run/php.sock')};
    }
    location ~ \\.cgi$ {
      include fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      include ${workspace.path('etc/auth_params.conf')};
      fastcgi_pass unix:${workspace.path('run/cgi.sock')};
    }
`,
};

// way: a key of `guards`. settings: beyond the rules, or a function of the workspace that gives all of them, as for
// startApi. further: what else the administrator's
// configuration says, or a function of the workspace that gives it. options: further ones of startApi.
export function startGuardedSite(way, issuer,
  { rules = usualRules, settings = {}, further = '', ...options } = {}) {
  const [server] = way.split('/');
  let app;
  return startApi(way, issuer, {
    replacements: guards[way].replacements,
    ...options,
    prepare: async (workspace, api) => {
      makeSite(workspace, rules);
      api.add(await startPhp(workspace));
      app = api.add(await startApp());
      if (server === 'nginx') api.add(await startCgi(workspace));
    },
    settings: typeof settings === 'function' ? settings :
      (workspace) => ({ ZITADEL_RULES: workspace.path('etc/rules'), ...settings }),
    site: (workspace) => sites[server](workspace, app) +
      (typeof further === 'function' ? further(workspace) : further),
  });
}

// The variables that a program has printed.
export function learned(answer) {
  const lines = answer.body.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  }));
}
