// SPDX-License-Identifier: Apache-2.0
// debian/: what can be said of the packages without building them. `make check-packages` builds them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { asBuilt, filesBelow } from './support/installation.mjs';
import { buildFolder, projectFolder } from './support/workspace.mjs';

const read = (name) => readFileSync(join(projectFolder, name), 'utf8');
const debian = readdirSync(join(projectFolder, 'debian'));
const linesOf = (name) => read(`debian/${name}`).split('\n').filter((line) => line && !line.startsWith('#'));
const packages = [...read('debian/control').matchAll(/^Package: (\S+)$/gm)].map(([, name]) => name);

describe('debian/', () => {
  it('names the packages, each with a list of files', () => {
    assert.deepEqual(packages, ['zitadel-fcgi', 'zitadel-fcgi-tools', 'libzitadel-fcgi-dev']);
    assert.deepEqual(debian.filter((name) => name.endsWith('.install')).sort(),
      packages.map((name) => `${name}.install`).sort());
  });

  it('is of the project\'s one version, and its changelog has a date', () => {
    const [, version] = read('auth/base/version.h').match(/ZITADEL_FCGI_VERSION "(.*)"/);
    const [first] = read('debian/changelog').split('\n');
    assert.equal(first, `zitadel-fcgi (${version}) unstable; urgency=medium`);
    const [, date] = read('debian/changelog').match(/^ -- .+ <.+>  (.+)$/m);
    assert.ok(Number.isFinite(Date.parse(date)), date);
  });

  it('is taken by Debian\'s own programs', () => {
    const run = (...command) => execFileSync(command[0], command.slice(1), { cwd: projectFolder, encoding: 'utf8' });
    assert.equal(run('dpkg-parsechangelog', '--all', '--show-field', 'Source').trim(), 'zitadel-fcgi');
    assert.deepEqual(run('dh_listpackages').trim().split('\n'), packages);
  });

  it('holds no copy of what lies elsewhere', () => {
    const kinds = /\.(service|socket|logrotate|tmpfiles|sysusers|manpages|bash-completion|conf)$/;
    assert.deepEqual(debian.filter((name) => kinds.test(name)), []);
  });
});

describe('the maintainer scripts', () => {
  const scripts = debian.filter((name) => /\.(pre|post)(inst|rm)$/.test(name));
  it('are three', () => assert.equal(scripts.length, 3));

  for (const name of scripts) {
    it(`are sh, end with the first failure, and leave services to debhelper: ${name}`, () => {
      const text = read(`debian/${name}`);
      assert.match(text, /^#!\/bin\/sh\n(#.*\n)*set -e\n/);
      assert.match(text, /^#DEBHELPER#$/m);
      execFileSync('sh', ['-n', join(projectFolder, 'debian', name)]);
      // What would change a web server, or start anything.
      assert.doesNotMatch(text, /\b(service|invoke-rc\.d|a2(en|dis)\w+|lighty-\w+-mod|apachectl|kill)\s+[\w"$]/);
      assert.doesNotMatch(text.replace(/^.*echo[^]*?(?<!\\)$/gm, ''), /\bsystemctl\b/);
    });
  }
});

describe('what make install installs', () => {
  let root;
  let installed;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'zitadel-fcgi-packaging-'));
    execFileSync('make', ['-s', 'install', `DESTDIR=${root}`, 'PREFIX=/usr', 'STRIP=',
      'UNITDIR=/lib/systemd/system', 'LIBDIR=/usr/lib/x86_64-linux-gnu', `BUILD=${buildFolder}`, ...asBuilt],
    { cwd: projectFolder });
    installed = filesBelow(root).map((path) => relative(root, path));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const takes = (line, path) => path === line || path.startsWith(`${line}/`) ||
    new RegExp(`^${line.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}(/|$)`).test(path);

  it('is in one package each, or said to be in none', () => {
    const lists = [...packages.map((name) => `${name}.install`), 'not-installed'];
    for (const path of installed) {
      const takers = lists.filter((list) => linesOf(list).some((line) => takes(line, path)));
      assert.equal(takers.length, 1, `${path}: ${takers}`);
    }
    for (const list of lists) {
      for (const line of linesOf(list)) assert.ok(installed.some((path) => takes(line, path)), `${list}: ${line}`);
    }
  });

  it('leaves the making of the settings to postinst, from what is installed', () => {
    assert.deepEqual(linesOf('not-installed'), ['etc/zitadel-fcgi/api.env']);
    const [, template] = read('debian/zitadel-fcgi.postinst').match(/install -m 0600 -o root -g root \/(\S+)/);
    assert.equal(readFileSync(join(root, template), 'utf8'), read('.env.example'));
  });

  // make install puts some files to two places: for their reader, and where a server looks for them.
  it('names what each Debian server reads from its folder of configuration', () => {
    const depends = { 'etc/lighttpd/conf-available': /^# -\*- depends: fastcgi -\*-$/m };
    for (const [folder, wanted] of Object.entries(depends)) {
      const names = readdirSync(join(root, folder));
      assert.equal(names.length, 3);
      for (const name of names) {
        assert.match(name, /^\d\d-zitadel-[\w-]+\.conf$/);
        assert.match(readFileSync(join(root, folder, name), 'utf8'), wanted, name);
      }
    }
    for (const name of readdirSync(join(root, 'etc/apache2/conf-available'))) {
      // Else a2enconf would not look for the modules.
      if (name !== 'zitadel-fcgi-cgi.conf') {
        assert.match(readFileSync(join(root, 'etc/apache2/conf-available', name), 'utf8'), /^# Depends: \w/m, name);
      }
    }
    assert.equal(installed.filter((path) => path.includes('-enabled/')).length, 0);
  });

  it('says of each file that goes to a folder of a server\'s that it goes there', () => {
    for (const path of installed.filter((each) => /^etc\/(apache2|lighttpd|nginx|logrotate\.d)\//.test(each))) {
      assert.match(readFileSync(join(root, path), 'utf8'), new RegExp(`^# Goes: +/${path}\\b`, 'm'), path);
    }
  });

  it('keeps the socket shut until there is a key, and the service off', () => {
    const unit = (name) => readFileSync(join(root, 'lib/systemd/system', name), 'utf8');
    assert.match(unit('zitadel-fcgi.socket'), /^ConditionPathExists=\/etc\/zitadel-fcgi\/api-key\.json$/m);
    assert.match(unit('zitadel-fcgi.service'), /^ExecStart=\/usr\/lib\/zitadel-fcgi\/api\.fcgi$/m);
    assert.equal(statSync(join(root, 'etc/zitadel-fcgi/api.env')).mode & 0o7777, 0o600);
    assert.match(read('debian/rules'), /--no-stop-on-upgrade zitadel-fcgi\.socket\n.*--no-enable --no-start zitadel-fcgi\.service/);
  });
});
