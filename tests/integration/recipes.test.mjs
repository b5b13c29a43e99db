// SPDX-License-Identifier: Apache-2.0
// The recipes of CONTRIBUTING.md: each is put into a copy of the sources as it stands there. It touches as many
// files as it says, the copy builds, and what was added works.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync,
  writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { writeSettings } from './support/api.mjs';
import { buildEnvironment, compiler } from './support/builds.mjs';
import { textOf } from './support/documents.mjs';
import { cleanEnvironment } from './support/processes.mjs';
import { Workspace, buildFolder, isSanitized, projectFolder } from './support/workspace.mjs';

const kBuildLimit = 1_200_000; // milliseconds; a minute where nothing else runs
const counts = { Two: 2, Three: 3 };

// The steps of the recipe below a heading: in which file, what, and where.
function recipe(heading) {
  const [, rest] = textOf('CONTRIBUTING.md').split(`\n### ${heading}\n`);
  const [text] = rest.split(/^##+ /m);
  const steps = [...text.matchAll(
    /^(?:In|The new file) `([^`]+)`(?:, (before|after|instead of) the line `([^`]+)`)?:\n\n```\w+\n(.*?)^```$/gms)];
  return { said: counts[text.match(/(Two|Three) files/)[1]],
    steps: steps.map(([, file, place, line, lines]) => ({ file, place, line, lines })) };
}

function apply(folder, { file, place, line, lines }) {
  const path = join(folder, file);
  if (!place) {
    assert.ok(!existsSync(path), `${file} is there already`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, lines);
    return;
  }
  const there = readFileSync(path, 'utf8').split(/^/m);
  const found = there.filter((each) => each.trimStart().startsWith(line));
  assert.equal(found.length, 1, `${file} has ${found.length} lines that begin with ${line}`);
  const begin = there.indexOf(found[0]) + (place === 'after' ? 1 : 0);
  there.splice(begin, place === 'instead of' ? 1 : 0, lines);
  writeFileSync(path, there.join(''));
}

function copyOfTheSources() {
  const folder = mkdtempSync(join(tmpdir(), 'zitadel-fcgi-recipes-'));
  for (const name of readdirSync(projectFolder).filter((each) => !['.git', 'build'].includes(each))) {
    cpSync(join(projectFolder, name), join(folder, name), { recursive: true, preserveTimestamps: true,
      filter: (path) => !path.endsWith('node_modules') });
  }
  symlinkSync(join(projectFolder, 'tests/issuer/node_modules'), join(folder, 'tests/issuer/node_modules'));
  mkdirSync(join(folder, 'build/tests'), { recursive: true });
  symlinkSync(join(buildFolder, 'tests/keys'), join(folder, 'build/tests/keys'));
  return folder;
}

function run(folder, command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args,
    { cwd: folder, env: cleanEnvironment(), encoding: 'utf8', timeout: kBuildLimit, ...options });
  return { status, said: `${stdout}${stderr}${error ?? ''}` };
}

function succeed(...args) {
  const { status, said } = run(...args);
  assert.equal(status, 0, said);
  return said;
}

// A command and its arguments.
function compilation(args) {
  const [command, ...first] = compiler().split(' ');
  return [command, [...first, ...args]];
}

// Objects of what no recipe changes are those of the project. Without optimisation: it takes less time.
function build(folder, ...targets) {
  for (const name of ['auth', 'fcgi', 'cli', 'flags']) {
    cpSync(join(buildFolder, 'objects', name), join(folder, 'build/objects', name),
      { recursive: true, preserveTimestamps: true });
  }
  succeed(folder, 'make', ['-s', '-j2', '-o', 'build/objects/flags', 'CXXFLAGS=-O0 -U_FORTIFY_SOURCE', ...targets],
    { env: buildEnvironment() });
}

const recipes = ['A setting', 'An endpoint', 'A claim', 'A store', 'A web server, or another file for one',
  'A Reason'];

describe('the recipe for', () => {
  for (const heading of recipes) {
    it(`${heading}: touches as many files as it says`, () => {
      const { said, steps } = recipe(heading);
      assert.equal(new Set(steps.map(({ file }) => file)).size, said);
    });
  }

  it('each heading below "Recipes" is here', () => {
    const [, text] = textOf('CONTRIBUTING.md').split('\n## Recipes\n');
    const headings = [...text.split(/^## /m)[0].matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(headings, recipes);
  });
});

describe('a Reason by its recipe', () => {
  let folder;
  before(() => { folder = copyOfTheSources(); });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const compile = () => run(folder, ...compilation(['-std=c++20', '-I.', '-Iinclude', '-Wall', '-Wextra', '-Werror', '-fsyntax-only',
    recipe('A Reason').steps[1].file]));

  it('does not compile while its row is missing, and does with it', () => {
    const [enumerator, row] = recipe('A Reason').steps;
    apply(folder, enumerator);
    const { status, said } = compile();
    assert.notEqual(status, 0);
    assert.match(said, /static assertion failed/);
    apply(folder, row);
    assert.equal(compile().said, '');
  });
});

// All of them in one copy, for building takes its time.
describe('by their recipes', { skip: isSanitized() && 'the sources are the same' }, () => {
  let folder;
  let issuer;
  let workspace;
  before(async () => {
    issuer = await startIssuer();
    workspace = new Workspace();
    folder = copyOfTheSources();
    for (const heading of recipes.filter((each) => each !== 'A Reason')) {
      for (const step of recipe(heading).steps) apply(folder, step);
    }
    build(folder, 'build/api.fcgi', 'build/print_settings');
    cpSync(join(folder, 'build/api.fcgi'), workspace.program);
  });
  after(async () => {
    await issuer?.stop();
    workspace?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const withSettings = (settings) => {
    writeSettings(workspace, issuer, settings);
    return { env: cleanEnvironment({ ZITADEL_ENV_FILE: workspace.settingsFile }) };
  };

  it('a setting stands in .env.example, in docs/settings.md and in what --settings says', () => {
    succeed(folder, 'build/print_settings', []);
    const read = (name) => readFileSync(join(folder, name), 'utf8');
    assert.match(read('.env.example'), /^#ZITADEL_KEEP_NOTHING=off$/m);
    assert.match(read('docs/settings.md'), /^\| `ZITADEL_KEEP_NOTHING` \| on: processes do not tell/m);
    assert.match(succeed(folder, 'build/api.fcgi', ['--settings']), /ZITADEL_KEEP_NOTHING/);
    const { status, said } = run(folder, 'build/api.fcgi', ['--check'],
      withSettings({ ZITADEL_KEEP_NOTHING: 'perhaps' }));
    assert.equal(status, 78, said);
    assert.match(said, /ZITADEL_KEEP_NOTHING .* is not one of on, off, 1 and 0/);
  });

  // As plain CGI.
  const get = (path, settings = {}) => {
    const { env } = withSettings(settings);
    return succeed(folder, 'build/api.fcgi', [], { env: { ...env, GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '/api', PATH_INFO: path, SERVER_PROTOCOL: 'HTTP/1.1', ...settings.variables } });
  };

  it('an endpoint answers', () => {
    assert.match(get('/hello'), /^Status: 200.*"Hello\."/s);
  });

  it('a store is used where its setting says so', async () => {
    const cache = workspace.path('etc/cache');
    const authorization = `Bearer ${await issuer.mint({ user: 'with-role' })}`;
    const variables = { HTTP_AUTHORIZATION: authorization };
    const ask = (setting) => get('/private', { ZITADEL_KEEP_NOTHING: setting, variables });
    assert.match(ask('on'), /^Status: 200.*/s);
    assert.ok(!existsSync(cache));
    assert.match(ask('off'), /^Status: 200/);
    assert.ok(existsSync(cache));
  });

  it('a claim reaches the protected program', () => {
    const source = workspace.write('run/claim.cpp', `
#include <iostream>
#include "auth/zitadel/introspection.h"
#include "fcgi/guard/caller_variables.h"
int main() {
  const auto claims = auth::parse_introspection(R"({"active": true, "sub": "1", "iss": "https://a", "aud": "2",
    "exp": 4102444800, "locale": "de"})", {.issuer = "https://a", .client_id = "2"},
    auth::WallTime(std::chrono::seconds(1800000000)));
  if (!claims) return std::cerr << auth::to_string(claims.error()) << "\\n", 1;
  const char* const none[] = {nullptr};
  const auto variables = fcgi::CallerVariables({}).of(fcgi::Request(none), *claims);
  for (const auto& [name, value] : *variables) std::cout << name << "=" << value << "\\n";
}
`);
    const program = workspace.path('run/claim');
    const room = 'build/objects/fcgi';
    const objects = readdirSync(join(folder, room), { recursive: true })
      .filter((name) => /\/.*\.o$/.test(name)).map((name) => join(room, name));
    succeed(folder, ...compilation(['-std=c++20', '-I.', '-Iinclude', '-o', program, source, ...objects,
      'build/libzitadel_auth.a', '-lfcgi', '-ljson-c', '-lcrypto', '-lhiredis', '-pthread']));
    assert.match(succeed(folder, program, []), /^AUTH_LOCALE=de$/m);
  });

  it('a file for a web server is run by the tests', () => {
    const script = `
import { startIssuer } from '${folder}/tests/issuer/client.mjs';
import { startApi } from '${folder}/tests/integration/support/api.mjs';
const issuer = await startIssuer();
const api = await startApi('lighttpd/short.conf', issuer);
const token = await issuer.mint({ user: 'with-role' });
const answers = [await api.call('/api/private'), await api.call('/api/private-scoped', { token })];
console.log(answers.map(({ status }) => status).join(' '));
await api.stop();
await issuer.stop();
`;
    const file = join(folder, 'tests/integration/recipe.mjs');
    writeFileSync(file, script);
    assert.equal(succeed(folder, 'node', [file]), '401 200\n');
  });
});
