// SPDX-License-Identifier: Apache-2.0
// Rules that name methods: whatever method a request has, or asks a program to take it for, needs what
// the rules ask for it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards } from './support/api.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { sendTarget } from './support/hostile_targets.mjs';
import { statusOf } from './support/http.mjs';

const rules = `
/x  role:read
/x  role:write   POST PUT DELETE
/y  role:write   POST
/y  role:admin   DELETE
/v  role:read
`;
const rulesForAllOthers = `
/z  role:read
/z  role:write   *
/w  role:read    GET
/w  role:admin   DELETE
/w  role:write   *
`;

let issuer;
let callers;
before(async () => {
  issuer = await startIssuer();
  const withRoles = (...names) => issuer.mint({ user: 'without-role', roles: { [issuer.projectId]:
    Object.fromEntries(names.map((name) => [name, { 77: 'example.org' }])) } });
  callers = { nobody: undefined, reader: await withRoles('read'), writer: await withRoles('write'),
    both: await withRoles('read', 'write'), admin: await withRoles('admin') };
});
after(() => issuer?.stop());

// Methods that a server does not let any further, and what it answers; Apache's TRACE as TraceEnable
// says.
const unknownToServer = {
  'lighttpd/authorizer.conf': { FOO: 501, 'M-SEARCH': 501, post: 501, Post: 501, get: 501, P0ST: 501 },
  'nginx/auth_request.conf': { TRACE: 405, post: 400, Post: 400, get: 400, P0ST: 400 },
  'apache/authnz_fcgi.conf': {},
  'apache/fcgid_access_checker.conf': { TRACE: [401, 405] },
};

// A row each: method, path, caller, and the status that is right; of two, either.
const plainRows = [
  ['GET', '/x', 'reader', 200], ['HEAD', '/x', 'reader', 200], ['POST', '/x', 'reader', 403],
  ['PUT', '/x', 'reader', 403], ['DELETE', '/x', 'reader', 403], ['GET', '/x', 'writer', 403],
  ['HEAD', '/x', 'writer', 403], ['POST', '/x', 'writer', 200], ['PUT', '/x', 'writer', 200],
  ['DELETE', '/x', 'writer', 200], ['POST', '/x', 'nobody', 401], ['POST', '/x', 'both', 200],
  ...['PATCH', 'MOVE', 'COPY', 'PROPPATCH', 'PROPFIND', 'MKCOL', 'LOCK', 'UNLOCK', 'OPTIONS', 'TRACE',
    'REPORT', 'M-SEARCH', 'FOO'].flatMap((method) => [
    [method, '/x', 'reader', 405], [method, '/x', 'both', 405]]),
  ...['post', 'Post', 'get', 'P0ST'].map((method) => [method, '/x', 'both', 400]),
  ['POST', '/y', 'writer', 200], ['DELETE', '/y', 'writer', 403], ['GET', '/y', 'writer', 405],
  // Where no line names a method, all are meant.
  ['PATCH', '/v', 'reader', 200], ['POST', '/v', 'reader', 200], ['post', '/v', 'reader', 400],
];

// The same with a header, or a query, that asks a program to take the request for another method.
const overrides = {
  'X-HTTP-Method-Override': (method) => ['', `X-HTTP-Method-Override: ${method}\r\n`],
  'X-Method-Override': (method) => ['', `X-Method-Override: ${method}\r\n`],
  'X-HTTP-Method': (method) => ['', `X-HTTP-Method: ${method}\r\n`],
  '_method in the query': (method) => [`?_method=${method}`, ''],
  '_method behind others': (method) => [`?a=b&_method=${method}&c`, ''],
  '_method encoded': (method) => [`?%5Fmethod=${method}`, ''],
};
const overrideRows = [
  ['POST', 'DELETE', '/y', 'writer', 403], ['POST', 'DELETE', '/y', 'admin', 403],
  ['POST', 'GET', '/x', 'writer', 403], ['POST', 'HEAD', '/x', 'writer', 403],
  ['POST', 'GET', '/x', 'both', 200], ['POST', 'DELETE', '/x', 'writer', 200],
  ['POST', 'PATCH', '/x', 'both', 405], ['POST', 'PROPFIND', '/x', 'both', 405],
  ['POST', 'delete', '/y', 'writer', 400, 403], ['POST', 'Delete', '/y', 'writer', 400, 403],
  ['POST', 'patch', '/x', 'both', 400, 405],
  ['POST', 'PATCH', '/v', 'reader', 200],
];
// Some programs look at these headers whatever the method is.
const overriddenGets = [
  ['GET', 'DELETE', '/x', 'reader', 403], ['GET', 'POST', '/x', 'reader', 403],
  ['GET', 'PATCH', '/x', 'reader', 405], ['PUT', 'PATCH', '/x', 'both', 405],
];
// Two at a time: whichever a program takes must be allowed.
const repeated = [
  ['', 'X-HTTP-Method-Override: POST\r\nX-HTTP-Method-Override: DELETE\r\n'],
  ['', 'X-HTTP-Method-Override: DELETE\r\nX-HTTP-Method-Override: POST\r\n'],
  ['', 'X-HTTP-Method-Override: POST, DELETE\r\n'],
  ['', 'X-HTTP-Method-Override: POST\r\nX-HTTP-Method: DELETE\r\n'],
  ['?_method=DELETE', 'X-HTTP-Method-Override: POST\r\n'],
  ['?_method=POST&_method=DELETE', ''],
  ['?_method=DELETE&_method=POST', ''],
];

const rowsForAllOthers = [
  ['GET', '/z', 'reader', 200], ['GET', '/z', 'writer', 403], ['PATCH', '/z', 'reader', 403],
  ['PATCH', '/z', 'writer', 200], ['POST', '/z', 'writer', 200], ['POST', '/z', 'reader', 403],
  ['OPTIONS', '/z', 'reader', 403], ['PROPFIND', '/z', 'reader', 403], ['post', '/z', 'writer', 400],
  ['GET', '/w', 'reader', 200], ['GET', '/w', 'writer', 403], ['DELETE', '/w', 'writer', 403],
  ['DELETE', '/w', 'admin', 200], ['PATCH', '/w', 'writer', 200], ['PATCH', '/w', 'admin', 403],
];

// Where the program's own Allow leaves the web server, as docs/rules.md says.
const tellsAllow = ['lighttpd/authorizer.conf', 'nginx/auth_request.conf'];
const allowed = { '/x': ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'], '/y': ['POST', 'DELETE'] };

const page = `<?php
header('Content-Type: text/plain');
echo "served to {$_SERVER['REQUEST_METHOD']}\\n";
`;

async function startSite(way, text, folders) {
  const site = await startGuardedSite(way, issuer, { rules: text });
  for (const folder of folders) {
    site.workspace.makeFolder(`www/${folder}`);
    site.workspace.write(`www/${folder}/page.php`, page);
  }
  return site;
}

for (const [way, guard] of Object.entries(guards)) {
  const rightFor = (method, statuses) => (statuses.includes(200) ? statuses :
    statuses.map((status) => guard.refusals[status] ?? status)).flatMap((status) => (
    unknownToServer[way][method] ?? status));

  describe(`${way}, methods`, () => {
    let site;
    const check = async ([method, folder, who, ...statuses], [query, headers] = ['', '']) => {
      const answer = await sendTarget(site.server.port, `${folder}/page.php${query}`,
        { method, token: callers[who], headers: `${headers}Content-Length: 0\r\n` });
      const right = rightFor(method, statuses);
      const what = `${method} ${folder} by ${who}, ${JSON.stringify(query + headers)}`;
      assert.ok(right.includes(statusOf(answer)), `${what}: not ${right.join(' or ')}:\n${answer}`);
      const isServed = statusOf(answer) === 200 && method !== 'HEAD';
      assert.equal(answer.includes('served to'), isServed, what);
      if (statusOf(answer) !== 405 || !tellsAllow.includes(way) || unknownToServer[way][method]) return;
      const [, allow = ''] = answer.match(/^Allow: (.*)\r$/m) ?? [];
      assert.deepEqual(allow.split(', ').sort(), [...allowed[folder]].sort(), what);
    };

    describe('named in the rules', () => {
      before(async () => { site = await startSite(way, rules, ['x', 'y', 'v']); });
      after(() => site?.stop());

      for (const row of plainRows) {
        const [method, folder, who, right] = row;
        it(`${method} ${folder} by ${who}: ${right}`, () => check(row));
      }

      for (const [name, override] of Object.entries(overrides)) {
        it(`both methods count where a POST asks for another one: ${name}`, async () => {
          for (const [method, asked, ...row] of overrideRows) {
            await check([method, ...row], override(asked));
          }
        });

        if (name.startsWith('_')) continue;
        it(`both methods count whatever the first one is: ${name}`, async () => {
          for (const [method, asked, ...row] of overriddenGets) {
            await check([method, ...row], override(asked));
          }
        });
      }

      it('of several that are asked for all count', async () => {
        for (const both of repeated) await check(['POST', '/y', 'writer', 400, 403], both);
      });
    });

    describe('of which * are all others', () => {
      before(async () => { site = await startSite(way, rulesForAllOthers, ['z', 'w']); });
      after(() => site?.stop());

      for (const row of rowsForAllOthers) {
        const [method, folder, who, right] = row;
        it(`${method} ${folder} by ${who}: ${right}`, () => check(row));
      }
    });
  });
}
