// SPDX-License-Identifier: Apache-2.0
// The man pages and bash's completion: that they say what the commands' own help says.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { buildFolder, projectFolder } from './support/workspace.mjs';

const sources = join(projectFolder, 'docs/man');
const pages = readdirSync(sources).map((name) => name.replace(/\.scd$/, ''));
const commands = pages.map((page) => page.replace(/\.\d$/, ''));
const completed = commands.filter((name) => name.startsWith('zitadel-'));

const helpOf = (command) =>
  execFileSync(join(buildFolder, command), ['--help'], { encoding: 'utf8' });
// What follows the option, such as FILE, by the option.
const optionsOf = (command) => new Map([...helpOf(command).matchAll(
  /^ +(?:-\w, )?(--[a-z][a-z-]*)(?: ([A-Z]+)(?:\.{3})?)?(?= {2}|$)/gm)].map(([, option, wanted]) => [option, wanted]));

describe('the man page', () => {
  let folder;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'zitadel-fcgi-man-'));
    execFileSync('make', ['-s', 'man', `BUILD=${folder}`], { cwd: projectFolder });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [number, page] of pages.entries()) {
    it(`${page} is read by man without a warning`, () => {
      const { status, stdout, stderr } = spawnSync('man', ['--warnings', '--local-file',
        join(folder, 'man', page)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80' } });
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, /^NAME\n/m);
    });

    it(`${page} has the options of the command's help, each with what follows it`, () => {
      const text = readFileSync(join(sources, `${page}.scd`), 'utf8');
      const told = new Map([...text.matchAll(/^(?:\*-\w\*, )?\*(--[a-z-]+)\*(?: _([A-Z]+)_)?/gm)]
        .map(([, option, wanted]) => [option, wanted]));
      assert.deepEqual([...told].sort(), [...optionsOf(commands[number])].sort());
    });
  }
});

describe('completion', () => {
  let folder;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'zitadel-fcgi-completion-'));
    writeFileSync(join(folder, 'a key.json'), '');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  // What bash offers where the line ends in these words.
  const offered = (command, ...words) => execFileSync('bash', ['-c', `
    source "$1"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    compopt() { :; }
    _zitadel_fcgi "$1"
    printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', join(projectFolder, 'cli/completion.bash'),
  join(buildFolder, command), ...words], { cwd: folder, encoding: 'utf8' })
    .split('\n').filter((line) => line !== '');

  for (const command of completed) {
    it(`of ${command} offers what its help names`, () => {
      assert.deepEqual(offered(command, '').sort(), [...optionsOf(command).keys()].sort());
      for (const [option, wanted] of optionsOf(command)) {
        assert.ok(offered(command, option.slice(0, -1)).includes(option), option);
        const after = offered(command, option, 'a');
        if (wanted === 'FILE') assert.deepEqual(after, ['a key.json'], option);
        else if (wanted !== undefined && wanted !== 'USER') assert.deepEqual(after, [], option);
      }
    });
  }
});
