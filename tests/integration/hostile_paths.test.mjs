// Whatever a request target looks like: what the rules decide about and what the web server then
// serves are the same resource.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards } from './support/api.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { bodyOverHttp2, exchange } from './support/http.mjs';

const targets = readFileSync(new URL('hostile_paths.txt', import.meta.url), 'latin1').split('\n')
  .filter((line) => line !== '' && !line.startsWith('# '))
  .map((line) => line.replace(/\\(x[0-9a-f]{2}|t|\\)/g, (_, code) => (
    code === 't' ? '\t' : code === '\\' ? '\\' : String.fromCharCode(parseInt(code.slice(1), 16)))));

const kAtOnce = 16;
const kLeastServed = 40; // of the targets, many of which only look strange

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

// Who may see a file, by the rules of guarded_site.mjs.
function admitted(file) {
  if (file.startsWith('/open/')) return ['nobody', 'anybody', 'staff'];
  return file.startsWith('/staff/') ? ['staff'] : ['anybody', 'staff'];
}

// How the targets get there; each gives the answer, of which the body is looked at.
const versions = {
  'HTTP/1.1': ({ port }, target, token) => {
    const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
    const head = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n` +
      `${authorization}\r\n`;
    return exchange(port, Buffer.from(head, 'latin1'));
  },
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
      let count = 0;
      const check = async (target) => {
        const files = {};
        for (const [who, token] of Object.entries(callers)) {
          // The file or program that is served, undefined where none is.
          files[who] = (await send(site.server, target, token)).match(/^the file (.*)$/m)?.[1];
        }
        const file = files.staff;
        const expected = file === undefined ? {} :
          Object.fromEntries(admitted(file).map((who) => [who, file]));
        const seen = Object.entries(files).filter(([, each]) => each !== undefined);
        assert.deepEqual(Object.fromEntries(seen), expected, JSON.stringify(target));
        if (file !== undefined) count += 1;
      };
      for (let i = 0; i < targets.length; i += kAtOnce) {
        await Promise.all(targets.slice(i, i + kAtOnce).map(check));
      }
      assert.ok(count >= kLeastServed, `only ${count} were served`);
    };

    for (const [version, send] of Object.entries(versions)) {
      // Apache speaks HTTP/2 by a module of its own, behind the same reading of the target.
      if (version === 'HTTP/2' && way.startsWith('apache/')) continue;
      it(`serves each caller what the rules say, for ${targets.length} targets over ${version}`,
        () => serves(send));
    }
  });
}
