// SPDX-License-Identifier: Apache-2.0
// WebDAV behind a guard: what a request reads or writes, at both ends and below, is what the rules let
// its caller read or write. The file system is looked at afterwards.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards, startApi } from './support/api.mjs';
import { sendTarget } from './support/hostile_targets.mjs';
import { statusOf } from './support/http.mjs';
import { mintCallers } from './support/programs.mjs';
import { allowed, bodies, neverDone, refusedToAnybody } from './support/webdav_requests.mjs';

const rules = `
/         token
/secret/  role:staff
/a/priv/  role:staff
/m/sub/   token       GET
/m/sub/   role:staff  DELETE
`;
const folders = ['', '/pub', '/pub/tree', '/pub/tree/priv', '/secret', '/a', '/a/priv', '/m', '/m/sub'];
const files = ['pub/p.txt', 'pub/tree/t.txt', 'pub/tree/priv/n.txt', 'secret/s.txt', 'a/f.txt',
  'a/priv/k.txt', 'm/sub/g.txt'];

const ways = {
  'nginx/auth_request.conf': {
    server: { modules: ['http_dav_ext'], http: 'dav_ext_lock_zone zone=locks:1m;' },
    site: () => `dav_methods PUT DELETE MKCOL COPY MOVE;
      dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;
      dav_ext_lock zone=locks;`,
  },
  'apache/authnz_fcgi.conf': { site: apacheSite },
  'apache/fcgid_access_checker.conf': { site: apacheSite },
};

function apacheSite(workspace) {
  return `
LoadModule dav_module /usr/lib/apache2/modules/mod_dav.so
LoadModule dav_fs_module /usr/lib/apache2/modules/mod_dav_fs.so
DavLockDB "${workspace.path('run/locks')}"
<Directory "${workspace.path('www')}">
  Dav On
  DavDepthInfinity On
</Directory>
`;
}

let issuer;
let callers;
before(async () => {
  issuer = await startIssuer();
  callers = await mintCallers(issuer);
});
after(() => issuer?.stop());

// Also of names that are no text, which rmSync does not find.
function plant(workspace) {
  execFileSync('rm', ['-rf', workspace.path('www')]);
  for (const name of folders) workspace.makeFolder(`www${name}`);
  for (const name of files) workspace.write(`www/${name}`, `the file ${name}\n`);
}

// What there is: the content by the path, whose bytes are in a string (latin1); null for a folder.
function treeOf(folder, below = '') {
  const at = (name) => Buffer.from(join(folder, below, name), 'latin1');
  if (!existsSync(at(''))) return {}; // removed itself
  const names = readdirSync(at(''), { encoding: 'latin1' }).filter((name) => name !== '.DAV');
  return Object.assign({}, ...names.map((name) => {
    const path = join(below, name);
    return statSync(at(name)).isDirectory() ? { [path]: null, ...treeOf(folder, path) } :
      { [path]: readFileSync(at(name), 'utf8') };
  }));
}

// The paths that differ.
const changed = (before, after) => [...new Set([...Object.keys(before), ...Object.keys(after)])]
  .filter((path) => before[path] !== after[path]);

for (const [way, { site: text, server = {} }] of Object.entries(ways)) {
  describe(`${way}, WebDAV`, () => {
    let site;
    before(async () => {
      site = await startApi(way, issuer, { replacements: guards[way].replacements, server, site: text,
        prepare: (workspace) => { plant(workspace); workspace.write('etc/rules', rules); },
        settings: (workspace) => ({ ZITADEL_RULES: workspace.path('etc/rules') }) });
    });
    after(() => site?.stop());

    const refused = guards[way].refusals[403];
    let planted;
    before(() => { planted = tree(); });
    const tree = () => treeOf(site.workspace.path('www'));

    // Sends one of the rows for a caller.
    function send(who, method, path, { to, depth, more = '', body = '' }) {
      const host = `127.0.0.1:${site.server.port}`;
      const destinations = to === undefined ? [] : typeof to === 'string' ? [`http://HOST${to}`] : to;
      const content = bodies[body] ?? body;
      return sendTarget(site.server.port, path, { method, token: callers[who], host,
        headers: destinations.map((url) => `Destination: ${url}\r\n`.replaceAll('HOST', host)).join('') +
          (depth === undefined ? '' : `Depth: ${depth}\r\n`) + more +
          `Content-Length: ${content.length}\r\n`, body: content });
    }

    const unlock = (who, path, answer) => {
      const lock = answer.match(/^Lock-Token: (.*)\r$/mi)?.[1];
      if (lock === undefined) return undefined;
      return send(who, 'UNLOCK', path, { more: `Lock-Token: ${lock}\r\n` });
    };

    // Sends them one by one and gives what is wrong with each: that it changed something, or was
    // answered otherwise than by `right`.
    async function mistakes(who, rows, right) {
      const found = [];
      for (const row of rows) {
        const answer = await send(who, ...row);
        const says = JSON.stringify([who, ...row]);
        const paths = changed(planted, tree());
        if (paths.length > 0) {
          found.push(`${says}: changed ${paths}`);
          plant(site.workspace);
        }
        if (!right.includes(statusOf(answer))) found.push(`${says}: ${statusOf(answer)}, not ${right}`);
        if (/priv|the file/.test(answer)) found.push(`${says}: tells what is there`);
        await unlock(who, row[1], answer);
      }
      return found;
    }

    for (const [what, rows] of Object.entries(refusedToAnybody)) {
      it(`refuses ${what}`, async () => {
        assert.deepEqual(await mistakes('anybody', rows, [refused]), []);
        assert.deepEqual(await mistakes('nobody', rows, [401, refused]), []);
      });
    }

    it('refuses what removes something that is there for other methods only', async () => {
      const rows = [['DELETE', '/m/', {}], ['DELETE', '/m', {}]];
      const right = [refused, guards[way].refusals[405]];
      assert.deepEqual(await mistakes('anybody', rows, right), []);
    });

    it('changes nothing without a destination', async () => {
      const rows = ['COPY', 'MOVE'].map((method) => [method, '/pub/p.txt', {}]);
      for (const who of ['anybody', 'staff']) {
        assert.deepEqual(await mistakes(who, rows, [400, refused]), []);
      }
    });

    it('refuses destinations that are not of this host, or cannot be read, to everybody', async () => {
      for (const what of ['destinations at other hosts', 'destinations that cannot be read']) {
        assert.deepEqual(await mistakes('staff', refusedToAnybody[what], [refused]), []);
      }
    });

    it('tells nothing of what is stricter by the properties of the folder above it', async () => {
      const answer = await send('anybody', 'PROPFIND', '/a/', { depth: '0' });
      assert.ok([207, refused].includes(statusOf(answer)), answer);
      assert.doesNotMatch(answer, /priv/);
    });

    for (const [who, method, path, more, there, gone] of allowed) {
      if (neverDone(way, more)) continue;
      it(`lets ${who} do it: ${method} ${path} ${more.to ?? ''} ${more.depth ?? ''}`, async () => {
        try {
          const answer = await send(who, method, path, more);
          assert.ok(statusOf(answer) >= 200 && statusOf(answer) < 300, answer);
          const names = Object.keys(tree());
          for (const name of there) assert.ok(names.includes(name), `${name} of ${names}`);
          for (const name of gone) assert.ok(!names.includes(name), `${name} of ${names}`);
          const unlocked = await unlock(who, path, answer);
          if (method === 'LOCK') assert.equal(statusOf(unlocked), 204);
        } finally {
          plant(site.workspace);
        }
      });
    }
  });
}
