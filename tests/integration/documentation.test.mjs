// SPDX-License-Identifier: Apache-2.0
// The documents: each command that they tell a reader to type is run, by this test or by the script that
// the list below names, and what they show is taken by the program. A block that is in no list fails.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { buildEnvironment } from './support/builds.mjs';
import { blocksOf, documents, textOf } from './support/documents.mjs';
import { cleanEnvironment } from './support/processes.mjs';
import { Workspace, buildFolder, isSanitized, projectFolder, replaceAll } from './support/workspace.mjs';

const kLimit = 240_000; // milliseconds for one block

// What runs the first and only block of commands below a heading. A script: it names document and
// heading, and follows the block word for word. A function: a test below. A reason stands where what runs it
// is not a reader.
const commands = {
  'README.md': {
    '## Try it': 'tests/fresh_debian.sh',
    '### 1. Build and install': 'tests/fresh_debian.sh',
    '### 2. Make what it needs in ZITADEL': 'tests/fresh_debian.sh',
    '### 3. Put it behind your web server': 'tests/fresh_debian.sh',
    '### 4. Call it': 'tests/fresh_debian.sh',
    '## Test it': { by: '.ci/run', because: 'it runs all tests, this one too', says: 'make check' },
  },
  'CONTRIBUTING.md': {
    '## Set up': runsAsItStands,
    '## One test': runsAsItStands,
    '## A release': tagsARelease,
  },
  'apache/shared-hosting/README.md': {
    '## 1. Get the program': 'tests/fresh_debian.sh',
    '## 4. Try it': callsTheSharedHost('4. Try it'),
    '## Protect what is there already': callsTheSharedHost('Protect what is there already'),
  },
  'docs/check.md': { '# Check it': 'tests/fresh_debian.sh' },
  'docs/own-endpoints.md': {
    '## Build and test': { by: 'tests/integration/own_api.test.mjs',
      because: 'it takes what is installed: the test installs that', says: 'is what docs/own-endpoints.md says' },
  },
  'docs/packages.md': {
    '## Build them': inPackages('it builds them in two folders', 'tests/deb.sh'),
    '## Install them': inPackages('it installs the packages that it has built', 'dpkg -i $(files_of'),
    '## Upgrade': inPackages('no systemd runs there: it sends the signal that the unit names', '# systemctl reload lighttpd'),
    '## Remove': inPackages('it removes all packages, then purges them', 'apt purge'),
    '## Where there is no Debian': { by: 'tests/fresh_debian.sh', because: 'README.md has the same commands',
      says: "follow README.md '### 1. Build and install'" },
    '## How they are tested': inPackages('the command is that script', 'usage:'),
  },
  'examples/any-server/README.md': { '# any-server': { by: 'tests/integration/own_api.test.mjs',
    because: 'it takes what is installed: the test installs that', says: "'build/any-server'" } },
  'examples/own-api/README.md': { '# own-api': { by: 'tests/integration/own_api.test.mjs',
    because: 'it takes what is installed: the test installs that', says: "[['make'], ['make', 'test']]" } },
  'docs/rules.md': { '## Ask what decides': asksTheRules },
  'docs/set-up.md': { '## Look at the settings': 'tests/fresh_debian.sh' },
  'docs/web-servers.md': {
    '## Apache with mod_fcgid': 'tests/fresh_debian.sh',
    '## nginx with spawn-fcgi': 'tests/fresh_debian.sh',
    '## systemd': { by: 'tests/integration/systemd.test.mjs',
      because: 'no systemd runs where tests do; systemd-analyze and systemd-socket-activate take the units',
      says: 'systemd-socket-activate' },
  },
  'tests/README.md': {
    '## All of them': { by: '.ci/run', because: 'it runs all tests, this one too', says: 'make check' },
    '## One of them': runsAsItStands,
    '## On a bare Debian': { by: 'tests/fresh_debian.sh', because: 'the command is that script', says: 'usage:' },
  },
  'tests/issuer/README.md': { '# The issuer that tests and the demo use': startsTheIssuer },
};

function inPackages(because, says) {
  return { by: 'tests/packages.sh', because, says };
}

function callsTheSharedHost(heading) {
  return { by: 'tests/integration/shared_hosting_users.test.mjs', says: `'${heading}'`,
    because: 'only root can be a host: each line is called there, and must be answered as it says' };
}

// Other languages that a block may be in. Commands are in none of them.
const shown = ['cpp', 'ini', 'json', 'js', 'text', 'makefile', 'cmake'];

let issuer;
before(async () => { issuer = await startIssuer(); });
after(() => issuer?.stop());

let workspace;
beforeEach(() => { workspace = new Workspace(); });
afterEach(() => workspace.remove());

// Runs a block as its reader would, in one shell that ends where a command fails, and gives what it says.
// replacements: what is not the same for everybody.
function run(block, replacements = [], folder = projectFolder) {
  const lines = replacements.reduce((text, [from, to]) => replaceAll('the block', text, from, to), block);
  // make finds all as it was built.
  const env = buildEnvironment({ BUILD: relative(projectFolder, buildFolder), BUILD_DIR: buildFolder });
  const { status, stdout, stderr, error } = spawnSync('/bin/bash',
    ['--norc', '-euc', `sudo() { "$@"; }\n${lines}`],
    { cwd: folder, env, encoding: 'utf8', timeout: kLimit });
  assert.equal(status, 0, `${lines}\n${stdout}\n${stderr}\n${error ?? ''}`);
  return stdout + stderr;
}

const version = () => textOf('auth/base/version.h').match(/ZITADEL_FCGI_VERSION "(.*)"/)[1];

function runsAsItStands(block) {
  run(block);
}

function tagsARelease(block) {
  const folder = workspace.makeFolder('run/repository');
  chownSync(folder, process.getuid(), process.getgid()); // git works in one's own folders only
  for (const name of ['Makefile', 'auth/base/version.h']) cpSync(join(projectFolder, name), join(folder, name));
  const git = (...args) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
  git('init', '--quiet');
  git('config', 'user.name', 'a');
  git('config', 'user.email', 'a@localhost');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Version');
  run(block, [], folder);
  assert.equal(git('tag', '--list', '--format=%(refname:short) %(contents:subject)').trim(),
    `v${version()} zitadel-fcgi ${version()}`);
}

function asksTheRules(block) {
  const [rules] = blocksOf('docs/rules.md').filter(({ language }) => language === 'text');
  workspace.write('etc/rules', rules.text);
  writeSettings(workspace, issuer, { ZITADEL_RULES: 'rules' });
  const said = run(block, [['/etc/zitadel-fcgi/api.env', workspace.settingsFile],
    ['/usr/local/lib/zitadel-fcgi', buildFolder]]);
  assert.match(said, /role:reports\.read/);
}

function startsTheIssuer(block) {
  const install = 'npm ci --prefix tests/issuer\n'; // tests/deps.sh has done it
  const start = replaceAll('the block', block, install, '');
  const folder = workspace.path('run/issuer');
  const said = run(start, [['--data DIR [--port N] [--tls]\n', `--data ${folder} &
for ((attempt = 0; attempt < 600; ++attempt)); do
  if [ -e ${folder}/ready.json ]; then break; fi
  sleep 0.1
done
kill $!
wait || true
`]]);
  assert.match(said, /^ready http:\/\/127\.0\.0\.1:\d+$/m);
}

describe('the commands', () => {
  for (const name of documents) {
    for (const { heading, text } of blocksOf(name).filter(({ language }) => language === 'sh')) {
      const runner = commands[name]?.[heading];
      const skip = typeof runner === 'function' && isSanitized() && 'it is the same commands';
      it(`of ${name}, ${heading}, are run`, { skip, timeout: kLimit }, () => {
        assert.ok(runner, `no list says what runs this:\n${text}`);
        if (typeof runner === 'function') return runner(text);
        const { by, says } = typeof runner === 'string'
          ? { by: runner, says: `follow ${name} '${heading}'` } : runner;
        return assert.ok(textOf(by).includes(says), `${by} does not say ${says}`);
      });
    }
  }

  it('that the list has are all there, one block below each heading', () => {
    const there = documents.flatMap((name) => blocksOf(name).filter(({ language }) => language === 'sh')
      .map(({ heading }) => `${name} ${heading}`));
    assert.deepEqual(there.filter((each, index) => there.indexOf(each) !== index), [], 'two blocks');
    const listed = Object.entries(commands).flatMap(([name, headings]) => Object.keys(headings)
      .map((heading) => `${name} ${heading}`));
    assert.deepEqual(listed.filter((each) => !there.includes(each)), []);
  });

  it('stand in no block of another kind', () => {
    for (const name of documents) {
      for (const { language, heading } of blocksOf(name)) {
        assert.ok(language === 'sh' || shown.includes(language), `${name}, ${heading}: "${language}"`);
      }
    }
  });
});

describe('what the documents show', () => {
  const check = () => spawnSync(join(buildFolder, 'api.fcgi'), ['--check'],
    { env: cleanEnvironment({ ZITADEL_ENV_FILE: workspace.settingsFile }), encoding: 'utf8' });

  for (const name of ['README.md', 'docs/set-up.md']) {
    it(`are settings that the program takes: ${name}`, () => {
      const [{ text }] = blocksOf(name).filter(({ language }) => language === 'ini');
      assert.equal(text.trim().split('\n').length, 3);
      const key = workspace.write('etc/key.json', readFileSync(issuer.files['api-key']));
      const settings = [['https://my-instance.zitadel.cloud', issuer.issuer],
        ['/etc/zitadel-fcgi/250719519163548112.json', key]]
        .reduce((all, [from, to]) => replaceAll(name, all, from, to), text);
      workspace.write('etc/api.env', settings);
      const { status, stdout, stderr } = check();
      assert.equal(status, 0, stdout + stderr);
    });
  }
});

it('the forge runs what README.md tells a newcomer to', () => {
  const commands = [...textOf('.github/workflows/check.yml').matchAll(/^ *- run: (.*)$/gm)];
  assert.equal(commands.at(-1)[1], '.ci/run');
  assert.match(textOf('.ci/run'), /^make check$/m);
});

describe('the version', () => {
  it('stands in one place, and is what the programs say', () => {
    for (const name of ['api.fcgi', 'zitadel-check', 'zitadel-setup', 'zitadel-token']) {
      const said = spawnSync(join(buildFolder, name), ['--version'], { env: cleanEnvironment(), encoding: 'utf8' });
      assert.match(said.stdout, new RegExp(`\\b${version().replaceAll('.', '\\.')}$`, 'm'), name);
    }
    const { stdout } = spawnSync('make', ['-s', 'version'],
      { cwd: projectFolder, env: cleanEnvironment(), encoding: 'utf8' });
    assert.equal(stdout, `${version()}\n`);
  });

  it('is what CHANGELOG.md begins with, unless that is not released yet', () => {
    const [, newest] = textOf('CHANGELOG.md').match(/^## (\S+)/m);
    assert.ok([version(), 'Unreleased'].includes(newest), newest);
  });
});

describe('the documents', () => {
  it('have a README of at most 150 lines', () => {
    assert.ok(textOf('README.md').split('\n').length <= 151);
  });

  // As a forge makes anchors of headings.
  const anchorsOf = (name) => [...textOf(name).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading.toLowerCase()
    .replace(/[^\w\- ]/g, '').replaceAll(' ', '-'));

  it('link to what is there', () => {
    for (const name of documents) {
      for (const [link, path, anchor] of textOf(name).matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)) {
        const target = path === '' ? name : normalize(join(dirname(name), path));
        assert.ok(existsSync(join(projectFolder, target)), `${name}: ${link}`);
        if (anchor !== '') assert.ok(anchorsOf(target).includes(anchor), `${name}: ${link}`);
      }
    }
  });

  it('are each linked to from README.md or from a document that is', () => {
    const reached = new Set(['README.md']);
    for (const name of reached) {
      for (const [, path] of textOf(name).matchAll(/\]\((?!https?:)([^)#]+\.md)/g)) {
        reached.add(normalize(join(dirname(name), path)));
      }
    }
    assert.deepEqual(documents.filter((name) => !reached.has(name)), []);
  });

  // What was, and a provider's URLs.
  const namesOthers = ['CHANGELOG.md', 'tests/issuer/README.md'];

  it('name only files that there are', () => {
    const path = /`((?:auth|fcgi|cli|tests|docs|apache|lighttpd|nginx|systemd)\/[\w./-]+)`/g;
    for (const name of documents.filter((each) => !namesOthers.includes(each))) {
      for (const [, file] of textOf(name).replace(/^The new file .*$/gm, '').matchAll(path)) {
        const found = ['', '.h', '.cpp'].some((ending) => existsSync(join(projectFolder, file + ending)));
        assert.ok(found, `${name}: ${file}`);
      }
    }
  });
});
