// SPDX-License-Identifier: Apache-2.0
// zitadel-setup on a terminal, where it says what it is doing and asks, and elsewhere.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';

import { cleanEnvironment, waitFor } from './support/processes.mjs';
import { issuer, program, setUp, useSetUp } from './support/setup.mjs';

useSetUp();

const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

// Runs it on a terminal of its own, at which `type` is called with what is shown so far and a
// function that types. Resolves with its exit status and all that it has sent to the terminal.
async function onTerminal(options, type, { TERM = 'xterm' } = {}) {
  const line = [program, ...setUp.arguments(options)].map(quoted).join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'],
    { env: cleanEnvironment({ TERM }), stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let sent = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { sent += text; });
  await type?.(() => sent, (text) => child.stdin.write(text));
  const [status] = await ended;
  return { status, sent };
}

const question = /\nDo this\? \[y\/N\] $/;
const answering = (answer) => async (sent, write) => {
  await waitFor('the question', () => question.test(sent()));
  write(answer);
};

// What can be read there in the end: a line that is wiped makes way for the next one.
const readable = (sent) => sent.split('\r\n').map((line) => line.replace(/^.*\r\x1b\[K/, ''));

const steps = ['project', 'role', 'application', 'application key', 'service user',
  'service user\'s key', 'authorization'];

describe('on a terminal', () => {
  it('it asks, shows each step while it goes on, and leaves a line for each', async () => {
    const { status, sent } = await onTerminal({ yes: undefined }, answering('y\n'));
    assert.equal(status, 0, sent);
    for (const step of steps) assert.ok(sent.includes(`\n${step} …\r\x1b[K${step} `), `${step} in ${sent}`);
    const lines = readable(sent);
    assert.doesNotMatch(lines.join('\n'), /[\x00-\x09\x0b-\x1f\x7f]|…/);
    const asked = lines.indexOf('Do this? [y/N] y');
    assert.deepEqual(lines.slice(asked + 1, asked + 9).map((line) => line.replace(/ \(\d+\)$/, '')), [
      `project ${setUp.options.project}: made`, 'role read:messages: made', 'application api: made',
      `application key ${setUp.dir}/api-key.json: made`, `service user ${setUp.options.serviceUser}: made`,
      `service user's key ${setUp.dir}/user.json: made`, `authorization ${setUp.options.serviceUser}: made`,
      `settings ${setUp.dir}/api.env: written`]);
    assert.equal(lines[asked + 9], 'Done.');
    await setUp.assertComplete();
  });

  it('nothing that it wipes is longer than a line of an old terminal', async () => {
    setUp.options.project = 'p'.repeat(200);
    const { status, sent } = await onTerminal();
    assert.equal(status, 0, sent);
    for (const [, wiped] of sent.matchAll(/\n([^\n]*)\r\x1b\[K/g)) assert.ok(wiped.length < 40, wiped);
  });

  it('what goes wrong has a line of its own', async () => {
    await issuer.fault({ on: 'management', nth: 12, status: 500, body: 'no' });
    const { status, sent } = await onTerminal();
    assert.equal(status, 1);
    assert.match(sent, /\n[a-z]+ …\r\nzitadel-setup: the [^\r\n]+\r\n$/);
  });

  it('nothing is done where the answer is none, its end, or Ctrl-C', async () => {
    await issuer.resetCounters();
    for (const [answer, told] of [['\n', /the answer was not y/], ['yo\n', /the answer was not y/], ['\x04', /the answer was not y/],
      ['\x03', /\^C/]]) {
      const { status, sent } = await onTerminal({ yes: undefined }, answering(answer));
      assert.notEqual(status, 0, sent);
      assert.match(sent, told);
      if (answer !== '\x03') assert.match(sent, /\[y\/N\] (yo)?\r\nzitadel-setup: nothing was changed/);
    }
    assert.equal((await issuer.management()).changes, 0);
    assert.deepEqual(setUp.files(), []);
  });

  it('a token is asked for, and is not shown where it is typed', async () => {
    const { status, sent } = await onTerminal({ adminTokenFile: '-' }, async (seen, write) => {
      await waitFor('the question', () => seen() === 'The administrator\'s token (it is not shown): ');
      write(`${issuer.readToken('admin')}\n`);
    });
    assert.equal(status, 0, sent);
    assert.match(sent, /shown\): \r\nwhat +name +plan\r\n/);
    assert.ok(!sent.includes(issuer.readToken('admin').slice(0, 20)));
  });
});

describe('elsewhere', () => {
  it('lines are plain, as on a terminal that can do no more', async () => {
    const dumb = await onTerminal({}, undefined, { TERM: 'dumb' });
    assert.equal(dumb.status, 0);
    await setUp.ok({ remove: true });
    for (const text of [dumb.sent.replaceAll('\r\n', '\n'), await setUp.ok()]) {
      assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f]|…/);
      for (const step of steps) assert.match(text, new RegExp(`^${step} \\S.*: made`, 'm'));
    }
  });
});
