// SPDX-License-Identifier: Apache-2.0
// What the program says of settings that cannot work, before it serves anybody.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, afterEach, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { freePort } from './support/http.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { Workspace } from './support/workspace.mjs';

const kExitConfiguration = 78;

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

describe('the program', () => {
  let workspace;
  beforeEach(() => {
    workspace = new Workspace();
    workspace.installProgram();
  });
  afterEach(() => workspace.remove());

  // Its exit status and the lines of its log.
  async function run(env = { ZITADEL_ENV_FILE: workspace.settingsFile }) {
    const program = new Process(workspace.program, [], { env, cwd: workspace.path('run') });
    const { code } = await program.exit();
    return { code, lines: program.output.split('\n').filter((line) => line.includes(' error: ')) };
  }

  async function refuses(settings, ...patterns) {
    writeSettings(workspace, issuer, settings);
    const { code, lines } = await run();
    assert.equal(code, kExitConfiguration, lines.join('\n'));
    for (const pattern of patterns) {
      assert.ok(lines.some((line) => pattern.test(line)), `${pattern} in:\n${lines.join('\n')}`);
    }
    assert.equal(lines.length, patterns.length, lines.join('\n'));
  }

  it('reports all mistakes together, one line each, and ends with status 78', async () => {
    await refuses({ ZITADEL_DOMAIN: undefined, ZITADEL_THREADS: 'many', ZITADEL_CACHE_TTL: '-1',
      ZITADEL_LOG_LEVEL: 'loud' },
    /ZITADEL_DOMAIN/, /ZITADEL_THREADS.*many/, /ZITADEL_CACHE_TTL.*-1/, /ZITADEL_LOG_LEVEL.*loud/);
  });

  it('refuses to start without any settings', async () => {
    const { code, lines } = await run({});
    assert.equal(code, kExitConfiguration);
    assert.ok(lines.some((line) => line.includes('ZITADEL_DOMAIN')), lines.join('\n'));
  });

  it('refuses a key file that others can read, with the command that mends it', async () => {
    const key = workspace.write('etc/open.json', readFileSync(issuer.files['api-key']), 0o644);
    await refuses({ API_PRIVATE_KEY_FILE_PATH: key }, new RegExp(`chmod .*${key}`));
  });

  it('names a service user\'s key as such', async () => {
    await refuses({ key: 'user-with-role' }, /API_PRIVATE_KEY_FILE_PATH.*service ?(user|account)/);
  });

  it('refuses http:// to other than this machine unless that is allowed', async () => {
    await refuses({ ZITADEL_DOMAIN: 'http://zitadel.example' }, /ZITADEL_DOMAIN.*https/);
  });

  it('names what is no instance, no project id, or in quotes', async () => {
    await refuses({ ZITADEL_DOMAIN: `${issuer.issuer}/ui/console`, ZITADEL_PROJECT_ID: 'my-shop',
      ZITADEL_REALM: '"mine"' },
    new RegExp(`ZITADEL_DOMAIN .* has a path, .* write ${issuer.issuer}$`),
    /ZITADEL_PROJECT_ID .*"my-shop", .*Resource Id/, /ZITADEL_REALM .* is in quotes/);
  });

  // What docker run --env-file makes of a line NAME="value".
  it('names the settings file itself where it is in quotes', async () => {
    const { code, lines } = await run({ ZITADEL_ENV_FILE: `"${workspace.settingsFile}"` });
    assert.equal(code, kExitConfiguration);
    assert.match(lines[0], /ZITADEL_ENV_FILE \(environment\) is in quotes/);
  });

  it('warns of a socket that others can connect to', async () => {
    writeSettings(workspace, issuer, { ZITADEL_PROJECT_ID: undefined });
    const lines = async (...address) => {
      const program = new Process('spawn-fcgi', ['-n', ...address, '--', workspace.program],
        { env: { ZITADEL_ENV_FILE: workspace.settingsFile }, cwd: workspace.path('run') });
      try {
        // By then SIGTERM ends it in order, with all that it has to say.
        await waitFor('a warning', () => program.output.includes('ZITADEL_PROJECT_ID is not set'));
      } finally {
        await program.stop();
      }
      return program.output.split('\n').filter((line) => line.includes('as if it were the web server'));
    };
    const open = await lines('-a', '127.0.0.1', '-p', String(await freePort()));
    assert.equal(open.length, 1, open.join('\n'));
    assert.match(open[0], / warn: every user of this machine can connect .*mode 0660/);
    assert.deepEqual(await lines('-s', workspace.path('run/a.socket'), '-M', '0660'), []);
  });

  it('never writes a secret into what it reports', async () => {
    writeSettings(workspace, issuer, { key: null, API_PRIVATE_KEY_FILE_PATH: undefined,
      ZITADEL_CLIENT_SECRET: 'secret-without-an-id', ZITADEL_THREADS: 'many' });
    const { code, lines } = await run();
    assert.equal(code, kExitConfiguration);
    assert.ok(lines.some((line) => line.includes('ZITADEL_CLIENT_ID')), lines.join('\n'));
    assert.ok(!lines.join('\n').includes('secret-without-an-id'));
  });
});
