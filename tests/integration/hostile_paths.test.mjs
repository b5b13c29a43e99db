// SPDX-License-Identifier: Apache-2.0
// Whatever a request target looks like: the web server serves nothing that is not for the caller.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards } from './support/api.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { hostileTargets, sendTarget } from './support/hostile_targets.mjs';
import { bodyOverHttp2 } from './support/http.mjs';
import { forEachOf } from './support/together.mjs';

// Of the targets, many of which only look strange.
const kLeastServed = { nobody: 5, anybody: 20, staff: 40 };

let issuer;
let callers;
before(async () => {
  issuer = await startIssuer();
  callers = {
    nobody: undefined,
    anybody: await issuer.mint({ user: 'without-role' }),
    staff: await issuer.mint({ user: 'with-role' }),
  };
});
after(() => issuer?.stop());

// Who may see a file, by the rules of guarded_site.mjs: also by what its path is to programs that cut
// the parameters of segments off.
function admitted(file) {
  const readings = [file, file.replace(/;[^/]*/g, '')];
  if (readings.some((path) => path.startsWith('/staff/'))) return ['staff'];
  if (readings.every((path) => path.startsWith('/open/'))) return ['nobody', 'anybody', 'staff'];
  return ['anybody', 'staff'];
}

// How the targets get there; each gives the answer, of which the body is looked at.
const versions = {
  'HTTP/1.1': ({ port }, target, token) => sendTarget(port, target, { token }),
  'HTTP/2': ({ http2Port }, target, token) => bodyOverHttp2(http2Port, {
    ':path': target, ':authority': 'localhost',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }),
};

for (const way of Object.keys(guards)) {
  describe(way, () => {
    let site;
    before(async () => { site = await startGuardedSite(way, issuer); });
    after(() => site?.stop());

    const serves = async (send) => {
      const counts = { nobody: 0, anybody: 0, staff: 0 };
      const leaks = [];
      await forEachOf(hostileTargets, async (target) => {
        for (const [who, token] of Object.entries(callers)) {
          // The file or program that is served, undefined where none is.
          const file = (await send(site.server, target, token)).match(/^the file (.*)$/m)?.[1];
          if (file === undefined) continue;
          counts[who] += 1;
          if (!admitted(file).includes(who)) leaks.push(`${file} to ${who}: ${JSON.stringify(target)}`);
        }
      });
      assert.deepEqual(leaks, []);
      for (const [who, least] of Object.entries(kLeastServed)) {
        assert.ok(counts[who] >= least, `only ${counts[who]} were served to ${who}`);
      }
    };

    for (const [version, send] of Object.entries(versions)) {
      // Apache speaks HTTP/2 by a module of its own, behind the same reading of the target.
      if (version === 'HTTP/2' && way.startsWith('apache/')) continue;
      it(`shows nobody what is not for them, for ${hostileTargets.length} targets over ${version}`,
        () => serves(send));
    }
  });
}
