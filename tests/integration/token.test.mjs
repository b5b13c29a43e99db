// SPDX-License-Identifier: Apache-2.0
// zitadel-token against the issuer: what it prints, where, and with which exit status.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { introspect } from '../issuer/test/calls.mjs';
import { freePort } from './support/http.mjs';
import { MovedClock } from './support/moved_clock.mjs';
import { cleanEnvironment } from './support/processes.mjs';
import { buildFolder, Workspace } from './support/workspace.mjs';

const program = join(buildFolder, 'zitadel-token');
const kLimit = 30_000; // milliseconds
const kNearly = 5; // seconds that may pass on a machine with much else to do

let issuer;
let workspace;
before(async () => {
  assert.ok(existsSync(program), `${program} is missing: run make first`);
  workspace = new Workspace();
  issuer = await startIssuer();
});
after(async () => {
  workspace?.remove();
  await issuer?.stop();
});
afterEach(() => issuer.clearFaults());

// Resolves with { status, stdout, stderr }, whatever the exit status.
function run(args, env = {}) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env: cleanEnvironment(env), timeout: kLimit }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ status: error?.code ?? 0, stdout, stderr });
    });
  });
}

const options = ({ key = issuer.files['user-with-role'], domain = issuer.issuer,
  project = issuer.projectId, scope = [], ...others } = {}) => [
  '--key', key, '--domain', domain, '--project', project,
  ...[scope].flat().flatMap((name) => ['--scope', name]),
  ...Object.entries(others).flatMap(([name, value]) => [`--${name}`, value]),
];

// Nothing on stdout, one line on stderr that holds nothing of the key.
function assertFailed({ status, stdout, stderr }, message) {
  assert.equal(stdout, '');
  assert.match(stderr, /^zitadel-token: [^\n]+\n$/);
  assert.match(stderr, message);
  assert.equal(status, 1);
  const { key } = issuer.readFile('user-with-role');
  for (const line of key.split('\n').filter((text) => /^[\w+/=]+$/.test(text))) {
    assert.ok(!stderr.includes(line));
  }
}

async function tokenOf(args, env) {
  const { status, stdout, stderr } = await run(args, env);
  assert.equal(stderr, '');
  assert.equal(status, 0);
  assert.match(stdout, /^[\w.~+/-]+=*\n$/);
  return stdout.trimEnd();
}

describe('a mistake on the command line is told, with a hint at --help', () => {
  const cases = {
    '--key is missing': () => [],
    '--domain is missing': () => ['--key', 'a'],
    '--project is missing': () => ['--key=a', '--domain=https://host'],
    '--key needs a value': () => ['--key'],
    '--domain needs a value': () => ['--domain', '--project', '1'],
    '--scope needs a value': () => [...options(), '--scope='],
    '--key is given more than once': () => [...options(), '--key', 'a'],
    '--ca-file is given more than once': () => [...options(), '--ca-file=a', '--ca-file=b'],
    '--colour is not an option': () => [...options(), '--colour=always'],
    'extra is not an option': () => [...options(), 'extra'],
    '--project is not a project\'s id': () => options({ project: '1 openid' }),
    '--scope holds what no scope\'s name can': () => options({ scope: 'read "all"' }),
    '--domain lacks the scheme; write https://my-instance.zitadel.cloud': () => options({ domain: 'my-instance.zitadel.cloud' }),
    '--domain is the discovery document\'s URL': () =>
      options({ domain: 'https://host/.well-known/openid-configuration' }),
    '--domain has a path, which no instance\'s URL has: write https://host;': () =>
      options({ domain: 'https://host/ui/console' }),
    '--domain holds a query': () => options({ domain: 'https://host/?a=b' }),
    '--domain holds a user name or password': () => options({ domain: 'https://a:b@host' }),
  };
  for (const [message, args] of Object.entries(cases)) {
    it(message, async () => {
      const answer = await run(args());
      assertFailed(answer, /; see zitadel-token --help\n$/);
      assert.ok(answer.stderr.includes(message), answer.stderr);
    });
  }
});

it('refuses a length of tokens that no API can have', async () => {
  for (const value of ['16k', '1023', '"20000"']) {
    assertFailed(await run(options(), { ZITADEL_MAX_TOKEN_BYTES: value }),
      /ZITADEL_MAX_TOKEN_BYTES \(environment\) is not a whole number of bytes from 1024 to 65536\n$/);
  }
});

it('tells that a token is longer than an API takes', async () => {
  const env = { ZITADEL_MAX_TOKEN_BYTES: '1024' };
  const token = 'a'.repeat(1018);
  await issuer.fault({ on: 'token', set: { access_token: token } });
  assertFailed(await run(options(), env),
    /the access token is 1018 bytes long, and an API takes 1024 .*ZITADEL_MAX_TOKEN_BYTES/);
  assert.equal(await tokenOf(options()), token);
});

it('does not print what stands in a wrong domain', async () => {
  assertFailed(await run(options({ domain: 'https://user:hunter2@host' })), /^(?!.*hunter2)/);
});

describe('a key file that cannot be used is explained', () => {
  const cases = {
    'an application\'s key': [() => issuer.files['api-key'],
      /this is an API application's key, where a service user's key belongs/],
    'a client secret': [() => issuer.files.basic, /this holds a client secret and no key/],
    'a file that others can read': [
      () => workspace.write('etc/open.json', readFileSync(issuer.files['user-with-role']), 0o644),
      /others may read or change this private key: chmod (600|o=) .*open\.json/],
    'a missing file': [() => '/nonexistent/user.json',
      /\/nonexistent\/user\.json: cannot be opened: No such file or directory/],
  };
  for (const [what, [key, message]] of Object.entries(cases)) {
    it(what, async () => {
      await issuer.resetCounters();
      assertFailed(await run(options({ key: key() })), message);
    });
  }
});

it('refuses a key that has expired, by its file, before it asks', async () => {
  const { key, ...file } = issuer.readFile('user-with-role');
  const expired = { ...file, key, expirationDate: '2020-01-31T12:00:00Z' };
  await issuer.resetCounters();
  assertFailed(await run(options({ key: workspace.write('etc/old.json', JSON.stringify(expired)) })),
    /the key \d+ expired at 2020-01-31T12:00:00Z, .* add a key of type JSON/);
  assert.equal((await issuer.counters()).discovery, 0);
});

// ZITADEL answers the same to all of them.
describe('a key that ZITADEL refuses without a word is explained', () => {
  let other;
  before(async () => { other = await startIssuer(); });
  after(() => other?.stop());

  const likely = (key, user) => new RegExp(`^zitadel-token: ZITADEL refused the key: server_error: \
Errors.Internal: it does not say why, the likely causes are, in this order: \
\\(1\\) the key ${key} was deleted, has expired or is of another instance: .*; \
\\(2\\) --domain .* it calls itself ${issuer.issuer}; \
\\(3\\) the service user ${user} .*; \\(4\\) ZITADEL itself`);
  const likelyFor = ({ keyId, userId }) => likely(keyId, userId);

  it('deleted', async () => {
    const key = issuer.readFile('user-with-role');
    await issuer.deleteKey(key.keyId);
    try {
      assertFailed(await run(options()), likelyFor(key));
    } finally {
      await issuer.restoreKey(key.keyId);
    }
  });

  it('of another instance', async () => {
    assertFailed(await run(options({ key: other.files['user-with-role'] })),
      likelyFor(other.readFile('user-with-role')));
  });

  it('of a user who is gone', async () => {
    const file = { ...issuer.readFile('user-with-role'), userId: '123' };
    assertFailed(await run(options({ key: workspace.write('etc/gone.json', JSON.stringify(file)) })),
      likelyFor(file));
  });

  it('used for another issuer than the instance', async () => {
    await issuer.fault({ on: 'discovery', set: { issuer: `${issuer.issuer}/` } });
    assertFailed(await run(options()), /ZITADEL refused the key: .* it calls itself http:.*\/; \(3\)/);
  });

  it('by an answer that tells no time', async () => {
    await issuer.fault({ on: 'token', status: 500,
      headers: { 'content-type': 'application/json', date: 'soon' },
      body: '{"error":"server_error","error_description":"Errors.Internal"}' });
    assertFailed(await run(options()), /in this order: \(1\) this machine's clock .*; \(2\) the key/);
  });
});

it('says that the service user is locked or deactivated', async () => {
  for (const state of ['locked', 'deactivated']) {
    await issuer.setUserState('without-role', state);
    assertFailed(await run(options({ key: issuer.files['user-without-role'] })), new RegExp(
      `ZITADEL refused: invalid_request: Errors.User.NotActive: the service user \
${issuer.users['without-role']} is locked or deactivated: unlock or reactivate it`));
    await issuer.setUserState('without-role', 'active');
  }
  await tokenOf(options({ key: issuer.files['user-without-role'] }));
});

describe('this machine\'s clock', () => {
  const moved = (seconds) => new MovedClock(workspace, seconds).environment;

  // What passes between ZITADEL's look at its clock and ours counts as well.
  for (const offset of [310, 600, 90_000, -7200]) {
    const side = offset > 0 ? 'ahead of' : 'behind';
    it(`is told to be the cause where it is ${Math.abs(offset)} s ${side} ZITADEL's`, async () => {
      const answer = await run(options(), moved(offset));
      assertFailed(answer, new RegExp(`Errors.Internal: this machine's clock is \\d+ seconds ${side} \
ZITADEL's: set it right\n$`));
      const told = Number(/(\d+) seconds/.exec(answer.stderr)[1]);
      assert.ok(Math.abs(told - Math.abs(offset)) <= kNearly, answer.stderr);
    });
  }

  // The assertion is dated back by 5 minutes and lives for 30.
  for (const offset of [2, 290, -1400]) {
    it(`may be wrong by ${offset} s`, () => tokenOf(options(), moved(offset)));
  }

  it('that is behind is told beside the likely causes', async () => {
    const { keyId } = issuer.readFile('user-with-role');
    await issuer.deleteKey(keyId);
    try {
      assertFailed(await run(options(), moved(-60)),
        /clock is \d\d seconds behind ZITADEL's: set it right; where that does not help, .*\(1\) the key/);
    } finally {
      await issuer.restoreKey(keyId);
    }
  });
});

it('lets no words of ZITADEL\'s command the terminal', async () => {
  await issuer.fault({ on: 'token', status: 400, headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: 'invalid_grant', error_description: 'a\u001b[2J\r\nb\u007f' }) });
  assertFailed(await run(options()), /ZITADEL refused: invalid_grant: a\?\[2J\?\?b\?\n/);
});

describe('a failing token endpoint is told from a refused key', () => {
  const token = (body) => ({ status: 200, headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body) });
  const cases = {
    'rate-limited': [{ name: 'rate-limited' }, /limits our calls \(429\)/],
    'server error': [{ name: 'server-error' },
      /server error \(5xx\): the token endpoint .* 500, saying: instance not found\n/],
    'database away': [{ name: 'database-away' }, /status 404, saying: unable to set instance .*refused\)\n/],
    'a proxy\'s page': [{ status: 502, headers: { 'content-type': 'text/html' },
      body: '<html><head><title>502 Bad Gateway</title></head><body>secret</body></html>' },
    /server error \(5xx\): .* status 502, saying: 502 Bad Gateway\n/],
    'a long text': [{ status: 500, body: 'x'.repeat(1 << 20) }, /status 500, saying: x{300}\n/],
    'too long': [{ status: 500, body: 'x'.repeat((1 << 20) + 1) }, /too large: more than 1 MiB/],
    redirect: [{ name: 'redirect' }, /redirect/],
    'not JSON': [{ name: 'not-json' }, /holds no access token/],
    truncated: [{ name: 'truncated' }, /ended too early/],
    reset: [{ name: 'reset' }, /ZITADEL/],
    hang: [{ name: 'hang' }, /did not answer in time/],
    'no token': [token({ token_type: 'Bearer' }), /holds no access token/],
    'an empty token': [token({ access_token: '', token_type: 'Bearer' }), /holds no access token/],
    'a token with a line break': [token({ access_token: 'a\nb', token_type: 'Bearer' }),
      /holds no access token/],
    'a token that no API takes': [token({ access_token: 'a!b', token_type: 'Bearer' }),
      /holds no access token/],
    'a token that is an object': [token({ access_token: {}, token_type: 'Bearer' }),
      /holds no access token/],
    'a token of another type': [token({ access_token: 'a', token_type: 'mac' }),
      /not a bearer token/],
  };
  for (const [what, [fault, message]] of Object.entries(cases)) {
    it(what, async () => {
      await issuer.fault({ on: 'token', ...fault });
      assertFailed(await run(options()), message);
    });
  }
});

describe('an issuer that is not the one that was meant is refused', () => {
  for (const name of ['https://elsewhere.example', 'http://127.0.0.2:1', 'nonsense']) {
    it(name, async () => {
      await issuer.resetCounters();
      await issuer.fault({ on: 'discovery', set: { issuer: name } });
      assertFailed(await run(options()), /the discovered issuer is not --domain: .* calls itself /);
      assert.equal((await issuer.counters()).token, 0);
    });
  }
});

it('sends what it has signed to no other server than the issuer\'s', async () => {
  const elsewhere = `http://127.0.0.1:${await freePort()}`;
  await issuer.fault({ on: 'discovery', set: { token_endpoint: `${elsewhere}/oauth/v2/token` } });
  assertFailed(await run(options()), new RegExp(`token_endpoint of another server, ${elsewhere},`));
});

it('refuses a token endpoint to which the key would go unprotected', async () => {
  await issuer.fault({ on: 'discovery', set: { token_endpoint: 'http://192.0.2.1/token' } });
  assertFailed(await run(options()), /token_endpoint is not a URL that may be called/);
});

describe('where the instance has another name', () => {
  let named;
  before(async () => { named = await startIssuer({ host: 'localhost' }); });
  after(() => named?.stop());

  const at = (domain) => options({ key: named.files['user-with-role'], project: named.projectId, domain });

  it('says that the name must be its own', async () => {
    assertFailed(await run(at(named.issuer.replace('localhost', '127.0.0.1'))), new RegExp(
      'discovery answered with status 404, saying: unable to set instance using origin .*; '
      + 'the name in --domain must be the instance\'s own'));
  });

  it('takes every spelling of its own name', async () => {
    const { port } = new URL(named.issuer);
    for (const domain of [`${named.issuer}/`, `${named.issuer}//`, `HTTP://LocalHost:${port}`,
      `http://localhost:0${port}/`]) {
      const { body } = await introspect(named, await tokenOf(at(domain)));
      assert.equal(body.active, true, domain);
    }
  });
});

it('says that nobody listens', async () => {
  const domain = `http://127.0.0.1:${await freePort()}`;
  assertFailed(await run(options({ domain })), /ZITADEL cannot be reached/);
});

it('fails when the token cannot be written', () => {
  const full = openSync('/dev/full', 'w');
  try {
    const { status, stderr } = spawnSync(program, options(),
      { env: cleanEnvironment(), stdio: ['ignore', full, 'pipe'], timeout: kLimit });
    assert.match(String(stderr), /^zitadel-token: standard output: No space left on device\n$/);
    assert.equal(status, 1);
  } finally {
    closeSync(full);
  }
});

describe('over TLS', () => {
  let secure;
  before(async () => { secure = await startIssuer({ tls: true }); });
  after(() => secure?.stop());

  const at = (ca) => options({ key: secure.files['user-with-role'], domain: secure.issuer,
    project: secure.projectId, ...ca });

  it('refuses a certificate of an unknown authority', async () => {
    const remedy = /TLS connection to ZITADEL was refused: .*: ZITADEL_CA_FILE, --ca-file\n$/;
    assertFailed(await run(at({})), remedy);
    assertFailed(await run(at({ 'ca-file': secure.files['wrong-ca'] })), remedy);
  });

  for (const [days, said] of [[-2, 'not yet valid'], [60, 'has expired']]) {
    it(`asks whether the clock is right where a certificate ${said}`, async () => {
      const clock = new MovedClock(workspace, days * 86_400).environment;
      assertFailed(await run(at({ 'ca-file': secure.files.ca }), clock),
        new RegExp(`${said}; is this machine's clock right\\?\n$`));
    });
  }

  it('gets a token with the authority\'s certificate', async () => {
    await tokenOf(at({ 'ca-file': secure.files.ca }));
  });
});

describe('plain http to a host that is not this machine', () => {
  let named;
  before(async () => { named = await startIssuer({ host: 'issuer.localhost' }); });
  after(() => named?.stop());

  const args = () => options({ key: named.files['user-with-role'], domain: named.issuer,
    project: named.projectId });

  it('is refused before anything is sent', async () => {
    for (const value of [undefined, '0', '', 'true']) {
      const env = value === undefined ? {} : { ZITADEL_ALLOW_HTTP: value };
      assertFailed(await run(args(), env), /--domain begins with http:\/\/.*ZITADEL_ALLOW_HTTP=1/);
    }
    assert.equal((await named.counters()).discovery ?? 0, 0);
  });

  it('is allowed by ZITADEL_ALLOW_HTTP=1', async () => {
    await tokenOf(args(), { ZITADEL_ALLOW_HTTP: '1' });
  });
});

it('prints the token alone, and it opens the project\'s API', async () => {
  const token = await tokenOf(options());
  const { body } = await introspect(issuer, token);
  assert.equal(body.active, true);
  assert.equal(body.sub, issuer.users['with-role']);
  assert.equal(body.scope, ['openid', `urn:zitadel:iam:org:project:id:${issuer.projectId}:aud`,
    'urn:zitadel:iam:org:projects:roles'].join(' '));
});

it('asks for further scopes, each once', async () => {
  const token = await tokenOf(options({ scope: ['profile email', 'openid', ' offline_access '] }));
  const { body } = await introspect(issuer, token);
  assert.deepEqual(body.scope.split(' ').slice(3), ['profile', 'email', 'offline_access']);
});

it('says that a project\'s id is usually a number, and prints the token', async () => {
  const { status, stdout, stderr } = await run(options({ project: 'my-project' }));
  assert.equal(status, 0);
  assert.match(stdout, /^[\w-]+\n$/);
  assert.match(stderr, /^zitadel-token: note: --project my-project is no number, .* Resource Id .*\n$/);
  await tokenOf(options({ project: 'zitadel' }));
});

it('gets JWT tokens too', async () => {
  await issuer.settings({ accessTokens: 'jwt' });
  try {
    assert.equal((await tokenOf(options())).split('.').length, 3);
  } finally {
    await issuer.settings({ accessTokens: 'opaque' });
  }
});

it('tells how it is used, and its version, whatever else is there', async () => {
  for (const args of [['--help'], ['-h'], ['--key', 'a', '--help', '--nonsense']]) {
    const { status, stdout, stderr } = await run(args);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: zitadel-token --key FILE --domain URL --project ID/);
    for (const name of ['key', 'domain', 'project', 'scope', 'ca-file', 'help', 'version']) {
      assert.match(stdout, new RegExp(`^  --${name} `, 'm'));
    }
    assert.ok(stdout.split('\n').every((line) => line.length <= 100));
  }
  const { status, stdout } = await run(['--version']);
  assert.match(stdout, /^zitadel-token \d+\.\d+\.\d+\n$/);
  assert.equal(status, 0);
});
