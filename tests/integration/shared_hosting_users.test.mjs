// SPDX-License-Identifier: Apache-2.0
// Shared hosting as most hosts have it: the customer is another user than the web server, which starts
// the customer's programs by suexec. What README.md says is done to the letter, with its modes.
import assert from 'node:assert/strict';
import { renameSync, statSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { SharedHost, blocks, customer, program, section, whyNoSharedHost } from './support/shared_host.mjs';

const steps = '2. Upload';
const tryIt = '4. Try it';
const guard = 'Protect what is there already';
const skip = whyNoSharedHost();
const limit = { timeout: 120_000, skip };

let issuer;
before(async () => { issuer = await startIssuer({ assertions: 'reusable' }); });
after(() => issuer?.stop());

// prepare: what the customer does before Apache is started.
async function withHost({ way, prepare, ...options }, use) {
  const host = new SharedHost(issuer, way);
  try {
    prepare(host);
    await host.start(options);
    return await use(host);
  } finally {
    await host.stop();
  }
}

const goodToken = () => issuer.mint({ user: 'with-role' });

// The lines of the program alone, of which customers see none in the host's own log.
const programLines = (text) => text.split('\n').filter((line) => line.includes('zitadel-fcgi['));

function assertIsTheCustomersAlone(host, names) {
  for (const name of names) {
    assert.ok(host.canRead('nobody', name), `${name} cannot be read by its owner`);
    for (const user of ['www-data', 'games']) {
      assert.ok(!host.canRead(user, name), `${name} can be read by ${user}`);
    }
  }
}

for (const way of ['fcgid.htaccess', 'cgi.htaccess']) {
  describe(`steps 1 to 4 with ${way}`, limit, () => {
    const prepare = (host) => host.upload(steps);

    it('work with the modes of the table', () => withHost({ way, prepare }, async (host) => {
      await host.tryAsTold(tryIt, await goodToken());
      assert.equal((await host.call('/api/private-scoped', { token: await goodToken() })).status, 200);
      const refused = await issuer.mint({ user: 'without-role' });
      assert.equal((await host.call('/api/private-scoped', { token: refused })).status, 403);
    }));

    it('let the customer alone read settings, key and log, which the program makes', () =>
      withHost({ way, prepare }, async (host) => {
        await issuer.fault('server-error');
        try {
          assert.equal((await host.call('/api/private', { token: await goodToken() })).status, 503);
        } finally {
          await issuer.clearFaults();
        }
        assert.match(host.log(), /^\d{4}-\S+Z zitadel-fcgi\[\d+\] warn: .*\(5xx\)/m);
        assert.deepEqual(programLines(host.server.log()), []);
        const log = statSync(host.path('/home/you/zitadel/api.log'));
        assert.deepEqual([log.uid, log.mode & 0o7777], [customer.uid, 0o600]);
        assertIsTheCustomersAlone(host, ['/home/you/zitadel/', '/home/you/zitadel/.env',
          '/home/you/zitadel/api-key.json', '/home/you/zitadel/api.log',
          '/home/you/public_html/api/api.env']);
      }));

    it('tell the customer of a mistake in the settings', () => withHost({ way,
      prepare: (host) => { host.settings += 'ZITADEL_TIMEOUT_MS=5s\n'; host.upload(steps); } },
    async (host) => {
      assert.equal((await host.call('/api/public')).status, 500);
      assert.match(host.log(), /error: ZITADEL_TIMEOUT_MS \(\/home\/you\/zitadel\/\.env, line 6\)/);
    }));

    it('refuse a log that the web server would show', () => withHost({ way,
      prepare: (host) => {
        host.settings = host.settings.replace('=api.log', '=../public_html/api.log');
        host.upload(steps);
      } },
    async (host) => {
      assert.equal((await host.call('/api/public')).status, 500);
      assert.match(host.server.log(), /ZITADEL_LOG_FILE .* lies below \/home\/you\/public_html, which/);
      assert.throws(() => statSync(host.path('/home/you/public_html/api.log')), /ENOENT/);
    }));
  });
}

const whenNot = section('When it does not work');

describe('what suexec does not start', limit, () => {
  for (const way of ['fcgid.htaccess', 'cgi.htaccess']) {
    it(`is 500 with ${way}, and the error log says what README.md tells of`, () => withHost({ way,
      prepare: (host) => {
        host.upload(steps);
        host.makeFolder('/home/you/public_html/api', 0o775);
      } },
    async (host) => {
      assert.equal((await host.call('/api/public')).status, 500);
      await host.server.waitForLog(/suexec policy violation/);
      assert.match(whenNot, /`suexec policy violation`/);
    }));
  }
});

describe('step 3', limit, () => {
  it('says what SetEnv does not do under suexec', () => withHost({ way: 'cgi.htaccess',
    prepare: (host) => {
      host.upload(steps);
      assert.match(section('3. Tell the program where its settings are'), /suexec\ntakes it out/);
      host.write('/home/you/public_html/api/api.env', '# nothing\nZITADEL_ENV_FILE=/home/you/none\n');
      host.write('/home/you/public_html/api/.htaccess',
        'Options +ExecCGI\nSetHandler cgi-script\nSetEnv ZITADEL_ENV_FILE /home/you/zitadel/.env\n');
    } },
  async (host) => {
    assert.equal((await host.call('/api/api.fcgi/public')).status, 500);
    assert.match(host.server.log(), /"\/home\/you\/none", cannot be opened/);
  }));
});

describe('replacing the program', limit, () => {
  it('makes new processes, which begin a new log', () => withHost({ prepare: (host) => {
    host.settings += 'ZITADEL_LOG_LEVEL=debug\n';
    host.upload(steps);
  } }, async (host) => {
    // Each token is told of once.
    const refuse = async (token) => assert.equal(
      (await host.call('/api/private', { token })).status, 401);
    await refuse('one');
    assert.match(host.log(), /calls a token inactive/);
    const log = host.path('/home/you/zitadel/api.log');
    renameSync(log, `${log}.old`);
    await refuse('two');
    assert.equal(host.log(), '');
    const folder = '/home/you/public_html/api';
    host.write(`${folder}/api.new`, program(), 0o755);
    renameSync(host.path(`${folder}/api.new`), host.path(`${folder}/api.fcgi`));
    await refuse('three');
    assert.match(host.log(), /calls a token inactive/);
  }));
});

describe('the guard', limit, () => {
  const rules = '/ token\n/open.html public\n/api/ public\n';

  // mode: of the folder of settings and program, in the place of the table's.
  const prepared = (mode) => (host) => {
    host.upload(steps);
    host.settings += blocks(section(guard))[0];
    host.write('/home/you/zitadel/.env', host.settings, 0o600);
    host.upload(guard, { rules });
    for (const name of ['page.html', 'open.html', '.env', '.env~', '#api.env#', 'api.env.swp']) {
      host.write(`/home/you/public_html/${name}`, `the file ${name}`);
    }
    if (mode !== undefined) host.makeFolder('/home/you/zitadel/', mode);
  };

  it('works with the modes of the table', () => withHost({ prepare: prepared() }, async (host) => {
    const token = await goodToken();
    await host.tryAsTold(guard, token);
    assert.equal((await host.call('/page.html', { token })).body, 'the file page.html');
    assert.equal((await host.call('/open.html')).status, 200);
    assert.equal((await host.call('/page.html', { token: 'made-up' })).status, 401);
    for (const name of ['.env', '.env~', '%23api.env%23', 'api.env.swp', '.htaccess']) {
      assert.equal((await host.call(`/${name}`, { token })).status, 403, name);
    }
    await host.tryAsTold(tryIt, token); // the API, further down
  }));

  it('lets the customer alone read settings, key, rules and log', () =>
    withHost({ prepare: prepared() }, async (host) => {
      assert.equal((await host.call('/page.html', { token: await goodToken() })).status, 200);
      assertIsTheCustomersAlone(host, ['/home/you/zitadel/', ...['.env', 'api-key.json', 'api.env',
        'rules', 'api.log', 'cache/'].map((name) => `/home/you/zitadel/${name}`)]);
    }));

  it('answers 500 to all, and says why, where Apache cannot find the program', () =>
    withHost({ prepare: prepared(0o700) }, async (host) => {
      assert.equal((await host.call('/open.html')).status, 500);
      assert.match(host.server.log(), /access checker.*\n?.*Permission denied/i);
      assert.match(whenNot, /`access checker`, `Permission denied`/);
    }));

  // As README.md says there.
  it('works with the program of step 2 where the host lets programs lie in the document root alone', () =>
    withHost({ prepare: (host) => {
      prepared()(host);
      host.letProgramsLieBelow('/home/you/public_html');
    } }, async (host) => {
      const token = await goodToken();
      assert.equal((await host.call('/page.html', { token })).status, 500);
      await host.server.waitForLog(/suexec policy violation/);
      assert.match(whenNot, /put the program of `protect.htaccess` beside that of step 2/);
      host.replaceInHtaccess('/home/you/zitadel/api.fcgi', '/home/you/public_html/api/api.fcgi');
      await host.tryAsTold(guard, token);
      await host.tryAsTold(tryIt, token);
    }));
});
