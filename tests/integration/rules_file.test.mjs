// SPDX-License-Identifier: Apache-2.0
// A rules file that is written slowly, in whatever way, is never in force half-written, neither while the
// program runs nor when it starts.
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startIssuer } from '../issuer/client.mjs';
import { useApi } from './support/api.mjs';
import { waitFor } from './support/processes.mjs';

const limit = { timeout: 60_000 };
const way = 'lighttpd/authorizer.conf';
const kPause = 400; // milliseconds between two lines

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

const closed = '/ token\n';
// What the first line opens, the last ones close.
const lines = ['/ public\n', '/api token\n', '/apix token\n'];
const guarded = '/apix/private';
const opened = '/none.txt';

const withRules = (write, use) => useApi(way, issuer, {
  settings: (workspace) => ({ ZITADEL_RULES: workspace.path('etc/rules') }),
  prepare: (workspace) => { write(workspace); },
}, use);

const statusOf = async (api, path) => (await api.call(path)).status;
const isInForce = async (api) => await statusOf(api, opened) === 404;

async function appendSlowly(file) {
  for (const line of lines.slice(1)) {
    await sleep(kPause);
    appendFileSync(file, line);
  }
}

const ways = {
  'where it stands': async (file) => {
    writeFileSync(file, lines[0]);
    await appendSlowly(file);
  },
  'where it was emptied before': async (file) => {
    writeFileSync(file, '');
    await sleep(kPause);
    await ways['where it stands'](file);
  },
  'where the one before was renamed, as by an editor': async (file) => {
    renameSync(file, `${file}~`);
    await sleep(kPause);
    await ways['where it stands'](file);
  },
  'beside it, then renamed': async (file) => {
    await ways['where it stands'](`${file}.new`);
    renameSync(`${file}.new`, file);
  },
};

describe('a rules file written slowly', limit, () => {
  for (const [name, write] of Object.entries(ways)) {
    it(`${name} comes into force as a whole`, () => withRules(
      (workspace) => workspace.write('etc/rules', closed), async (api) => {
        assert.equal(await statusOf(api, opened), 401);
        let isOver = false;
        const writing = write(api.workspace.path('etc/rules')).finally(() => { isOver = true; });
        await waitFor('the rules to be in force', async () => {
          assert.equal(await statusOf(api, guarded), 401);
          const inForce = await isInForce(api);
          assert.ok(isOver || !inForce, 'a part of it is in force');
          return inForce;
        });
        await writing;
        assert.equal(await statusOf(api, guarded), 401);
      }));
  }

  it('while the program starts comes into force as a whole', async () => {
    let writing;
    await withRules((workspace) => {
      writing = appendSlowly(workspace.write('etc/rules', lines[0]));
    }, async (api) => {
      const answers = [await statusOf(api, guarded), await statusOf(api, opened)];
      await writing;
      assert.deepEqual(answers, [401, 404]);
    });
  });
});
