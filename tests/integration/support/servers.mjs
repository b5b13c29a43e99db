// SPDX-License-Identifier: Apache-2.0
// Real web servers, each with a shipped configuration file, in a temporary folder.
//
// startLighttpd, startNginx, startApache and startSpawnFcgi give back something with:
//   url(path)     address of a path
//   log()         what the server and the program have written to their logs
//   waitForLog()  waits until a line matches
//   stop()        ends it and what it started; an Error when a sanitizer or a crash is in the log,
//                 but for lines that match `expected`, to be set by who crashes it
import { existsSync, readFileSync } from 'node:fs';

import { canConnect, freePort } from './http.mjs';
import { Daemons, Process, childrenOf, programOf, waitFor } from './processes.mjs';

export const alarms = /(Address|Thread|Leak|UndefinedBehavior)Sanitizer|runtime error:|child signalled|signal (4|6|7|8|11)\b/;
const kShownLines = 80;

function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

class Server {
  // http2Port: where HTTP/2 is spoken without TLS.
  constructor(workspace, { port, http2Port, process, logFiles }) {
    Object.assign(this, { workspace, port, http2Port, process, logFiles });
  }

  url(path) {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  log() {
    return [this.process.output ?? '', ...this.logFiles.map(textOf)].join('');
  }

  async waitForLog(pattern, { timeoutMs = 10_000 } = {}) {
    try {
      return await waitFor(`${pattern} in the log`, () => this.log().match(pattern), { timeoutMs });
    } catch (error) {
      throw new Error(`${error.message}; the log is:\n${this.log()}`);
    }
  }

  // Pids of the program's processes that this server has started itself.
  programs() {
    const descendants = (pid) => childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);
    return descendants(this.process.pid).filter((pid) => programOf(pid) === this.workspace.program);
  }

  async ready() {
    await waitFor(`${this.process.command} to listen`, async () => {
      if (this.process.hasExited) throw new Error(`it ended at once; its log:\n${this.log()}`);
      return canConnect({ port: this.port });
    }).catch(async (error) => {
      await this.process.stop();
      throw error;
    });
    return this;
  }

  async stop() {
    const programs = new Daemons(this.programs());
    await this.process.stop({ timeoutMs: 15_000 });
    // A web server does not wait for the programs it has told to end.
    await programs.exit({ timeoutMs: 10_000 });
    const lines = this.log().split('\n');
    const alarm = lines.findIndex((line) => alarms.test(line) && !this.expected?.test(line));
    if (alarm >= 0) {
      throw new Error(`in the log:\n${lines.slice(alarm, alarm + kShownLines).join('\n')}`);
    }
  }
}

// The base configurations below are Debian's own, with all that they say of limits, time-outs and
// modules: a test sees what a user's server does. Other than Debian's are only paths, ports and user.

const lighttpdBase = ({ port, folder, include }) => `
server.modules = ( "mod_indexfile", "mod_access", "mod_alias", "mod_redirect" )
server.document-root = "${folder}/www"
server.upload-dirs = ( "${folder}/run" )
server.errorlog = "${folder}/log/lighttpd.log"
server.pid-file = "${folder}/run/lighttpd.pid"
server.bind = "127.0.0.1"
server.port = ${port}
server.feature-flags += ( "server.h2proto" => "enable", "server.h2c" => "enable" )
server.feature-flags += ( "server.graceful-shutdown-timeout" => 5 )
server.http-parseopts = (
  "header-strict" => "enable", "host-strict" => "enable", "host-normalize" => "enable",
  "url-normalize-unreserved" => "enable", "url-normalize-required" => "enable",
  "url-ctrls-reject" => "enable", "url-path-2f-decode" => "enable",
  "url-path-dotseg-remove" => "enable",
)
index-file.names = ( "index.php", "index.html" )
url.access-deny = ( "~", ".inc" )
static-file.exclude-extensions = ( ".php", ".pl", ".fcgi" )
include_shell "/usr/share/lighttpd/create-mime.conf.pl"
include "${include}"
server.modules += ( "mod_dirlisting", "mod_staticfile" )
`;

// What a site that is to be protected has loaded, beside what Debian's Apache always has.
const siteModules = ['rewrite', 'cgid', 'proxy', 'proxy_fcgi', 'proxy_http'];

// The shipped files: which installed paths and port each names, and which modules it needs.
const shippedFiles = {
  'lighttpd/fastcgi.conf': { paths: ['program', 'settings', 'socket'] },
  'lighttpd/spawn-fcgi.conf': { paths: ['program', 'settings', 'socket', 'pid', 'log'] },
  'lighttpd/authorizer.conf': {
    paths: ['program', 'settings', 'authorizerSocket', 'documentRoot'],
  },
  'nginx/api.conf': { paths: ['socket'] },
  'nginx/auth_request.conf': { paths: ['socket'] },
  'apache/mod_fcgid.conf': { paths: ['program', 'settings'], modules: ['fcgid'] },
  'apache/proxy_fcgi.conf': { paths: ['program', 'socket'], modules: ['proxy', 'proxy_fcgi'] },
  'apache/cgi.conf': { paths: ['program', 'settings'], modules: ['cgid'] },
  'apache/authnz_fcgi.conf': {
    paths: ['program', 'settings', 'pid', 'log'], port: '903',
    modules: ['authnz_fcgi', ...siteModules],
  },
  'apache/fcgid_access_checker.conf': {
    paths: ['program', 'settings'], modules: ['fcgid', 'headers', ...siteModules],
  },
};

// config: a file of lighttpd/. replacements: see Workspace.shipped. site: what the administrator has
// already, which comes behind the shipped file.
export async function startLighttpd(workspace, config, { replacements = [], site = '' } = {}) {
  const port = await freePort();
  makeDocumentRoot(workspace);
  const include = workspace.write('etc/lighttpd-shipped.conf',
    workspace.shipped(config, shippedFiles[config].paths, replacements) + site);
  const main = workspace.write('etc/lighttpd.conf',
    lighttpdBase({ port, folder: workspace.folder, include }));
  // As Debian's service does: in the foreground, so that the program's stderr is the service's.
  const process = new Process('/usr/sbin/lighttpd', ['-D', '-f', main]);
  return new Server(workspace, { port, http2Port: port, process,
    logFiles: [workspace.path('log/lighttpd.log')] }).ready();
}

// fastcgi_cache_path: for a site with a cache. daemon: else its end would not be seen.
const nginxBase = ({ port, http2Port, folder, site, include }) => `
daemon off;
worker_processes auto;
pid ${folder}/run/nginx.pid;
error_log ${folder}/log/nginx.log;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log ${folder}/log/access.log;
  gzip on;
  fastcgi_cache_path ${folder}/run/cache keys_zone=site:1m;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/run/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    listen 127.0.0.1:${http2Port} http2;
    root ${folder}/www;
    index index.html;
    include ${include};
    ${site}
  }
}
`;

// With modules to be loaded, and more in http { }, at its end.
function nginxWith(base, { modules, http }) {
  const loaded = modules.map((name) => `load_module /usr/lib/nginx/modules/ngx_${name}_module.so;`);
  return [...loaded, base.replace(/\}\n$/, `${http}\n}\n`)].join('\n');
}

// The shipped file of a workspace, for a server { } of a test's own.
export const nginxInclude = (workspace) => workspace.path('etc/nginx-shipped.conf');

// config: a file of nginx/. site: what else is in its server { }. http: what else is in http { }, or a
// function of the ports that gives it. modules: loaded ones, such as http_dav_ext.
export async function startNginx(workspace, config,
  { replacements = [], site = '', http = '', modules = [] } = {}) {
  const port = await freePort();
  const http2Port = await freePort();
  makeDocumentRoot(workspace);
  workspace.write('etc/fastcgi_params', readFileSync('/etc/nginx/fastcgi_params'));
  const include = workspace.write('etc/nginx-shipped.conf',
    workspace.shipped(config, shippedFiles[config].paths, replacements));
  const main = workspace.write('etc/nginx.conf',
    nginxWith(nginxBase({ port, http2Port, folder: workspace.folder, site, include }),
      { modules, http: typeof http === 'function' ? http({ port, http2Port }) : http }));
  const process = new Process('/usr/sbin/nginx',
    ['-e', workspace.path('log/nginx.log'), '-c', main]);
  return new Server(workspace, { port, http2Port, process,
    logFiles: ['nginx', 'access'].map((name) => workspace.path(`log/${name}.log`)) }).ready();
}

// What is enabled when Apache has just been installed.
const apacheModules = ['access_compat', 'alias', 'auth_basic', 'authn_core', 'authn_file',
  'authz_core', 'authz_host', 'authz_user', 'autoindex', 'deflate', 'dir', 'env', 'filter', 'mime',
  'negotiation', 'reqtimeout', 'setenvif', 'status'];
const apacheFolder = '/etc/apache2/mods-available';

function loadApacheModules(modules) {
  const files = [...new Set([...apacheModules, ...modules])]
    .flatMap((name) => [`${apacheFolder}/${name}.load`, `${apacheFolder}/${name}.conf`]);
  return files.filter((file) => existsSync(file) || file.endsWith('.load'))
    .map((file) => `Include "${file}"`).join('\n');
}

// FcgidIPCDir, FcgidProcessTableFile: where Debian's mod_fcgid has them, only root can write. Suexec: where
// that is installed, it is used, and an Apache that is not root's then starts no program.
const apacheBase = ({ port, folder, include, modules, mpm, asRoot }) => `
Define APACHE_RUN_DIR "${folder}/run"
Define APACHE_LOG_DIR "${folder}/log"
ServerRoot "${folder}"
ServerName localhost
DefaultRuntimeDir "\${APACHE_RUN_DIR}"
PidFile "\${APACHE_RUN_DIR}/apache.pid"
Timeout 300
KeepAlive On
MaxKeepAliveRequests 100
KeepAliveTimeout 5
HostnameLookups Off
ErrorLog "\${APACHE_LOG_DIR}/apache.log"
LogLevel warn
${asRoot ? 'User www-data\nGroup www-data' : 'Suexec Off'}
${loadApacheModules([`mpm_${mpm}`, ...modules])}
Listen 127.0.0.1:${port}
<Directory />
  Options FollowSymLinks
  AllowOverride None
  Require all denied
</Directory>
<Directory "${folder}/www">
  Options Indexes FollowSymLinks
  AllowOverride None
  Require all granted
</Directory>
AccessFileName .htaccess
<FilesMatch "^\\.ht">
  Require all denied
</FilesMatch>
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog "\${APACHE_LOG_DIR}/access.log" combined
ServerTokens OS
ServerSignature On
TraceEnable Off
DocumentRoot "${folder}/www"
<IfModule mod_fcgid.c>
  FcgidIPCDir "\${APACHE_RUN_DIR}/fcgid"
  FcgidProcessTableFile "\${APACHE_RUN_DIR}/fcgid_shm"
</IfModule>
Include "${include}"
`;

// The text of a shipped file for this workspace; where it names the program's port, a free one.
async function shippedFor(workspace, config, replacements) {
  const { paths, port } = shippedFiles[config];
  if (port === undefined) return workspace.shipped(config, paths, replacements);
  workspace.port ??= await freePort();
  return workspace.shipped(config, paths, [[port, String(workspace.port)], ...replacements]);
}

// config: a file of apache/. site: what the administrator has already, more: modules for it. modules, mpm:
// instead of those that the file is written for.
export async function startApache(workspace, config,
  { replacements = [], site = '', modules = shippedFiles[config].modules, more = [], mpm } = {}) {
  makeDocumentRoot(workspace);
  return startApacheWith(workspace, [...modules, ...more],
    site + await shippedFor(workspace, config, replacements), { mpm });
}

// Apache with a configuration that no file holds. The document root is the workspace's www/. asRoot: a
// command that starts it with what comes behind, by root; its processes then become www-data themselves.
export async function startApacheWith(workspace, modules, configuration,
  { mpm = 'event', asRoot } = {}) {
  const port = await freePort();
  workspace.makeFolder('run/socks'); // of mod_cgid
  const include = workspace.write('etc/apache-shipped.conf', configuration);
  const main = workspace.write('etc/apache.conf', apacheBase({ port, folder: workspace.folder,
    include, modules, mpm, asRoot }));
  const [command, ...args] = [...(asRoot ?? []), '/usr/sbin/apache2', '-f', main, '-DFOREGROUND'];
  const process = new Process(command, args, asRoot && { user: {} });
  return new Server(workspace, { port, process,
    logFiles: ['apache', 'access'].map((name) => workspace.path(`log/${name}.log`)) }).ready();
}

// Starts the program with the command line in the comment of a shipped file.
export async function startSpawnFcgi(workspace,
  { file = 'lighttpd/spawn-fcgi.conf', replacements = [] } = {}) {
  const comment = (await shippedFor(workspace, file, replacements))
    .match(/^#  env ZITADEL_ENV_FILE=(.*\\\n)*.*\n/m);
  if (comment === null) throw new Error(`${file}: no command line found`);
  const command = comment[0].replace(/^#/gm, '');
  // By root where possible: spawn-fcgi itself gives its rights up.
  const starter = new Process('/bin/sh', ['-c', command], { user: {} });
  const { code } = await starter.exit();
  if (code !== 0) throw new Error(`spawn-fcgi ended with ${code}: ${starter.output}`);
  const pids = readFileSync(workspace.path('run/api.pid'), 'utf8').trim().split('\n').map(Number);
  const process = new Daemons(pids);
  return new Server(workspace, { process, logFiles: [workspace.path('log/api.log')] });
}

// Files that a wrong mount would serve: below /api, and below a path that begins with "/api".
function makeDocumentRoot(workspace) {
  if (existsSync(workspace.path('www'))) return;
  for (const name of ['www', 'www/api', 'www/apix']) workspace.makeFolder(name);
  workspace.write('www/api/private', 'a file below /api');
  workspace.write('www/apix/private', 'a file below /apix');
}
