// SPDX-License-Identifier: Apache-2.0
// Whatever a request target looks like, and however the program behind the web server reads it:
// nobody sees a part of the site that is not for them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards } from './support/api.mjs';
import { hostileTargets, sendTarget } from './support/hostile_targets.mjs';
import { statusOf } from './support/http.mjs';
import { apache, lighttpd, nginx, startMounts } from './support/mounts.mjs';
import { admittedTo, mintCallers, partIn, rulesOfParts, startPrograms } from './support/programs.mjs';
import { forEachOf, startTogether } from './support/together.mjs';

let issuer;
let programs;
let callers;
before(async () => {
  [issuer, programs] = await startTogether([startIssuer(), startPrograms()]);
  callers = await mintCallers(issuer);
});
after(() => Promise.all([issuer?.stop(), programs?.stop()]));

const all = ['tomcat', 'tornadoFiles', 'tornadoHandlers', 'express', 'expressFiles', 'urls'];
const some = ['tomcat', 'tornadoFiles', 'urls'];

const mounts = {
  'lighttpd/authorizer.conf': [lighttpd.php],
  'nginx/auth_request.conf': [...all.map(nginx.plain), nginx.php, nginx.files,
    ...some.flatMap(nginx.further)],
  'apache/authnz_fcgi.conf': [...all.map(apache.plain), apache.php, apache.phpWithSlashes,
    apache.files, ...some.flatMap(apache.further)],
  'apache/fcgid_access_checker.conf': [...some.map(apache.plain), apache.php, apache.files,
    ...apache.further('tomcat')],
};

// What each caller must get, by the rules of programs.mjs. Behind nginx and Apache that program is
// asked, behind lighttpd the only one there.
const rows = [
  ['tomcat', '/public/..;/internal/x', 'nobody', 403],
  ['tomcat', '/public/..;a=b/internal/x', 'nobody', 403],
  ['tomcat', '/public/%2e%2e;/internal/x', 'nobody', 403],
  ['tomcat', '/public/.;/../internal/x', 'nobody', 403],
  ['tomcat', '/public/..;/internal/x', 'anybody', 403],
  ['tomcat', '/public/..;/internal/x', 'staff', 403],
  ['tomcat', '/public/;/../internal/x', 'nobody', 403],
  ['tomcat', '/public;/../internal/x', 'nobody', 401, 403],
  ['tomcat', '/internal;/x', 'anybody', 403],
  ['tomcat', '/internal;v=1/x', 'anybody', 403],
  ['tomcat', '/;/internal/x', 'anybody', 403],
  ['tomcat', '/;v=1/internal/x', 'anybody', 403],
  ['tomcat', '/internal;/x', 'nobody', 401],
  ['tornadoFiles', '/public/#/../../internal/secret.txt', 'nobody', 400, 403],
  ['tornadoFiles', '/public/x#', 'nobody', 400, 403],
  ['urls', '/internal//../x.txt', 'anybody', 403],
];

const plain = { '/file.txt': 'token', '/open/file.txt': 'public', '/staff/file.txt': 'internal' };
const kLeastServed = 20; // of the targets, many of which only look strange
const kMostShown = 20; // leaks of one mount

for (const [way, wanted] of Object.entries(mounts)) {
  describe(`${way}, programs behind it`, () => {
    let site;
    before(async () => { site = await startMounts(way, issuer, programs, wanted, rulesOfParts); });
    after(() => site?.stop());

    for (const [program, target, who, ...right] of rows) {
      it(`answers ${who} ${right.join(' or ')} for ${target}: ${program}`, async () => {
        const port = site.ports[program] ?? site.ports.php;
        const answer = await sendTarget(port, target, { token: callers[who] });
        const statuses = right.map((status) => guards[way].refusals[status] ?? status);
        if (right.includes(400)) statuses.push(400); // of the server itself
        assert.ok(statuses.includes(statusOf(answer)), `not ${statuses.join(' or ')}:\n${answer}`);
        assert.equal(partIn(answer), undefined);
      });
    }

    for (const { name } of wanted) {
      it(`shows nobody what is not for them, for ${hostileTargets.length} targets: ${name}`, async () => {
        for (const [target, part] of Object.entries(plain)) {
          assert.equal(partIn(await sendTarget(site.ports[name], target, { token: callers.staff })), part);
        }
        const leaks = [];
        let served = 0;
        await forEachOf(hostileTargets, async (target) => {
          for (const who of ['nobody', 'anybody']) {
            const part = partIn(await sendTarget(site.ports[name], target, { token: callers[who] }));
            if (part === undefined) continue;
            served += 1;
            if (!admittedTo[part].includes(who)) leaks.push(`${part} to ${who}: ${target}`);
          }
        });
        assert.ok(leaks.length === 0, `${leaks.length} shown, such as\n` +
          leaks.sort().slice(0, kMostShown).map((leak) => JSON.stringify(leak)).join('\n'));
        assert.ok(served >= kLeastServed, `only ${served} were served`);
      });
    }
  });
}

// Where a server leaves empty segments as they are, ".." takes one of them away.
const leavesEmptySegments = {
  'nginx/auth_request.conf': [nginx.files, ...nginx.further('urls')],
  'apache/authnz_fcgi.conf': [apache.files, ...apache.further('urls')],
  'apache/fcgid_access_checker.conf': [apache.files, ...apache.further('urls')],
};
const openRules = '/ public\n/internal/ role:staff\n';

for (const [way, wanted] of Object.entries(leavesEmptySegments)) {
  describe(`${way}, with empty segments left as they are`, () => {
    let site;
    before(async () => { site = await startMounts(way, issuer, programs, wanted, openRules); });
    after(() => site?.stop());

    for (const { name } of wanted) {
      it(`refuses an empty segment with ".." behind it: ${name}`, async () => {
        for (const target of ['/internal//../x.txt', '/internal///../x.txt', '/internal//./../x.txt',
          '/internal//%2e%2e/x.txt', '/internal//y/../../x.txt']) {
          for (const who of ['nobody', 'anybody']) {
            const answer = await sendTarget(site.ports[name], target, { token: callers[who] });
            assert.equal(statusOf(answer), guards[way].refusals[403], `${target}\n${answer}`);
          }
        }
        assert.equal(partIn(await sendTarget(site.ports[name], '/x.txt')), 'token');
        assert.equal(partIn(await sendTarget(site.ports[name], '/internal/x.txt')), undefined);
      });
    }
  });
}
