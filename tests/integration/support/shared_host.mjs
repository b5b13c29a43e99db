// SPDX-License-Identifier: Apache-2.0
// A shared host and a customer on it, who does what apache/shared-hosting/README.md says, to the letter.
//
// Apache is started by root and answers as www-data; each of its programs is started by suexec, as most
// hosts have it, as the customer: nobody. The customer's home is /home/you, and suexec starts programs
// below /home alone, unless told otherwise. All of that is so for this Apache alone, in a mount namespace of
// its own: where suexec is installed, an Apache that is not root's starts no programs.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync,
  writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { call } from './http.mjs';
import { startApacheWith } from './servers.mjs';
import { Workspace, buildFolder, projectFolder, replaceAll, serverUser,
  userNamed } from './workspace.mjs';

const suexec = join(projectFolder, 'build/suexec/usr/lib/apache2/suexec-custom');
const readme = readFileSync(join(projectFolder, 'apache/shared-hosting/README.md'), 'utf8');

// What is uploaded as the program.
export const program = () => readFileSync(join(buildFolder, 'portable/api.fcgi'));

export const customer = process.getuid() === 0 ? userNamed('nobody') : undefined;

// Why there can be none here, or false.
export function whyNoSharedHost() {
  if (process.getuid() !== 0) return 'only root can run programs as somebody else';
  if (!existsSync(suexec)) return 'there is no suexec: run make deps';
  const own = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' });
  return own.status !== 0 && `no mount namespace can be had: ${own.stderr}`;
}

// $1: the workspace's folder; behind it the command.
const ownMounts = `
mount --bind "$1/home" /home
mount --bind "$1/log" /var/log/apache2
mount -t overlay none -o "lowerdir=$1/suexec/lib:/usr/lib/apache2" /usr/lib/apache2
mount -t overlay none -o "lowerdir=$1/suexec/etc:/etc/apache2" /etc/apache2
shift
exec "$@"
`;

// The part of the README under a heading.
export function section(heading) {
  const [, text] = readme.split(`\n## ${heading}\n`);
  if (text === undefined) throw new Error(`the README has no ${heading}`);
  return text.split('\n## ')[0];
}

// The blocks of commands or lines in a text.
export const blocks = (text) => [...text.matchAll(/^```(?:sh|ini)\n(.*?)^```$/gms)].map(([, lines]) => lines);

// The rows of a text's table of uploads.
function uploads(text) {
  const table = text.match(/^\| from \| to \| mode \|\n.*\n((?:\|.*\n)+)/m)[1];
  return table.trim().split('\n').map((line) => {
    const [, from, to, mode] = line.split('|').map((cell) => cell.trim());
    return { from, to: to.match(/`(\/home\/you\/[^`]*)`/)[1], mode: Number.parseInt(mode, 8) };
  });
}

export class SharedHost {
  // way: fcgid.htaccess or cgi.htaccess, which the customer takes.
  constructor(issuer, way = 'fcgid.htaccess') {
    Object.assign(this, { issuer, way, workspace: new Workspace() });
    for (const name of ['www', 'home', 'suexec', 'suexec/lib', 'suexec/etc', 'suexec/etc/suexec']) {
      chmodSync(this.workspace.makeFolder(name), 0o755);
    }
    chmodSync(this.workspace.folder, 0o755);
    this.letProgramsLieBelow('/home');
    const wrapper = this.workspace.path('suexec/lib/suexec');
    copyFileSync(suexec, wrapper);
    chownSync(wrapper, 0, serverUser.gid);
    chmodSync(wrapper, 0o4754);
    // What the customer finds.
    this.makeFolder('/home/you', 0o711);
    this.makeFolder('/home/you/public_html', 0o755);
    this.settings = blocks(section('2. Upload'))[0];
    for (const [from, to] of [['https://my-instance.zitadel.cloud', issuer.issuer],
      ['250719447407395299', issuer.projectId]]) {
      this.settings = replaceAll('README', this.settings, from, to);
    }
  }

  letProgramsLieBelow(folder) {
    this.workspace.write('suexec/etc/suexec/www-data', `${folder}\npublic_html\n`, 0o644);
  }

  path(name) {
    return this.workspace.path(name.replace(/^\//, ''));
  }

  makeFolder(name, mode) {
    if (!existsSync(this.path(name))) mkdirSync(this.path(name));
    this.#give(name, mode);
  }

  write(name, content, mode = 0o644) {
    writeFileSync(this.path(name), content);
    this.#give(name, mode);
  }

  // In the one of the document root.
  replaceInHtaccess(from, to) {
    const name = '/home/you/public_html/.htaccess';
    this.write(name, replaceAll(name, readFileSync(this.path(name), 'utf8'), from, to));
  }

  // Also of what is there already.
  #give(name, mode) {
    chownSync(this.path(name), customer.uid, customer.gid);
    chmodSync(this.path(name), mode);
  }

  // Does what a table of the README says. rules: the content of the file of rules.
  upload(heading, { rules } = {}) {
    for (const { from, to, mode } of uploads(section(heading))) {
      if (to.endsWith('/')) this.makeFolder(to, mode);
      else this.write(to, this.#content(from, rules), mode);
    }
  }

  #content(from, rules) {
    const file = from.match(/`([^`]*)`/)?.[1].replace('fcgid.htaccess', this.way);
    if (file === '.env.example') return this.settings;
    if (file === 'build/portable/api.fcgi') return program();
    if (file) return readFileSync(join(projectFolder, file));
    if (from.includes('key file')) return readFileSync(this.issuer.files['api-key']);
    if (from.includes('file of one line')) {
      return blocks(section('3. Tell the program where its settings are'))[0];
    }
    if (from === 'a file of rules') return rules;
    throw new Error(`the README says to upload ${from}`);
  }

  async start({ allowed = 'All' } = {}) {
    const modules = ['rewrite', 'headers', 'suexec', this.way === 'cgi.htaccess' ? 'cgid' : 'fcgid'];
    this.workspace.program = 'api.fcgi'; // as suexec calls it
    this.server = await startApacheWith(this.workspace, modules, `
DocumentRoot "/home/you/public_html"
SuexecUserGroup nobody nogroup
<Directory "/home/*/public_html">
  Options SymLinksIfOwnerMatch
  AllowOverride ${allowed}
  Require all granted
</Directory>
`, { asRoot: ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', ownMounts, 'sh',
      this.workspace.folder] });
  }

  call(path, options) {
    return call(this.server.url(path), options);
  }

  // Calls what the README says to call, with a token where it says so, and expects what it says.
  async tryAsTold(heading, token) {
    const calls = blocks(section(heading)).flatMap((block) => [...block.matchAll(
      /^curl -i (-H "Authorization: Bearer \$TOKEN" )?https:\/\/www\.example\.org(\/\S*) +# (\d+)$/gm)]);
    assert.ok(calls.length >= 3, `${heading}: nothing to call`);
    for (const [line, withToken, path, status] of calls) {
      const answer = await this.call(path, withToken ? { token } : {});
      assert.equal(answer.status, Number(status), `${line}; the log is:\n${this.server.log()}`);
    }
  }

  log() {
    return existsSync(this.path('/home/you/zitadel/api.log'))
      ? readFileSync(this.path('/home/you/zitadel/api.log'), 'utf8') : '';
  }

  // Whether that user can read a file or list a folder.
  canRead(user, name) {
    try {
      execFileSync(name.endsWith('/') ? 'ls' : 'cat', [this.path(name)],
        { ...userNamed(user), stdio: 'ignore' });
      return true;
    } catch (error) {
      if (error.status === undefined) throw error;
      return false;
    }
  }

  async stop() {
    try {
      await this.server?.stop();
    } finally {
      this.workspace.remove();
    }
  }
}
