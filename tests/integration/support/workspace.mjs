// SPDX-License-Identifier: Apache-2.0
// Workspace: a temporary folder of one test, laid out as an installation, and the shipped files
// with their installed paths replaced by paths in it.
//
// Everything in it belongs to the user that the servers run as: the web server's user (www-data)
// when the tests run as root, and whoever runs the tests otherwise.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync,
  rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const buildFolder = resolve(projectFolder, process.env.BUILD_DIR ?? 'build');

// The libraries of the sanitizers that are built into the programs.
export const sanitizers = () => [...execFileSync('ldd', [join(buildFolder, 'api.fcgi')], { encoding: 'utf8' })
  .matchAll(/lib(?:a|t|ub)san\S* => (\S+)/g)].map(([, path]) => path);

// What a program must be built with that uses a library of ours.
export const sanitizerFlags = () => {
  const kinds = { asan: 'address', tsan: 'thread', ubsan: 'undefined' };
  return sanitizers().map((path) => `-fsanitize=${kinds[path.match(/lib(\w+)\./)[1]]}`).join(' ');
};

// Whether there is one: it needs memory and descriptors of its own.
export const isSanitized = () => sanitizers().length > 0;

// { uid, gid } for child_process.spawn, empty when the tests are not run by root.
export const serverUser = process.getuid() === 0 ? userNamed('www-data') : {};

export function userNamed(name) {
  const line = readFileSync('/etc/passwd', 'utf8').match(`(?:^|\\n)${name}:[^:]*:(\\d+):(\\d+):`);
  if (line === null) throw new Error(`there is no user ${name}`);
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

export class Workspace {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'zitadel-fcgi-'));
    this.#own(this.folder);
    for (const name of ['etc', 'lib', 'log', 'run']) this.makeFolder(name);
    this.settingsFile = this.path('etc/api.env');
    this.socket = this.path('run/api.sock');
    this.program = this.path('lib/api.fcgi');
  }

  // What the shipped files name, and what stands for it here.
  get #installed() {
    return {
      program: ['/usr/local/lib/zitadel-fcgi/api.fcgi', this.program],
      settings: ['/etc/zitadel-fcgi/api.env', this.settingsFile],
      socket: ['/run/zitadel-fcgi/api.sock', this.socket],
      authorizerSocket: ['/run/zitadel-fcgi/authorizer.sock', this.path('run/authorizer.sock')],
      documentRoot: ['/var/www/html', this.path('www')],
      pid: ['/run/zitadel-fcgi/api.pid', this.path('run/api.pid')],
      log: ['/var/log/zitadel-fcgi/api.log', this.path('log/api.log')],
    };
  }

  path(name) {
    return join(this.folder, name);
  }

  makeFolder(name) {
    mkdirSync(this.path(name), { mode: 0o750 });
    this.#own(this.path(name));
    return this.path(name);
  }

  // The same where it may be there already.
  ensureFolder(name) {
    return existsSync(this.path(name)) ? this.path(name) : this.makeFolder(name);
  }

  write(name, content, mode = 0o600) {
    const path = this.path(name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    this.#own(path);
    return path;
  }

  // Puts a copy of a built program where the servers' user can run it.
  installProgram(name = 'api.fcgi') {
    const source = join(buildFolder, name);
    if (!existsSync(source)) throw new Error(`${source} is missing: run make first`);
    const path = this.path(`lib/${name}`);
    copyFileSync(source, path);
    chmodSync(path, 0o755);
    this.#own(path);
    return path;
  }

  // The text of a shipped file with the installed paths named in `paths` (see #installed) and each [from, to] of `replacements` replaced. A string that is not in the
  // file is an error, and so is an installed path left over outside comments.
  shipped(file, paths, replacements = []) {
    const text = [...paths.map((name) => this.#installed[name]), ...replacements].reduce(
      (current, [from, to]) => replaceAll(file, current, from, to),
      readFileSync(join(projectFolder, file), 'utf8'));
    const left = text.match(/^\s*[^#\s].*\/(lib|etc|run|log)\/zitadel-fcgi\/.*/m);
    if (left !== null) throw new Error(`${file}: an installed path is left: ${left[0].trim()}`);
    return text;
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #own(path) {
    if (serverUser.uid !== undefined) chownSync(path, serverUser.uid, serverUser.gid);
  }
}

export function replaceAll(file, text, from, to) {
  if (!text.includes(from)) throw new Error(`${file} does not contain ${JSON.stringify(from)}`);
  return text.split(from).join(to);
}
