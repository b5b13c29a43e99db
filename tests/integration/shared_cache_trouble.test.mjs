// SPDX-License-Identifier: Apache-2.0
// What goes wrong with the folder that processes share: the program goes on without it.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync,
  writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { startApi } from './support/api.mjs';
import { callMany, fleets } from './support/fleets.mjs';
import { waitFor } from './support/processes.mjs';

let issuer;
before(async () => {
  issuer = await startIssuer();
  await issuer.settings({ assertions: 'reusable' });
});
after(() => issuer?.stop());

// prepare: makes the folder, a name in the workspace or elsewhere, and gives its path.
const badFolders = {
  'may not be written to': {
    prepare(workspace) {
      const folder = workspace.makeFolder('cache');
      chmodSync(folder, 0o500);
      return folder;
    },
    line: /its file buckets-\S+ cannot be opened: Permission denied/,
  },
  'belongs to somebody else': { prepare: () => '/proc', line: /belongs to another user/ },
  'is a link': {
    prepare(workspace) {
      symlinkSync(workspace.makeFolder('elsewhere'), workspace.path('cache'));
      return workspace.path('cache');
    },
    line: /is a link/,
  },
  'is a file': { prepare: (workspace) => workspace.write('cache', ''), line: /is not a folder/ },
  'is in a folder that does not exist': {
    prepare: (workspace) => workspace.path('missing/cache'), line: /cannot be made/,
  },
};

describe('a folder that', () => {
  for (const [what, { prepare, line }] of Object.entries(badFolders)) {
    it(`${what} is done without, which the log says once`, async () => {
      const api = await startApi('lighttpd/fastcgi.conf', issuer,
        { settings: (workspace) => ({ ZITADEL_CACHE_DIR: prepare(workspace) }) });
      try {
        const tokens = await issuer.mintMany(3);
        for (const token of tokens) {
          assert.deepEqual(await callMany(api, token, 8), { 200: 8 });
          assert.equal(await issuer.introspectionsOf(token), 1);
        }
        const lines = api.programLog().filter((text) => text.includes('going on without'));
        assert.equal(lines.length, 1, lines.join('\n'));
        assert.match(lines[0], /warn: going on without the shared cache in \//);
        assert.match(lines[0], line);
      } finally {
        await api.stop();
      }
    });
  }
});

describe('a store whose file', () => {
  const fleet = fleets['4 processes of spawn-fcgi'];
  let api;
  before(async () => {
    api = await fleet.start(issuer,
      (workspace) => ({ ZITADEL_CACHE_TTL: 600, ZITADEL_CACHE_DIR: workspace.path('cache') }));
  });
  after(() => api?.stop());

  function dataFile() {
    const folder = api.workspace.path('cache');
    const [name] = existsSync(folder) ? readdirSync(folder) : [];
    return name && join(folder, name);
  }

  async function fill() {
    for (const token of await issuer.mintMany(50)) await callMany(api, token, 1);
  }

  // Whether all processes know what one of them has learned just now.
  async function isShared() {
    const token = await issuer.mint();
    await fleet.each(api, async () => assert.deepEqual(await callMany(api, token, 1), { 200: 1 }));
    return await issuer.introspectionsOf(token) === 1;
  }

  // Once a second, each process that is asked looks whether its file is still there. Meanwhile they
  // share the one that was removed.
  const isSharedHere = async () => await isShared() && dataFile() !== undefined;

  const damages = {
    'is overwritten': (file) => writeFileSync(file, Buffer.alloc(statSync(file).size, 0xa5),
      { flag: 'r+' }),
    'is cut to nothing': (file) => truncateSync(file, 0),
    'is cut to a page': (file) => truncateSync(file, 4096),
    'is removed': (file) => rmSync(file),
    'is moved away with its folder': (file) =>
      renameSync(join(file, '..'), join(file, '../..', 'elsewhere')),
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`${what} while processes use it is used on or made anew, and nobody notices`, async () => {
      await fill();
      await waitFor('the store to be shared', isSharedHere);
      const pids = api.program.process.members.map(({ pid }) => pid);
      damage(dataFile());
      for (const token of await issuer.mintMany(20)) {
        assert.deepEqual(await callMany(api, token, 8), { 200: 8 });
      }
      await waitFor('the store to be shared again', isSharedHere);
      assert.deepEqual(api.programLog().filter((line) => line.includes('going on without')), []);
      for (const member of api.program.process.members) assert.ok(!member.hasExited);
      assert.deepEqual(api.program.process.members.map(({ pid }) => pid), pids);
    });
  }
});
