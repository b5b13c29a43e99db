// SPDX-License-Identifier: Apache-2.0
// make install: that what is installed names the places where it was installed, and the headers of the
// files that a user copies.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { asBuilt, commands, filesBelow } from './support/installation.mjs';
import { buildFolder, projectFolder } from './support/workspace.mjs';

const folders = ['apache', 'lighttpd', 'logrotate', 'nginx', 'systemd'];

const shipped = folders.flatMap((name) => filesBelow(join(projectFolder, name)))
  .map((path) => relative(projectFolder, path));

describe('make install', () => {
  let root;
  beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'zitadel-fcgi-install-')); });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const make = (target, ...variables) => execFileSync('make', ['-s', target, `DESTDIR=${root}`,
    `BUILD=${buildFolder}`, ...asBuilt, ...variables], { cwd: projectFolder, encoding: 'utf8' });
  const read = (path) => readFileSync(join(root, path), 'utf8');

  it('installs the files as they are where nothing else is said', () => {
    make('install');
    for (const file of shipped) {
      assert.equal(read(`usr/local/share/zitadel-fcgi/${file}`),
        readFileSync(join(projectFolder, file), 'utf8'), file);
    }
    for (const name of commands) {
      const command = join(root, 'usr/local/bin', name);
      assert.equal(statSync(command).mode & 0o7777, 0o755);
      assert.match(execFileSync(command, ['--help'], { encoding: 'utf8' }),
        new RegExp(`^Usage: ${name} `));
      const others = [`share/man/man1/${name}.1`, `share/bash-completion/completions/${name}`];
      for (const path of others) {
        assert.equal(statSync(join(root, 'usr/local', path)).mode & 0o7777, 0o644, path);
      }
    }
    assert.equal(statSync(join(root, 'usr/local/lib/zitadel-fcgi/api.fcgi')).mode & 0o7777, 0o755);
    assert.equal(statSync(join(root, 'etc/zitadel-fcgi/api.env')).mode & 0o7777, 0o600);
  });

  for (const [prefix, configuration] of [['/opt/x', '/etc/y'], ['/usr', '/usr/etc'],
    ['/srv/usr/local', '/srv/etc/zitadel-fcgi']]) {
    it(`follows PREFIX=${prefix} and SYSCONFDIR=${configuration} in every file`, () => {
      make('install', `PREFIX=${prefix}`, `SYSCONFDIR=${configuration}`);
      let named = 0;
      for (const path of filesBelow(root).filter((each) => !/\/bin\/zitadel-\w+$|\/api\.fcgi$|\.a$|\/share\/doc\//.test(each))) {
        const text = readFileSync(path, 'utf8').replaceAll(`${prefix}/lib/zitadel-fcgi/api.fcgi`, () => {
          named += 1;
          return '';
        }).replaceAll(`${configuration}/zitadel-fcgi/`, '')
          .replaceAll(new RegExp(`${prefix}(/(bin|include|lib|share)\\b|$)`, 'gm'), '');
        assert.doesNotMatch(text, /\/usr\/local|\/etc\/zitadel-fcgi/, path);
      }
      assert.ok(named >= 14, `the program is named ${named} times`);
      for (const path of [`${prefix}/lib/zitadel-fcgi/api.fcgi`,
        ...commands.map((name) => `${prefix}/bin/${name}`),
        `${configuration}/zitadel-fcgi/api.env`]) assert.ok(existsSync(join(root, path)), path);
    });
  }

  it('strips what it installs, unless STRIP is empty', () => {
    const symbols = () => spawnSync('readelf', ['--sections', '--wide',
      join(root, 'usr/local/lib/zitadel-fcgi/api.fcgi')], { encoding: 'utf8' }).stdout.includes('.symtab');
    make('install');
    assert.ok(!symbols());
    make('install', 'STRIP=');
    assert.ok(symbols());
  });

  it('leaves alone what is in /etc already, and uninstall takes away only what is as it came', () => {
    const kept = ['etc/lighttpd/conf-available/50-zitadel-fcgi.conf', 'etc/zitadel-fcgi/api.env'];
    make('install');
    for (const path of kept) writeFileSync(join(root, path), 'mine\n');
    make('install');
    make('uninstall');
    assert.deepEqual(filesBelow(root).map((path) => relative(root, path)).sort(), kept);
    for (const path of kept) assert.equal(read(path), 'mine\n');
  });
});

describe('the header of each shipped file', () => {
  for (const file of shipped.filter((name) => !name.endsWith('.md'))) {
    it(`says what must be there before the file is: ${file}`, () => {
      const [header] = readFileSync(join(projectFolder, file), 'utf8').split(/^(?!#)/m);
      const labels = [...header.matchAll(/^# (For|Needs|Goes):/gm)].map(([, label]) => label);
      assert.deepEqual(labels, ['For', 'Needs', 'Goes']);
      assert.match(header, /^# (Not guarded: |What no guard can see)/m);
    });
  }
});
