// SPDX-License-Identifier: Apache-2.0
// Bodies of every size, however they arrive, through every shipped file: the program gets them whole,
// and so does what is behind a guard.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards, startApi, ways, writeSettings } from './support/api.mjs';
import { startPhp } from './support/guarded_site.mjs';
import { startApacheWith } from './support/servers.mjs';
import { forEachOf } from './support/together.mjs';
import { bytesOf, sha256, upload } from './support/uploads.mjs';
import { Workspace, buildFolder, projectFolder, replaceAll } from './support/workspace.mjs';

const kKept = 64 << 10; // bytes of a body that the program keeps for its endpoints (docs/own-endpoints.md)
const kLarge = 5_000_000; // bytes that /large-to-post answers (programs/echo_routes.cpp)
const sizes = [0, 1, 1000, 26_000, 48_000, kKept - 1, kKept, kKept + 1, 200_000, 5_000_000];
const bodies = new Map(sizes.map((size) => [size, bytesOf(size)]));

const speeds = {
  'at once': { atOnce: 8 },
  'in many pieces': { pieces: 26, overMs: 500, atOnce: 60 },
  'slowly': { pieces: 25, overMs: 2500, atOnce: 60 },
};

// Bytes that a web server itself takes by its default, and its own answer to more: nginx's, whoever
// calls, where the length is said in the head, and mod_fcgid's, which no .htaccess can change.
const nginxLimit = { most: 1 << 20, status: 413 };
const fcgidLimit = { most: 128 << 10, status: 500 };
const noLimit = { most: Infinity };
const limits = { 'nginx/api.conf': nginxLimit, 'nginx/auth_request.conf': nginxLimit,
  'apache/shared-hosting/fcgid.htaccess': fcgidLimit };

// What is right for the caller: of an endpoint, and of a program behind a guard.
function fromEndpoint({ most, status }, size, admitted) {
  if (size > most) return status;
  return !admitted ? 401 : size > kKept ? 413 : 200;
}
function fromGuarded({ most, status }, size, admitted, chunks) {
  if (size > most && (admitted || !chunks)) return status;
  return admitted ? 200 : 401;
}

let issuer;
let token;
before(async () => {
  issuer = await startIssuer();
  token = await issuer.mint();
});
after(() => issuer?.stop());

const echo = join(buildFolder, 'tests/echo.fcgi');

const startEcho = (way, server) => startApi(way, issuer, {
  server,
  prepare: ({ program }) => copyFileSync(echo, program),
});

// The same as a customer of a shared host uploads it. prepare: a function of the workspace and of the
// text of the .htaccess. folder: of the program. configuration: a function of the workspace that gives
// further lines of the hoster's.
async function startUploaded(way, modules, prepare,
  { folder = 'www/api', configuration = () => '' } = {}) {
  const workspace = new Workspace();
  try {
    for (const name of ['www', folder]) workspace.ensureFolder(name);
    writeSettings(workspace, issuer, { ZITADEL_RULES: workspace.write('etc/rules', rules) });
    workspace.program = workspace.write(`${folder}/api.fcgi`, readFileSync(echo), 0o755);
    workspace.write(`${folder}/api.env`, `ZITADEL_ENV_FILE=${workspace.settingsFile}\n`);
    prepare(workspace, readFileSync(join(projectFolder, way), 'utf8'));
    const server = await startApacheWith(workspace, modules, `
<Directory "${workspace.path('www')}">
  AllowOverride All
</Directory>
<IfModule mod_cgid.c>
  ScriptSock "${workspace.path('run/cgid.sock')}"
</IfModule>
${configuration(workspace)}`);
    return { server, stop: () => server.stop().finally(() => workspace.remove()) };
  } catch (error) {
    workspace.remove();
    throw error;
  }
}

const uploadHtaccess = (workspace, text) => {
  workspace.write('www/api/.htaccess', text, 0o644);
};

// How each is started, and what is asked of it.
const endpoints = { open: '/api/echo-to-all', guarded: '/api/echo' };
const programs = {
  ...Object.fromEntries(Object.keys(ways).map((way) => [way, () => startEcho(way)])),
  'apache/cgi.conf and mod_cgi': () => startEcho('apache/cgi.conf', { modules: ['cgi'], mpm: 'prefork' }),
  'apache/shared-hosting/fcgid.htaccess': () => startUploaded(
    'apache/shared-hosting/fcgid.htaccess', ['rewrite', 'fcgid'], uploadHtaccess),
  'apache/shared-hosting/cgi.htaccess': () => startUploaded(
    'apache/shared-hosting/cgi.htaccess', ['rewrite', 'cgid'], uploadHtaccess),
};

// All combinations as [size, chunks, who].
const combinations = sizes.flatMap((size) => [false, true].flatMap((chunks) => (
  ['to all', 'with a token', 'without a token'].map((who) => [size, chunks, who]))));

// Sends them all and gives what is wrong with the answers. rightFor: gives the status for a size,
// whether the caller may, and whether the body is chunked. differs: whether the body of a 200 is not
// what was sent.
async function mistakes({ server }, { open, guarded }, speed, rightFor, differs) {
  const { atOnce, ...options } = speeds[speed];
  const found = [];
  await forEachOf(combinations, async ([size, chunks, who]) => {
    const answer = await upload(server.port, who === 'to all' ? open : guarded,
      { ...options, body: bodies.get(size), chunks, token: who === 'with a token' ? token : undefined });
    const right = rightFor(size, who !== 'without a token', chunks);
    const says = `${size} bytes${chunks ? ', chunked' : ''}, ${who}`;
    if (answer.status !== right) found.push(`${says}: ${answer.status} instead of ${right}`);
    else if (right === 200 && differs(answer.body, bodies.get(size))) found.push(`${says}: other content`);
  }, { atOnce });
  return found.sort();
}

for (const [way, start] of Object.entries(programs)) {
  describe(`endpoints behind ${way}`, { concurrency: true }, () => {
    let api;
    before(async () => { api = await start(); });
    after(() => api?.stop());

    const rightFor = (...combination) => fromEndpoint(limits[way] ?? noLimit, ...combination);
    const differs = (received, sent) => sha256(received) !== sha256(sent);

    for (const speed of Object.keys(speeds)) {
      it(`get bodies that come ${speed}`, async () => {
        assert.deepEqual(await mistakes(api, endpoints, speed, rightFor, differs), []);
      });
    }

    // The web server may write all of the body before it reads, and no pipe or socket holds the answer.
    it('answer at length to bodies that they do not read', async () => {
      const { most, status } = limits[way] ?? noLimit;
      const found = [];
      await forEachOf([100_000, 200_000, 5_000_000], async (size) => {
        const answer = await upload(api.server.port, '/api/large-to-post',
          { body: bytesOf(size), timeoutMs: 20_000 });
        const right = size > most ? status : 200;
        if (answer.status !== right) found.push(`${size} bytes: ${answer.status} instead of ${right}`);
        else if (right === 200 && answer.body.length !== kLarge) found.push(`${size} bytes: not whole`);
      });
      assert.deepEqual(found, []);
    });
  });
}

// Programs that read all of a body: a PHP page, and behind Apache a CGI script, since PHP itself gets
// none of a chunked body from there.
const rules = '/ token\n/open/ public\n/large/open/ public\n';
const page = "<?php echo hash('sha256', file_get_contents('php://input'));";
const script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nsha256sum | tr -d ' \\n-'\n";
const digestOf = (type) => ({ open: `/open/digest.${type}`, guarded: `/digest.${type}` });
const differsFromDigest = (received, sent) => received.toString('latin1') !== sha256(sent);

function writePrograms(workspace) {
  for (const name of ['', 'open/', 'large/', 'large/open/']) {
    workspace.ensureFolder(`www/${name}`);
    workspace.write(`www/${name}digest.php`, page);
    workspace.write(`www/${name}digest.cgi`, script, 0o755);
  }
}

const nginxPhp = (workspace) => `
      include ${workspace.path('etc/fastcgi_params')};
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_pass unix:${workspace.path('run/php.sock')};`;
const apacheCgi = (workspace) => `
<Directory "${workspace.path('www')}">
  Options +ExecCGI
  AddHandler cgi-script .cgi
</Directory>
`;
const sites = {
  lighttpd: { type: 'php', site: (workspace) => `
server.modules += ( "mod_fastcgi" )
fastcgi.server += ( ".php" => (( "socket" => "${workspace.path('run/php.sock')}" )) )
` },
  // Where it takes more than by default, it says so, as administrators do.
  nginx: { type: 'php', site: (workspace) => `
    location ~ ^/large/.*\\.php$ { client_max_body_size 50m; ${nginxPhp(workspace)} }
    location ~ \\.php$ { ${nginxPhp(workspace)} }` },
  apache: { type: 'cgi', site: apacheCgi },
};

const startGuard = (way, { type, site }) => startApi(way, issuer, {
  replacements: guards[way].replacements,
  prepare: async (workspace, api) => {
    writePrograms(workspace);
    if (type === 'php') api.add(await startPhp(workspace));
    workspace.write('etc/rules', rules);
  },
  settings: (workspace) => ({ ZITADEL_RULES: workspace.path('etc/rules') }),
  site,
});

const guarded = {
  ...Object.fromEntries(Object.keys(guards).map((way) => {
    const site = sites[way.split('/')[0]];
    return [way, { type: site.type, start: () => startGuard(way, site) }];
  })),
  'apache/shared-hosting/protect.htaccess': { type: 'cgi', start: () => startUploaded(
    'apache/shared-hosting/protect.htaccess', ['fcgid', 'headers', 'cgid'], (workspace, text) => {
      writePrograms(workspace);
      workspace.write('www/.htaccess', replaceAll('protect.htaccess', text,
        '/home/you/zitadel/api.fcgi', workspace.program), 0o644);
    }, { folder: 'zitadel', configuration: apacheCgi }) },
};

for (const [way, { type, start }] of Object.entries(guarded)) {
  describe(`what is behind ${way}`, { concurrency: true }, () => {
    let site;
    before(async () => { site = await start(); });
    after(() => site?.stop());

    const gets = async (digests, speed, limit) => {
      const rightFor = (...combination) => fromGuarded(limit, ...combination);
      assert.deepEqual(await mistakes(site, digests, speed, rightFor, differsFromDigest), []);
    };

    for (const speed of Object.keys(speeds)) {
      it(`gets bodies that come ${speed}`, () => gets(digestOf(type), speed, limits[way] ?? noLimit));
    }

    if (!way.startsWith('nginx/')) return;
    it('gets longer ones where the site takes them', () => gets(
      { open: '/large/open/digest.php', guarded: '/large/digest.php' }, 'at once', noLimit));
  });
}
