// SPDX-License-Identifier: Apache-2.0
// The demo, as `make demo` runs it once everything is installed and built.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { canConnect } from './support/http.mjs';
import { Process, waitFor } from './support/processes.mjs';
import { buildFolder, projectFolder } from './support/workspace.mjs';

function startDemo(env = {}) {
  return new Process('tests/demo.sh', [],
    { env: { BUILD_DIR: buildFolder, ...env }, user: {}, cwd: projectFolder });
}

describe('the demo', () => {
  it('shows twelve calls and ends with status 0 when told to end after them', async () => {
    const demo = startDemo({ ONCE: '1' });
    try {
      const { code } = await demo.exit({ timeoutMs: 60_000 });
      assert.equal(code, 0, demo.output);
      assert.match(demo.output, /^authorization demo-caller: made \(\d+\)\n.*\nDone\.\n\nWithout a token:/ms);
      const calls = demo.output.match(/^ {2}GET \/api\/\S+ +(200|401|403) +\{.*\}$/gm);
      assert.equal(calls.length, 12, demo.output);
    } finally {
      await demo.stop();
    }
  });

  it('fails when the program does not answer as it should', async () => {
    const demo = startDemo({ ONCE: '1', ZITADEL_REALM: '', ZITADEL_TIMEOUT_MS: 'soon' });
    try {
      const { code } = await demo.exit({ timeoutMs: 60_000 });
      assert.equal(code, 1, demo.output);
      assert.match(demo.output, /ZITADEL_TIMEOUT_MS/);
    } finally {
      await demo.stop();
    }
  });

  it('runs on, tells commands that work, and leaves nothing behind after Ctrl-C', async () => {
    const demo = startDemo();
    try {
      await waitFor('the demo to be ready', () => {
        assert.ok(!demo.hasExited, demo.output);
        return demo.output.includes('Ctrl-C ends the demo');
      }, { timeoutMs: 60_000 });

      const commands = demo.output.match(/^ {2}TOKEN=(.*\n)*? {2}curl .*private-scoped$/m)[0];
      const shell = new Process('/bin/bash', ['-ec', commands], { user: {}, cwd: projectFolder });
      assert.equal((await shell.exit({ timeoutMs: 30_000 })).code, 0, shell.output);
      assert.deepEqual(shell.output.match(/^HTTP\/1\.1 \d+/gm),
        ['HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200']);

      demo.signal('SIGINT');
      assert.equal((await demo.exit({ timeoutMs: 20_000 })).code, 0);
      for (const [, port] of demo.output.matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g)) {
        assert.equal(await canConnect({ port: Number(port) }), false, `port ${port}`);
      }
    } finally {
      await demo.stop();
    }
  });
});
