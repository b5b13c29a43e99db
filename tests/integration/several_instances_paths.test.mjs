// SPDX-License-Identifier: Apache-2.0
// Several instances by path: which section is in charge, and that nothing of one is shown to, or written by,
// a token of another, however the path is written.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { guards, startApi, ways } from './support/api.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { hostileTargets, sendTarget } from './support/hostile_targets.mjs';
import { bodyOverHttp2, statusOf } from './support/http.mjs';
import { common, instance, realmOf, sectioned, startHosts, startIssuers } from './support/instances.mjs';
import { forEachOf } from './support/together.mjs';
import { bodies } from './support/webdav_requests.mjs';

const limit = { timeout: 180_000 };

// The instances, by what they are in charge of here.
const owners = ['top', 'staff', 'open'];
const issuers = {};
const tokens = { nobody: undefined };
before(async () => {
  const started = await startIssuers(owners.length);
  for (const [i, owner] of owners.entries()) {
    issuers[owner] = started[i];
    tokens[owner] = await started[i].mint();
  }
});
after(() => Promise.all(Object.values(issuers).map((each) => each.stop())));

// sections: the owner by the places. ownMore: further settings by the owner.
const settingsFor = (sections, ownMore = {}) => (workspace) => sectioned(
  { ...common, ZITADEL_RULES: 'rules', ...instance(workspace, issuers.top, 'top', ownMore.top) },
  Object.fromEntries(Object.entries(sections).map(([places, owner]) =>
    [places, instance(workspace, issuers[owner], owner, ownMore[owner])])));

const ownerOf = (path) => path.toLowerCase().match(/^\/(staff|open)(?=\/|$)/)?.[1] ?? 'top';

// A file's path as others may read it: without parameters, and as on Windows.
const readingsOf = (file) => {
  const plain = file.replace(/;[^/]*/g, '');
  return [file, plain, plain.replace(/([^/. ])[. ]+(?=\/|$)/g, '$1')];
};

const over = {
  'HTTP/1.1': ({ port }, target, token) => sendTarget(port, target, { token }),
  'HTTP/2': ({ http2Port }, target, token) => bodyOverHttp2(http2Port, { ':path': target,
    ':authority': 'localhost', ...(token !== undefined && { authorization: `Bearer ${token}` }) }),
};

// Of the targets, many of which only look strange.
const kLeastServed = { top: 5, staff: 5, open: 5 };

for (const way of Object.keys(guards)) {
  describe(`${way}, sections by path`, limit, () => {
    let site;
    before(async () => {
      site = await startGuardedSite(way, issuers.top, { rules: '/ token\n',
        settings: settingsFor({ '/staff': 'staff', '/open': 'open' }) });
    });
    after(() => site?.stop());

    it('each path is for the token of its section alone', async () => {
      for (const [path, owner] of [['/file.txt', 'top'], ['/staff/file.txt', 'staff'], ['/open/file.txt', 'open'],
        ['/staff/in/file.txt', 'staff'], ['/Staff/file.txt', 'staff'], ['/Open/file.txt', 'open'], ['/none.txt', 'top']]) {
        for (const who of ['nobody', ...owners]) {
          const answer = await site.call(path, { token: tokens[who] });
          const served = path === '/none.txt' ? 404 : 200;
          assert.equal(answer.status, who === owner ? served : 401, `${path} to ${who}`);
          if (answer.status === 401) assert.equal(realmOf(answer), owner, path);
        }
      }
    });

    for (const [version, send] of Object.entries(over)) {
      if (version === 'HTTP/2' && way.startsWith('apache/')) continue;
      it(`none of ${hostileTargets.length} targets shows anything of another section over ${version}`, async () => {
        const counts = { nobody: 0, top: 0, staff: 0, open: 0 };
        const leaks = [];
        await forEachOf(hostileTargets, async (target) => {
          for (const who of ['nobody', ...owners]) {
            const file = (await send(site.server, target, tokens[who])).match(/^the file (.*)$/m)?.[1];
            if (file === undefined) continue;
            counts[who] += 1;
            if (readingsOf(file).some((path) => ownerOf(path) !== who)) {
              leaks.push(`${file} to ${who}: ${JSON.stringify(target)}`);
            }
          }
        });
        assert.deepEqual(leaks, []);
        for (const [who, least] of Object.entries(kLeastServed)) {
          assert.ok(counts[who] >= least, `only ${counts[who]} were served to ${who}`);
        }
      });
    }

    it('a header that names another path counts as well', async () => {
      const rows = [
        ['/file.txt', '/staff/file.txt'], ['/staff/file.txt', '/file.txt'], ['/staff/file.txt', '/open/file.txt'],
        ['/file.txt', '/STAFF/file.txt'], ['/file.txt', '//staff/file.txt'], ['/file.txt', '/%73taff/file.txt'],
        ['/file.txt', '/open/../staff/file.txt'], ['/file.txt', 'http://localhost/staff/file.txt'],
        ['/file.txt', '/staff;x/file.txt'], ['/staff/file.txt', '/staff/../file.txt'],
      ];
      for (const name of ['X-Original-URL', 'X-Rewrite-URL']) {
        for (const [path, other] of rows) {
          for (const who of ['nobody', ...owners]) {
            const answer = await site.call(path, { token: tokens[who], headers: { [name]: other } });
            assert.equal(answer.status, guards[way].refusals[403], `${path} with ${name}: ${other} to ${who}`);
          }
        }
        const answer = await site.call('/staff/file.txt', { token: tokens.staff, headers: { [name]: '/staff/in/file.txt' } });
        assert.equal(answer.status, 200);
      }
    });
  });
}

describe('a section with ZITADEL_MODE=report', limit, () => {
  for (const way of Object.keys(guards)) {
    it(`opens itself and nothing of the others behind ${way}`, async () => {
      const site = await startGuardedSite(way, issuers.top, { rules: '/ token\n',
        settings: settingsFor({ '/staff': 'staff', '/open': 'open' }, { open: { ZITADEL_MODE: 'report' } }) });
      try {
        const leaks = [];
        let served = 0;
        await forEachOf(hostileTargets, async (target) => {
          const file = (await sendTarget(site.server.port, target)).match(/^the file (.*)$/m)?.[1];
          if (file === undefined) return;
          served += 1;
          if (readingsOf(file).some((path) => ownerOf(path) !== 'open')) leaks.push(`${file}: ${JSON.stringify(target)}`);
        });
        assert.deepEqual(leaks, []);
        assert.ok(served >= kLeastServed.open, `${served}`);
        assert.equal((await site.call('/open/file.txt', { headers: { 'X-Original-URL': '/staff/file.txt' } })).status, guards[way].refusals[403]);
      } finally {
        await site.stop();
      }
    });
  }

  it('leaves one that says "enforce" alone where it stands before the sections', async () => {
    const settings = settingsFor({ '/staff': 'staff', '/open': 'open' }, { top: { ZITADEL_MODE: 'report' },
      staff: { ZITADEL_MODE: 'enforce' }, open: { ZITADEL_MODE: '' } });
    const site = await startGuardedSite('nginx/auth_request.conf', issuers.top, { rules: '/ token\n', settings });
    try {
      for (const [path, status] of [['/file.txt', 200], ['/staff/file.txt', 401], ['/open/file.txt', 401]]) {
        assert.equal((await site.call(path)).status, status, path);
      }
    } finally {
      await site.stop();
    }
  });
});

// The hostile targets, made of the endpoints' names.
const endpointTargets = [...hostileTargets.map((target) => target
  .replace(/^((?:https?:\/\/[^/]*)?)\//i, '$1/api/').replaceAll('staff/file.txt', 'private')
  .replaceAll('open/file.txt', 'private-scoped').replaceAll('file.txt', 'private-scoped')),
'/api/private', '/api/private-scoped', '/api/private/', '/api/private?x=/api/private-scoped', '/api/private-scoped#/private',
'/api/private/../private-scoped', '/api/private-scoped/../private', '/api/public/../private', '/api/x/../private',
'/x/../api/private', '/./api/private', '//api/private', '/api//private', '/api/./private', '/api/PRIVATE', '/API/private',
'/API/PRIVATE', '/api/%70rivate', '/%61pi/private', '/api%2fprivate', '/api/private%2f', '/api/private%20', '/api/private.',
'/api/private%00', '/api/private;x', '/api;x/private', '/api/;/private', '/api/private-scoped;/../private',
'/api/..;/api/private', '/api/private%3b', '/api/private/%2e%2e/private-scoped', '/api/%2e/private', '/api\\private',
'/api/private\\..\\private-scoped', '/api/private-scoped/..%2fprivate', '/api/private/..%2fprivate-scoped'];

for (const way of Object.keys(ways)) {
  it(`${way}: an endpoint below a section is for its tokens alone, however it is named`, limit, async () => {
    const api = await startApi(way, issuers.top, { settings: settingsFor({ '/api/private': 'staff' }),
      prepare: (workspace) => { workspace.write('etc/rules', '/ token\n'); } });
    try {
      const counts = { staff: 0, top: 0 };
      const leaks = [];
      // Under plain CGI each costs a process.
      const targets = way === 'apache/cgi.conf' ? endpointTargets.slice(-40) : endpointTargets;
      await forEachOf(targets, async (target) => {
        for (const who of ['nobody', 'top', 'staff']) {
          const answer = await over['HTTP/1.1'](api.server, target, tokens[who]);
          const [, word] = answer.match(/Private route - You need to be authenticated (and|to) /) ?? [];
          if (word === undefined) continue;
          const owner = word === 'and' ? 'top' : 'staff';
          if (owner === who) counts[who] += 1;
          else leaks.push(`${owner}'s to ${who}: ${JSON.stringify(target)}`);
        }
      }, { atOnce: 8 });
      assert.deepEqual(leaks, []);
      assert.ok(counts.staff >= 1 && counts.top >= 1, JSON.stringify(counts));
    } finally {
      await api.stop();
    }
  });
}

describe('the section in charge', limit, () => {
  const hosts = ['one.example', 'two.example', 'three.example', 'other.example'];
  const sections = ['one.example', 'one.example/shop two.example/shop/deep', '/shop', '/shop/deep', 'three.example'];
  // [host, path, section]; "" is what stands before the first.
  const rows = [
    ['one.example', '/x', 'one.example'], ['one.example', '/', 'one.example'],
    ['one.example', '/shop', 'one.example/shop two.example/shop/deep'],
    ['one.example', '/shop/', 'one.example/shop two.example/shop/deep'],
    ['one.example', '/shop/x', 'one.example/shop two.example/shop/deep'],
    ['one.example', '/SHOP/x', 'one.example/shop two.example/shop/deep'],
    ['ONE.example', '/Shop/x', 'one.example/shop two.example/shop/deep'],
    ['one.example', '/shop/deep/x', 'one.example/shop two.example/shop/deep'],
    ['one.example', '/shopx', 'one.example'], ['one.example', '/x/shop', 'one.example'],
    ['one.example', '/sho', 'one.example'], ['one.example', '/shop?x', 'one.example/shop two.example/shop/deep'],
    ['one.example', '/x?/shop', 'one.example'],
    ['two.example', '/', ''], ['two.example', '/shop/x', '/shop'], ['two.example', '/shop/deepx', '/shop'],
    ['two.example', '/shop/deep', 'one.example/shop two.example/shop/deep'],
    ['two.example', '/shop/deep/x', 'one.example/shop two.example/shop/deep'],
    ['other.example', '/x', ''], ['other.example', '/shop', '/shop'], ['other.example', '/shop/deep/x', '/shop/deep'],
    ['other.example', '/shop/x/deep', '/shop'], ['nobody.example', '/shop/x', '/shop'], ['nobody.example', '/', ''],
    ['three.example', '/shop/x', 'three.example'], ['three.example', '/shop/deep/x', 'three.example'],
  ];
  const nameOf = (section) => `s${sections.indexOf(section)}`;
  const settings = (workspace) => sectioned(
    { ...common, ZITADEL_RULES: 'rules', ...instance(workspace, issuers.top, 's-1') },
    Object.fromEntries(sections.map((section) => [section, instance(workspace, issuers.staff, nameOf(section))])));

  for (const way of ['nginx/auth_request.conf', 'lighttpd/authorizer.conf', 'apache/authnz_fcgi.conf']) {
    it(`is the one with the host, then the one with the longest path, behind ${way}`, async () => {
      const site = await startHosts(way, Object.values(issuers), { hosts, settings });
      try {
        for (const [host, path, section] of rows) {
          assert.equal(realmOf(await site.call(path, { host })), nameOf(section), `${host}${path}`);
        }
      } finally {
        await site.stop();
      }
    });
  }
});

// What lies where, for requests of WebDAV.
const planted = ['pub/p.txt', 'pub/tree/t.txt', 'staff/s.txt', 'staff/deep/d.txt', 'a/f.txt', 'a/priv/k.txt', 'open/o.txt'];

function plant(workspace, folder) {
  execFileSync('rm', ['-rf', workspace.path(folder)]);
  for (const name of planted) {
    const parts = name.split('/').slice(0, -1);
    [folder, ...parts].forEach((_, i) => workspace.ensureFolder([folder, ...parts.slice(0, i)].join('/')));
    workspace.ensureFolder([folder, ...parts].join('/'));
    workspace.write(`${folder}/${name}`, `the file ${name}\n`);
  }
}

// All files and folders, with what is in them.
function treeOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).map((each) => {
    const path = join(each.path, each.name);
    return each.isDirectory() ? `${path}/` : `${path}: ${readFileSync(path, 'utf8')}`;
  }).filter((line) => !line.includes('.DAV')).sort();
}

const davWays = {
  'nginx/auth_request.conf': {
    server: { modules: ['http_dav_ext'], http: 'dav_ext_lock_zone zone=locks:1m;' },
    further: () => `dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;
      dav_ext_lock zone=locks; create_full_put_path on;`,
  },
  'apache/authnz_fcgi.conf': { site: apacheDav },
  'apache/fcgid_access_checker.conf': { site: apacheDav },
};

function apacheDav(workspace) {
  return `
LoadModule dav_module /usr/lib/apache2/modules/mod_dav.so
LoadModule dav_fs_module /usr/lib/apache2/modules/mod_dav_fs.so
DavLockDB "${workspace.path('run/locks')}"
<Location "/">
  Dav On
  DavDepthInfinity On
</Location>
`;
}

// [method, path, { to, depth, more, body }], of who has a token of what is in charge of the path, or of the other end.
const crossing = [
  ['COPY', '/pub/p.txt', { to: '/staff/new.txt' }], ['MOVE', '/pub/p.txt', { to: '/staff/new.txt' }],
  ['COPY', '/pub/p.txt', { to: '/staff/s.txt' }], ['COPY', '/staff/s.txt', { to: '/pub/s.txt' }],
  ['MOVE', '/staff/s.txt', { to: '/pub/s.txt' }], ['COPY', '/staff/s.txt', { to: '/open/s.txt' }],
  ['COPY', '/pub/p.txt', { to: '/STAFF/new.txt' }], ['COPY', '/pub/p.txt', { to: '/%73taff/new.txt' }],
  ['COPY', '/pub/p.txt', { to: '/pub/../staff/new.txt' }], ['COPY', '/pub/p.txt', { to: '//staff/new.txt' }],
  ['COPY', '/pub/p.txt', { to: '/staff;x/new.txt' }], ['COPY', '/pub/p.txt', { to: '/staff' }],
  ['COPY', '/pub/tree/', { to: '/staff/tree/' }], ['MOVE', '/pub/tree/', { to: '/staff/tree/' }],
  ['COPY', '/pub/tree/', { to: '/staff/' }], ['MOVE', '/pub/tree/', { to: '/' }], ['COPY', '/pub/tree/', { to: '/' }],
  ['COPY', '/pub/tree/', { to: '/a/' }], ['MOVE', '/pub/p.txt', { to: '/a' }], ['MOVE', '/a/', { to: '/pub/a/' }],
  ['COPY', '/a/', { to: '/pub/a/' }], ['COPY', '/a/', { to: '/pub/a/', depth: '0' }], ['MOVE', '/', { to: '/b/' }],
  ['MOVE', '/staff/', { to: '/pub/staff/' }], ['MOVE', '/staff/', { to: '/staff2/' }], ['MOVE', '/a/priv/', { to: '/a/p2/' }],
  ['DELETE', '/', {}], ['DELETE', '/a/', {}], ['DELETE', '/a', {}], ['DELETE', '/A/', {}], ['DELETE', '/a/./', {}], ['DELETE', '//', {}],
  ['PROPFIND', '/', { depth: 'infinity' }], ['PROPFIND', '/', { depth: '1' }], ['PROPFIND', '/', {}],
  ['PROPFIND', '/a/', { depth: 'infinity' }], ['PROPFIND', '/a/', { depth: '1' }], ['PROPFIND', '/a/', { depth: '0, infinity' }],
  ['LOCK', '/a/', { depth: 'infinity', body: 'lock' }], ['LOCK', '/', { body: 'lock' }],
  ['POST', '/a/', { more: 'X-HTTP-Method-Override: DELETE\r\n' }], ['POST', '/', { more: 'X-HTTP-Method: DELETE\r\n' }],
  ['POST', '/a/?_method=DELETE', {}], ['COPY', '/pub/p.txt', { to: ['http://HOST/pub/q.txt', 'http://HOST/staff/q.txt'] }],
  ['COPY', '/pub/p.txt', { to: ['http://two.example/pub/q.txt'] }], ['COPY', '/pub/p.txt', { to: ['http://nobody.example/staff/q.txt'] }],
];

// [who, method, path, options, what is there afterwards, what is not]
const within = [
  ['top', 'COPY', '/pub/p.txt', { to: '/pub/q.txt' }, 'pub/q.txt'],
  ['top', 'COPY', '/pub/p.txt', { to: '/staff2.txt' }, 'staff2.txt'],
  ['top', 'MOVE', '/pub/', { to: '/pub2/' }, 'pub2/tree/t.txt', 'pub/'],
  ['top', 'DELETE', '/pub/', {}, 'a/', 'pub/'],
  ['staff', 'COPY', '/staff/s.txt', { to: '/staff/q.txt' }, 'staff/q.txt'],
  ['staff', 'COPY', '/a/priv/k.txt', { to: '/a/priv/q.txt' }, 'a/priv/q.txt'],
  ['staff', 'DELETE', '/staff/deep/', {}, 'staff/s.txt', 'staff/deep/'],
  ['staff', 'DELETE', '/staff/', {}, 'pub/p.txt', 'staff/'],
  ['staff', 'PUT', '/staff/new.txt', { body: 'x' }, 'staff/new.txt'],
  ['top', 'PROPFIND', '/pub/', { depth: '1' }, 'pub/p.txt'],
  ['staff', 'PROPFIND', '/staff/', { depth: '1' }, 'staff/s.txt'],
];

for (const [way, { site = () => '', further, server }] of Object.entries(davWays)) {
  describe(`${way}, WebDAV across sections`, limit, () => {
    const host = 'other.example';
    let api;
    let folder;
    before(async () => {
      api = await startHosts(way, Object.values(issuers), { site, further, server, rules: '/ token\n',
        settings: settingsFor({ '/staff /a/priv': 'staff', '/open': 'open', 'two.example': 'open' }) });
      for (const name of ['www-other.example', 'www-two.example']) plant(api.workspace, name);
      folder = (name) => api.workspace.path(`www-${name}`);
    });
    after(() => api?.stop());

    const refused = guards[way].refusals[403];
    const send = (who, method, path, { to, depth, more = '', body = '' }, at = host) => {
      const destinations = to === undefined ? [] : typeof to === 'string' ? [`http://HOST${to}`] : to;
      const content = bodies[body] ?? body;
      return sendTarget(api.server.port, path, { method, token: tokens[who], host: `${at}:${api.server.port}`,
        headers: destinations.map((url) => `Destination: ${url}\r\n`.replaceAll('HOST', `${at}:${api.server.port}`)).join('') +
          (depth === undefined ? '' : `Depth: ${depth}\r\n`) + `${more}Content-Length: ${content.length}\r\n`, body: content });
    };

    it('nothing goes from one into another, nor acts upon one from above', async () => {
      const before = treeOf(folder(host));
      const wrong = [];
      for (const row of crossing) {
        for (const who of ['nobody', ...owners]) {
          const answer = await send(who, ...row);
          const says = JSON.stringify([who, ...row]);
          if (![refused, 401].includes(statusOf(answer))) wrong.push(`${says}: ${statusOf(answer)}`);
          if (who === 'top' && !/staff|priv/i.test(row[1]) && statusOf(answer) !== refused) wrong.push(`${says}: ${statusOf(answer)}, not ${refused}`);
          if (/the file|s\.txt|priv/.test(answer.replace(/<address>.*/s, ''))) wrong.push(`${says}: tells what is there`);
          const after = treeOf(folder(host));
          if (after.join() === before.join()) continue;
          wrong.push(`${says}: changed something`);
          plant(api.workspace, `www-${host}`);
        }
      }
      assert.deepEqual(wrong, []);
    });

    for (const [who, method, path, options, there, gone] of within) {
      it(`lets ${who} do it within: ${method} ${path} ${options.to ?? ''}`, async () => {
        try {
          const answer = await send(who, method, path, options);
          assert.ok(statusOf(answer) >= 200 && statusOf(answer) < 300, answer);
          assert.ok(existsSync(join(folder(host), there)), answer);
          if (gone !== undefined) assert.ok(!existsSync(join(folder(host), gone)), gone);
        } finally {
          plant(api.workspace, `www-${host}`);
        }
      });
    }

    it('where a host has a section, no path of another one begins below it', async () => {
      try {
        const answers = [await send('open', 'COPY', '/pub/p.txt', { to: '/staff/new.txt' }, 'two.example'),
          await send('open', 'DELETE', '/a/', {}, 'two.example')];
        for (const answer of answers) assert.ok(statusOf(answer) >= 200 && statusOf(answer) < 300, answer);
        assert.ok(existsSync(join(folder('two.example'), 'staff/new.txt')));
        assert.ok(!existsSync(join(folder('two.example'), 'a')));
      } finally {
        plant(api.workspace, 'www-two.example');
      }
    });
  });
}
