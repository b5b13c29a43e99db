// SPDX-License-Identifier: Apache-2.0
// Programs that somebody guards, each of which reads paths in its own way: Tomcat, Tornado, Express
// and others of Node.js, a PHP front controller. Each shows three parts, "public" (below /public/ and
// /open/), "internal" (below /internal/ and /staff/) and "token" (all else), and says which one in a
// line of its answer: "the part internal".
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { startPhp } from './guarded_site.mjs';
import { canConnect, freePort } from './http.mjs';
import { Process, ready } from './processes.mjs';
import { startTogether } from './together.mjs';
import { Workspace } from './workspace.mjs';

// Who may see which part, by the rules that go with it.
export const rulesOfParts = `
/           token
/public/    public
/open/      public
/internal/  role:staff
/staff/     role:staff
`;
export const admittedTo = { public: ['nobody', 'anybody', 'staff'], token: ['anybody', 'staff'],
  internal: ['staff'] };

// The part that an answer shows, undefined where it shows none.
export const partIn = (answer) => answer.match(/^the part (\w+)\r?$/m)?.[1];

// Tokens of callers by these names.
export async function mintCallers(issuer) {
  return { nobody: undefined,
    anybody: await issuer.mint({ user: 'without-role' }),
    staff: await issuer.mint({ user: 'without-role',
      roles: { [issuer.projectId]: { staff: { 77: 'example.org' } } } }) };
}

// For programs that serve files.
export const partFiles = {
  'file.txt': 'token', 'x.txt': 'token', 'open/file.txt': 'public', 'staff/file.txt': 'internal',
  'staff/in/file.txt': 'internal', 'public/x': 'public', 'public/file.txt': 'public',
  'internal/x': 'internal', 'internal/x.txt': 'internal', 'internal/secret.txt': 'internal',
};

export function writePartFiles(workspace, folder) {
  for (const name of ['', '/open', '/staff', '/staff/in', '/public', '/internal']) {
    workspace.makeFolder(`${folder}${name}`);
  }
  for (const [name, part] of Object.entries(partFiles)) {
    workspace.write(`${folder}/${name}`, `the part ${part}\nthe path /${name}\n`);
  }
}

const kJars = '/usr/share/java';
const kSlowestStart = 60_000; // milliseconds, where many run at a time

const source = (name) => fileURLToPath(new URL(`../programs/${name}`, import.meta.url));

function tomcatsJars() {
  const names = readdirSync(kJars).filter((name) => /^tomcat10-[a-z-]+\.jar$/.test(name));
  if (names.length === 0) throw new Error('Tomcat is not installed: run tests/deps.sh');
  return names.map((name) => `${kJars}/${name}`).join(':');
}

// Gives { ports, frontController, phpSocket, stop }. ports: by the program's name.
export async function startPrograms() {
  const workspace = new Workspace();
  const ports = {};
  for (const name of ['tomcat', 'tornadoFiles', 'tornadoHandlers', 'express', 'caseless',
    'expressFiles', 'urls', 'folding']) ports[name] = await freePort();
  writePartFiles(workspace, 'files');
  const copy = (name) => workspace.write(`lib/${name}`, readFileSync(source(name)));
  const files = workspace.path('files');
  const start = (name, command, args, own, options) => ready(name,
    new Process(command, [...args, ...own.map((each) => String(ports[each]))], options),
    async () => (await Promise.all(own.map((each) => canConnect({ port: ports[each] })))).every(Boolean),
    { timeoutMs: kSlowestStart });
  try {
    const running = await startTogether([
      start('Tomcat', '/usr/bin/java', ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp',
        tomcatsJars(), copy('Site.java'), workspace.makeFolder('tomcat')], ['tomcat']),
      start('Tornado', '/usr/bin/python3', [copy('tornado_site.py'), files],
        ['tornadoFiles', 'tornadoHandlers']),
      // Where it stands: Express is beside it.
      start('Express', process.execPath, [source('node_site.mjs'), files],
        ['express', 'caseless', 'expressFiles', 'urls', 'folding'], { user: {} }),
      startPhp(workspace),
    ]);
    const stop = () => Promise.all(running.map((program) => program.stop()))
      .finally(() => workspace.remove());
    return { ports, frontController: copy('front.php'), phpSocket: workspace.path('run/php.sock'), stop };
  } catch (error) {
    workspace.remove();
    throw error;
  }
}
