// SPDX-License-Identifier: Apache-2.0
// Programs and files behind a web server whose shipped file guards them, in the ways that
// administrators write it: each mount has a port of its own.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { guards, startApi } from './api.mjs';
import { freePort } from './http.mjs';
import { writePartFiles } from './programs.mjs';
import { nginxInclude } from './servers.mjs';

// A mount: its name, and what the server's configuration says of it, a function of { workspace, url,
// programs }. program: one of support/programs.mjs, or php, its front controller.
const mount = (program, name, text) => ({ program, name: `${program}${name}`, text });
const files = (name, text) => ({ program: 'files', name: `files, ${name}`, text });

// Where the PHP page is that every request is handed to, and by which program.
const nginxPhp = ({ workspace, programs }) => `location / {
    include ${workspace.path('etc/fastcgi_params')};
    fastcgi_param SCRIPT_FILENAME ${programs.frontController};
    fastcgi_pass unix:${programs.phpSocket};
  }`;
const apachePhp = ({ programs }) => `
  <Directory "${dirname(programs.frontController)}">
    Require all granted
  </Directory>
  RewriteEngine On
  RewriteRule "^" "${programs.frontController}" [END]
  <FilesMatch "\\.php$">
    SetHandler "proxy:unix:${programs.phpSocket}|fcgi://localhost/"
  </FilesMatch>`;
const lighttpdPhp = (page) => ({ programs }) => `
server.modules += ( "mod_rewrite", "mod_fastcgi" )
fastcgi.server += ( ".php" => (( "socket" => "${programs.phpSocket}" )) )
url.rewrite-once = ( "^" => "/${page}" )
`;
const caselessPage = `<?php
$_SERVER['REQUEST_URI'] = strtolower($_SERVER['REQUEST_URI']);
require 'front.php';
`;

export const nginx = {
  plain: (program) => mount(program, '', ({ url }) => `location / { proxy_pass ${url}; }`),
  php: mount('php', '', nginxPhp),
  files: files('merge_slashes off', () => 'merge_slashes off;'),
  further: (program) => Object.entries({
    'with a URI': (url) => `location / { proxy_pass ${url}/; }`,
    '$request_uri': (url) => `location / { proxy_pass ${url}$request_uri; }`,
    '$uri': (url) => `location / { proxy_pass ${url}$uri; }`,
    'rewrite': (url) => `location / { rewrite ^(.*)$ $1 break; proxy_pass ${url}; }`,
    'merge_slashes off': (url) => `merge_slashes off; location / { proxy_pass ${url}; }`,
    'merge_slashes off, with a URI': (url) => `merge_slashes off; location / { proxy_pass ${url}/; }`,
  }).map(([name, text]) => mount(program, `, ${name}`, ({ url }) => text(url))),
};

export const apache = {
  plain: (program) => mount(program, '', ({ url }) => `ProxyPass "/" "${url}/"`),
  php: mount('php', '', apachePhp),
  phpWithSlashes: mount('php', ', MergeSlashes Off', (it) => `MergeSlashes Off\n${apachePhp(it)}`),
  files: files('MergeSlashes Off', () => 'MergeSlashes Off'),
  further: (program) => Object.entries({
    'nocanon, AllowEncodedSlashes NoDecode':
      (url) => `AllowEncodedSlashes NoDecode\nProxyPass "/" "${url}/" nocanon`,
    'AllowEncodedSlashes On': (url) => `AllowEncodedSlashes On\nProxyPass "/" "${url}/"`,
    'MergeSlashes Off': (url) => `MergeSlashes Off\nProxyPass "/" "${url}/"`,
    'MergeSlashes Off, nocanon': (url) => `MergeSlashes Off\nProxyPass "/" "${url}/" nocanon`,
    'mapping=servlet': (url) => `ProxyPass "/" "${url}/" mapping=servlet`,
    'RewriteRule [P]': (url) => `RewriteEngine On\nRewriteRule "^/(.*)$" "${url}/$1" [P]`,
  }).map(([name, text]) => mount(program, `, ${name}`, ({ url }) => text(url))),
};

// What mod_proxy serves cannot be reached through lighttpd's file, as that says. One mount a server.
export const lighttpd = {
  php: mount('php', '', lighttpdPhp('front.php')),
  caselessPhp: mount('php', ', in small letters', lighttpdPhp('caseless.php')),
};

// How each server's configuration takes the texts of mounts.
const placed = {
  lighttpd: ([only]) => ({ site: only.text }),
  nginx: (mounts) => ({ server: (workspace) => ({ http: mounts.map(({ port, text }) => `
  server {
    listen 127.0.0.1:${port};
    root ${workspace.path('www')};
    include ${nginxInclude(workspace)};
    ${text(workspace)}
  }`).join('\n') }) }),
  apache: (mounts) => ({ site: (workspace) => mounts.map(({ port, text }) => `
Listen 127.0.0.1:${port}
<VirtualHost 127.0.0.1:${port}>
  ${text(workspace)}
</VirtualHost>
`).join('\n') }),
};

// The shipped file `way` in front of mounts, with these rules. programs: of startPrograms. Gives
// { ports, stop }, ports by the mount's name.
export async function startMounts(way, issuer, programs, mounts, rules) {
  const [server] = way.split('/');
  const withPorts = [];
  for (const { name, program, text } of mounts) {
    const url = `http://127.0.0.1:${programs.ports[program]}`;
    withPorts.push({ name, port: await freePort(),
      text: (workspace) => text({ workspace, programs, url }) });
  }
  const api = await startApi(way, issuer, { replacements: guards[way].replacements,
    ...placed[server](withPorts),
    prepare: (workspace) => {
      writePartFiles(workspace, 'www');
      workspace.write('www/front.php', readFileSync(programs.frontController));
      workspace.write('www/caseless.php', caselessPage);
      workspace.write('etc/rules', rules);
    },
    settings: (workspace) => ({ ZITADEL_RULES: workspace.path('etc/rules') }) });
  const portOf = ({ name, port }) => [name, server === 'lighttpd' ? api.server.port : port];
  return { ports: Object.fromEntries(withPorts.map(portOf)), stop: () => api.stop() };
}
