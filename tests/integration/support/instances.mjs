// SPDX-License-Identifier: Apache-2.0
// Several instances behind one program: a settings file with sections, and web servers with several
// hosts, set up as docs/several-instances.md says.
import { readFileSync, renameSync } from 'node:fs';

import { startIssuer } from '../../issuer/client.mjs';
import { settingsText, startApi } from './api.mjs';
import { nginxInclude } from './servers.mjs';

// One after the other: the first start of each makes its keys, which is slow.
export async function startIssuers(count) {
  const issuers = [];
  for (let i = 0; i < count; i += 1) issuers.push(await startIssuer({ assertions: 'reusable' }));
  return issuers;
}

// The settings of one instance, whose key is put beside the settings file as NAME.json. The realm of
// a challenge tells who was in charge. more: settings instead of these or beyond; undefined: not that one.
export function instance(workspace, issuer, name, { key = 'api-key', ...more } = {}) {
  if (key !== null) workspace.write(`etc/${name}.json`, readFileSync(issuer.files[key]));
  return {
    ZITADEL_DOMAIN: issuer.issuer, ZITADEL_PROJECT_ID: issuer.projectId, ZITADEL_REALM: name,
    ...(key !== null && { API_PRIVATE_KEY_FILE_PATH: `${name}.json` }), ...more,
  };
}

// What the tests want of all sections.
export const common = { ZITADEL_CACHE_DIR: 'cache', ZITADEL_LOG_LEVEL: 'debug' };

// The text of a settings file. top: what stands before the first section.
export const sectioned = (top, sections) => settingsText(top) +
  Object.entries(sections).map(([places, settings]) => `\n[${places}]\n${settingsText(settings)}`).join('');

// Puts another text in the place of the settings: nobody reads half of it.
export function replaceSettings({ workspace }, text) {
  renameSync(workspace.write('etc/.new', text), workspace.settingsFile);
}

export const realmOf = ({ headers }) => headers['www-authenticate']?.match(/realm="([^"]*)"/)?.[1];

const rootOf = (workspace, host) => workspace.path(`www-${host}`);

// The site of each host: a file that tells which one it is, the same for everybody, and further ones.
function plantSite(workspace, host, folder, files) {
  workspace.ensureFolder(folder);
  for (const name of ['file.txt', 'which.txt', ...files]) {
    const parts = name.split('/').slice(0, -1);
    parts.forEach((_, i) => workspace.ensureFolder([folder, ...parts.slice(0, i + 1)].join('/')));
    workspace.write(`${folder}/${name}`, `the site ${host}\nthe file /${name}\n`);
  }
}

// A server { } for each host, each of which includes the shipped file.
const nginxHosts = (workspace, hosts, further) => ({ port, http2Port }) => hosts.map((host) => `
  server {
    listen 127.0.0.1:${port};
    listen 127.0.0.1:${http2Port} http2;
    server_name ${host} www.${host};
    root ${rootOf(workspace, host)};
    include ${nginxInclude(workspace)};
    ${further(workspace, host)}
  }
`).join('');

// The first one is for names that no other one has.
const apacheHosts = (workspace, hosts, further) => `
Protocols h2c http/1.1
UseCanonicalName On
<VirtualHost *>
  ServerName localhost
  DocumentRoot "${workspace.path('www')}"
  ${further(workspace, 'localhost')}
</VirtualHost>
` + hosts.map((host) => `
<VirtualHost *>
  ServerName ${host}
  ServerAlias www.${host}
  DocumentRoot "${rootOf(workspace, host)}"
  ${further(workspace, host)}
</VirtualHost>
<Directory "${rootOf(workspace, host)}">
  Require all granted
</Directory>
`).join('');

// authorizer.conf tells that a condition with a document root of its own needs the entry again.
const authorizerEntry = (workspace, host) => `
  fastcgi.server = ( "/" => ((
    "mode" => "authorizer", "check-local" => "disable", "docroot" => "${rootOf(workspace, host)}",
    "socket" => "${workspace.path('run/authorizer.sock-0')}",
  )))`;

// With "=~" lighttpd compares with the port that a caller writes: the name outside of the conditions counts then.
const lighttpdHosts = (way) => (workspace, hosts, further) => 'server.name = "localhost"\n' + hosts.map((host) => `
$HTTP["host"] =~ "^(www\\.)?${host.replaceAll('.', '\\.')}$" {
  server.name = "${host}"
  server.document-root = "${rootOf(workspace, host)}"
  ${way === 'lighttpd/authorizer.conf' ? authorizerEntry(workspace, host) : ''}
  ${further(workspace, host)}
}
`).join('');

export const usualHosts = ['one.example', 'two.example', 'other.example'];
const usualRules = '/ token\n/which.txt public\n';

// The program behind a web server with a site for each of the hosts, and one for all other names, which
// is "localhost". settings: a function of the workspace that gives the text of the settings file. files: of
// each site. further: what else the administrator writes for a host. options: further ones of startApi.
export async function startHosts(way, issuers, { settings, hosts = usualHosts, files = [], rules = usualRules,
  further = () => '', site = () => '', server = {}, prepare = () => {}, ...options }) {
  const [kind] = way.split('/');
  const own = {
    apache: { site: apacheHosts, server: () => ({ ...server, more: ['http2', ...(server.more ?? [])] }) },
    lighttpd: { site: lighttpdHosts(way), server: () => server },
    nginx: { site: () => '', server: (workspace) => ({ ...server,
      http: (ports) => (server.http ?? '') + nginxHosts(workspace, hosts, further)(ports) }) },
  }[kind];
  const api = await startApi(way, issuers[0], { ...options, settings, server: own.server,
    prepare: async (workspace, each) => {
      plantSite(workspace, 'localhost', 'www', files);
      for (const host of hosts) plantSite(workspace, host, `www-${host}`, files);
      workspace.write('etc/rules', rules);
      await prepare(workspace, each);
    },
    site: (workspace) => own.site(workspace, hosts, further) + site(workspace) + '\n' });
  for (const issuer of issuers) api.secrets.addKey(issuer.readFile('api-key').key);
  return api;
}
