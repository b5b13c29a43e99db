// SPDX-License-Identifier: Apache-2.0
// What ordinary sites have in their paths goes through to the programs behind the web servers, and
// rules that are to be compared without regard to case are.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards } from './support/api.mjs';
import { sendTarget } from './support/hostile_targets.mjs';
import { statusOf } from './support/http.mjs';
import { apache, lighttpd, nginx, startMounts } from './support/mounts.mjs';
import { mintCallers, partIn, rulesOfParts, startPrograms } from './support/programs.mjs';
import { startTogether } from './support/together.mjs';

let issuer;
let programs;
let callers;
before(async () => {
  [issuer, programs] = await startTogether([startIssuer(), startPrograms()]);
  callers = await mintCallers(issuer);
});
after(() => Promise.all([issuer?.stop(), programs?.stop()]));

const names = ['tomcat', 'tornadoHandlers', 'express', 'urls'];
const mounts = {
  'lighttpd/authorizer.conf': [lighttpd.php],
  'nginx/auth_request.conf': [...names.map(nginx.plain), nginx.php],
  'apache/authnz_fcgi.conf': [...names.map(apache.plain), apache.php],
  'apache/fcgid_access_checker.conf': [...names.map(apache.plain), apache.php],
};

// Below a folder.
const ordinary = ['x', 'x/', 'x/y/z', 'a%20b', 'caf%C3%A9', 'caf%c3%a9/', '%E6%96%87', 'x;v=1', 'x;v=1;w=2',
  'x;v=1/y', '~x', 'a+b', 'a%2Bb', 'a@b', 'a:b', 'a,b', 'a=b&c=d', '(a)', "a'b", 'a!b', 'a$b', 'a*b',
  '%5Ba%5D', '100%25', 'a%26b', 'a.b', 'a..b', '.a', '..a', 'a.', 'a-b_c', `${'x'.repeat(4000)}`,
  'x?q=1', 'x?next=/internal/../x;y&z=%2F%5C', 'x?a%5B%5D=1&b=%7Bc%7D', 'x??'];

const folders = { '/public': 'nobody', '/internal': 'staff', '/shop': 'anybody' };
const partOf = { '/public': 'public', '/internal': 'internal', '/shop': 'token' };

for (const [way, wanted] of Object.entries(mounts)) {
  describe(`${way}, ordinary paths`, () => {
    let site;
    before(async () => { site = await startMounts(way, issuer, programs, wanted, rulesOfParts); });
    after(() => site?.stop());

    for (const { name } of wanted) {
      it(`serves who may see them: ${name}`, async () => {
        for (const [folder, who] of Object.entries(folders)) {
          for (const path of ordinary) {
            const target = `${folder}/${path}`;
            const answer = await sendTarget(site.ports[name], target, { token: callers[who] });
            assert.equal(statusOf(answer), 200, `${target}\n${answer}`);
            assert.equal(partIn(answer), partOf[folder], target);
          }
        }
      });
    }
  });
}

const caselessRules = `
caseless
/           token
/Public/    public
/internal/  role:staff
/TASKS/     role:staff
/staff/     role:staff
`;
// The program of Node.js folds letters of all alphabets, Express those of ASCII.
const caseless = ['caseless', 'folding'];
const caselessMounts = {
  'lighttpd/authorizer.conf': [lighttpd.caselessPhp],
  'nginx/auth_request.conf': caseless.map(nginx.plain),
  'apache/authnz_fcgi.conf': caseless.map(apache.plain),
  'apache/fcgid_access_checker.conf': caseless.map(apache.plain),
};

const otherCases = ['/INTERNAL/x', '/Internal/x', '/internal/x', '/iNTERNAL/X', '/%49NTERNAL/x',
  '/i%4eternal/x', '/INTERNAL', '/Internal/', '/INTERNAL/in/x', '/Staff/file.txt', '/STAFF/file.txt'];
// Letters that become others in a comparison without regard to case: U+017F, U+212A, U+0131, U+FB00.
const lookAlikes = ['/ta%C5%BFks/x', '/TA%C5%BFKS/x', '/tas%E2%84%AAs/x', '/TAS%E2%84%AAS/x',
  '/ta%C5%BF%E2%84%AA%C5%BF/x', '/%C5%BFtaff/file.txt', '/%C4%B1nternal/x', '/sta%EF%AC%80/file.txt'];

for (const [way, wanted] of Object.entries(caselessMounts)) {
  describe(`${way}, rules that are caseless`, () => {
    let site;
    before(async () => { site = await startMounts(way, issuer, programs, wanted, caselessRules); });
    after(() => site?.stop());

    for (const { name } of wanted) {
      const send = (target, who) => sendTarget(site.ports[name], target, { token: callers[who] });

      it(`asks for the role in whatever case the path is: ${name}`, async () => {
        for (const target of otherCases) {
          const answer = await send(target, 'anybody');
          assert.equal(partIn(answer), undefined, target);
          assert.equal(statusOf(answer), guards[way].refusals[403], `${target}\n${answer}`);
          assert.equal(statusOf(await send(target, 'nobody')), 401, target);
        }
        for (const target of ['/INTERNAL/x', '/Internal/x', '/internal/x']) {
          assert.equal(partIn(await send(target, 'staff')), 'internal', target);
        }
      });

      it(`opens what is public in whatever case the path is: ${name}`, async () => {
        for (const target of ['/PUBLIC/x', '/Public/x', '/public/x', '/pUBLIC/X']) {
          assert.equal(partIn(await send(target, 'nobody')), 'public', target);
        }
      });

      it(`is not taken in by letters that become others: ${name}`, async () => {
        for (const target of lookAlikes) {
          const answer = await send(target, 'anybody');
          assert.notEqual(partIn(answer), 'internal', target);
        }
      });
    }
  });
}
