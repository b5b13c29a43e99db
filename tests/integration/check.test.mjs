// SPDX-License-Identifier: Apache-2.0
// zitadel-check: everything that newcomers do wrong on the way from the settings to an answer, each with
// the word that mends it, against a real issuer and real web servers.
import assert from 'node:assert/strict';
import { createSign, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { guards, startApi, writeSettings } from './support/api.mjs';
import { startGuardedSite } from './support/guarded_site.mjs';
import { freePort } from './support/http.mjs';
import { Process } from './support/processes.mjs';
import { SecretWatch } from './support/secret_watch.mjs';
import { Workspace } from './support/workspace.mjs';

const exits = { usage: 64, token: 65, zitadel: 69, site: 76, refused: 77, settings: 78 };

let issuer;
let tlsIssuer;
before(async () => { [issuer, tlsIssuer] = await Promise.all([startIssuer(), startIssuer({ tls: true })]); });
after(() => Promise.all([issuer?.stop(), tlsIssuer?.stop()]));

let workspace;
let secrets;
beforeEach(() => {
  workspace = new Workspace();
  secrets = new SecretWatch();
  secrets.addKey(issuer.readFile('api-key').key);
  secrets.addKey(tlsIssuer.readFile('api-key').key);
});
afterEach(async () => {
  await issuer.clearFaults();
  workspace.remove();
});

// Its exit status and its lines, none of which holds a secret. In a workspace, with its settings.
async function run(args = [], place = workspace) {
  const program = new Process(place.installProgram('zitadel-check'), args,
    { env: { ZITADEL_ENV_FILE: place.settingsFile }, cwd: place.path('run') });
  const { code, signal } = await program.exit({ timeoutMs: 30_000 });
  assert.equal(signal, null, `process ${program.pid} ended by a signal\n${program.output}`);
  assert.equal(secrets.findIn(program.output), undefined, 'a secret is shown');
  const of = (sign) => program.output.split('\n').filter((line) => line.startsWith(sign));
  return { code, output: program.output, good: of('✓'), bad: of('✗') };
}

async function settled(settings, of = issuer) {
  writeSettings(workspace, of, settings);
  return run();
}

// One line is bad, and says this.
async function finds(exit, pattern, settings, of) {
  const { code, output, bad } = await settled(settings, of);
  assert.equal(code, exit, output);
  assert.equal(bad.length, 1, output);
  assert.match(bad[0], pattern);
}

const caOf = (from, name = 'ca') => workspace.write('etc/ca.pem', readFileSync(from.files[name]));

describe('the way to ZITADEL', () => {
  it('is good from the name to the keys', async () => {
    const { code, output, good } = await settled({ ZITADEL_CA_FILE: caOf(tlsIssuer) }, tlsIssuer);
    assert.equal(code, 0, output);
    assert.deepEqual(good.map((line) => line.match(/^✓ ([a-z ]+): /)[1]),
      ['settings', 'name', 'tls', 'clock', 'instance', 'credentials', 'key set']);
    assert.match(output, /agrees with ZITADEL's to the second/);
    assert.match(output, /– expiry: .*console/);
    assert.match(output, /key id \S+ is accepted: a made-up token is called inactive/);
  });

  it('begins with settings that can be read', async () => {
    await finds(exits.settings, /✗ settings: ZITADEL_DOMAIN .* has a path, .* write http:\/\/127/,
      { ZITADEL_DOMAIN: `${issuer.issuer}/ui/console` });
    await finds(exits.settings, /✗ settings: ZITADEL_PROJECT_ID .*"my-shop", .*Resource Id/, { ZITADEL_PROJECT_ID: 'my-shop' });
  });

  it('needs to know where the settings are', async () => {
    const program = new Process(workspace.installProgram('zitadel-check'), [], { cwd: workspace.path('run') });
    assert.equal((await program.exit()).code, exits.settings);
    assert.match(program.output, /– settings: no settings file was read: .*ZITADEL_ENV_FILE=/);
  });

  it('needs a name that has an address', async () => {
    await finds(exits.zitadel, /✗ name: a{64}\.example has no address .*ZITADEL_DOMAIN/,
      { ZITADEL_DOMAIN: `https://${'a'.repeat(64)}.example` });
  });

  it('needs somebody at the port', async () => {
    await finds(exits.zitadel, /✗ connection: ZITADEL cannot be reached: .* connect.*: is it running, are name and port in ZITADEL_DOMAIN/i,
      { ZITADEL_DOMAIN: `http://127.0.0.1:${await freePort()}` });
  });

  it('names ZITADEL_CA_FILE for a private authority, set or not', async () => {
    await finds(exits.zitadel, /✗ tls: .*write the path of that authority's certificate \(PEM\) into ZITADEL_CA_FILE/, {}, tlsIssuer);
    await finds(exits.zitadel, /✗ tls: .*ZITADEL_CA_FILE \(\S+ca\.pem\) does not hold the authority/,
      { ZITADEL_CA_FILE: caOf(tlsIssuer, 'wrong-ca') }, tlsIssuer);
  });

  it('knows http at a port of TLS, and https at one of HTTP', async () => {
    await finds(exits.settings, new RegExp(`✗ connection: the port speaks TLS, .* says http: write ${tlsIssuer.issuer}$`),
      { ZITADEL_DOMAIN: tlsIssuer.issuer.replace('https', 'http') }, tlsIssuer);
    await finds(exits.settings, new RegExp(`✗ tls: the port speaks plain HTTP, .* says https: write ${issuer.issuer} `),
      { ZITADEL_DOMAIN: issuer.issuer.replace('http', 'https') });
  });

  it('needs an instance of that name', async () => {
    await finds(exits.zitadel, /✗ instance: .*404, saying: unable to set instance.*Host header/,
      { ZITADEL_DOMAIN: issuer.issuer.replace('127.0.0.1', 'localhost') });
    for (const [fault, pattern] of [['database-away', /404, saying: .*failed to connect/], ['redirect', /302: it leads elsewhere/],
      ['server-error', /500.*in trouble/], ['rate-limited', /429.*limits our calls/], ['not-json', /is no ZITADEL/]]) {
      await issuer.fault(fault, { on: 'discovery' });
      await finds(exits.zitadel, pattern, {});
      await issuer.clearFaults();
    }
  });

  it('compares the issuer by its parts', async () => {
    const { port } = new URL(issuer.issuer);
    for (const [other, pattern] of [
      [`${issuer.issuer}/`, /the slash at its end/],
      [issuer.issuer.replace(port, '1'), /the port differs.*write ZITADEL_DOMAIN=http:\/\/127\.0\.0\.1:1$/],
      [issuer.issuer.replace('http', 'https'), /http and https differ/],
      ['https://login.example', /another \(custom\) domain; .*write ZITADEL_DOMAIN=https:\/\/login\.example$/],
    ]) {
      await issuer.fault({ on: 'discovery', set: { issuer: other } });
      await finds(exits.settings, pattern, {});
      await issuer.clearFaults();
    }
  });

  it('compares the clock to the second', async () => {
    const answer = await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).text();
    const skewed = async (seconds) => {
      await issuer.clearFaults();
      await issuer.fault({ on: 'discovery', status: 200, body: answer,
        headers: { 'content-type': 'application/json', date: new Date(Date.now() - 1000 * seconds).toUTCString() } });
    };
    await skewed(600);
    await finds(exits.refused, /✗ clock: this machine's clock is (599|600|601) seconds ahead of ZITADEL's/, {});
    await skewed(-7000);
    await finds(exits.refused, /✗ clock: .* (6999|7000|7001) seconds behind/, {});
    await skewed(20);
    const { code, output } = await settled({});
    assert.equal(code, 0, output);
    assert.match(output, /– clock: .* (19|20|21) seconds ahead/);
  });
});

describe('our own credentials', () => {
  it('are refused, and the causes are named', async () => {
    await finds(exits.refused, /✗ credentials: .*400, saying: unauthorized_client.*key id .* was refused: is the key deleted or expired/,
      { key: 'api-key-deleted' });
    for (const fault of ['unauthorized-client', 'old-unauthorized', 'invalid-client']) {
      await issuer.fault(fault);
      await finds(exits.refused, /was refused: is the key deleted/, {});
      await issuer.clearFaults();
    }
    const { clientId, clientSecret } = issuer.readFile('basic');
    secrets.add(clientSecret);
    secrets.add('wrong-secret-4711');
    const basic = { key: null, API_PRIVATE_KEY_FILE_PATH: undefined, ZITADEL_CLIENT_ID: clientId };
    await finds(exits.refused, /client id .* was refused: is ZITADEL_CLIENT_SECRET or ZITADEL_CLIENT_ID wrong/,
      { ...basic, ZITADEL_CLIENT_SECRET: 'wrong-secret-4711' });
    assert.equal((await settled({ ...basic, ZITADEL_CLIENT_SECRET: clientSecret })).code, 0);
  });

  it('are blamed on the clock first where that is wrong', async () => {
    const answer = await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).text();
    await issuer.fault({ on: 'discovery', status: 200, body: answer,
      headers: { 'content-type': 'application/json', date: new Date(Date.now() - 600_000).toUTCString() } });
    await issuer.fault('unauthorized-client');
    const { code, bad } = await settled({});
    assert.equal(code, exits.refused);
    assert.match(bad[1], /✗ credentials: .*this machine's clock is \d+ seconds ahead of ZITADEL's, set it right first/);
  });

  it('are blamed on the clock where ZITADEL speaks of times', async () => {
    for (const words of ['Assertion was issued in the future', 'the assertion has expired']) {
      await issuer.clearFaults();
      await issuer.fault({ status: 400, headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ error: 'unauthorized_client', error_description: words }) });
      await finds(exits.refused, /was refused: is this machine's clock right \(compare date -u\)\?/, {});
    }
  });

  it('are asked for at the right place', async () => {
    await finds(exits.settings, /✗ credentials: .*404.*ZITADEL_DOMAIN\/oauth\/v2\/introspect/,
      { ZITADEL_INTROSPECTION_URL: `${issuer.issuer}/oauth/v2/nowhere` });
    await issuer.fault('rate-limited');
    await finds(exits.zitadel, /✗ credentials: .*429.*limits our calls/, {});
    await issuer.clearFaults();
    for (const [fault, pattern] of [['redirect', /✗ credentials: .*302: it leads elsewhere/],
      ['oversized', /✗ credentials: .*too large.*something else than ZITADEL/]]) {
      await issuer.fault(fault);
      await finds(exits.zitadel, pattern, {});
      await issuer.clearFaults();
    }
    await issuer.fault({ set: { active: true } });
    await finds(exits.zitadel, /✗ credentials: a made-up token is called active/, {});
  });

  it('are known to end where their file says so', async () => {
    const withEnd = async (expirationDate) => {
      const file = workspace.write('etc/ends.json', JSON.stringify({ ...issuer.readFile('api-key'), expirationDate }));
      return settled({ API_PRIVATE_KEY_FILE_PATH: file });
    };
    const over = await withEnd('2020-01-02T03:04:05Z');
    assert.equal(over.code, exits.refused);
    assert.match(over.bad[0], /✗ expiry: the key \S+ expired at 2020-01-02T03:04:05Z/);
    assert.match((await withEnd('2999-01-01T00:00:00Z')).output, /✓ expiry: the key \S+ ends at 2999/);
    const soon = new Date(Date.now() + 86_400_000).toISOString();
    assert.match((await withEnd(soon)).output, /– expiry: .*: add another before/);
  });

  it('need no introspection where JWTs are judged here, but keys', async () => {
    const jwt = { ZITADEL_VALIDATION: 'jwt', key: null, API_PRIVATE_KEY_FILE_PATH: undefined };
    assert.equal((await settled(jwt)).code, 0);
    await issuer.fault({ on: 'keys', status: 500, body: 'no' });
    await finds(exits.zitadel, /✗ key set: it answered with status 500/, jwt);
    assert.equal((await settled({})).code, 0);
  });
});

describe('a token', () => {
  async function look(token, settings = {}) {
    secrets.add(token);
    writeSettings(workspace, issuer, settings);
    return run(['--token-file', workspace.write('run/token', `${token}\n`)]);
  }
  const aud = () => `openid urn:zitadel:iam:org:project:id:${issuer.projectId}:aud urn:zitadel:iam:org:projects:roles`;

  it('is told by its kind, its user, its end, audience and roles', async () => {
    for (const kind of ['opaque', 'jwt', 'pat']) {
      const { code, output } = await look(await issuer.mint({ user: 'with-role', kind, scope: aud() }));
      assert.equal(code, 0, output);
      assert.match(output, kind === 'jwt' ? /✓ token: is a JWT, signed by this instance/ : /✓ token: is opaque/);
      assert.match(output, kind === 'pat' ? /✓ active: .*personal access token/ : /✓ active: is active; it is user/);
      assert.ok(output.includes(`it is user ${issuer.users['with-role']}'s`), output);
      assert.match(output, /✓ until: 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC, \d+ minutes from now/);
      assert.match(output, new RegExp(`✓ audience: .*${issuer.projectId}`));
      assert.match(output, new RegExp(`✓ role: read:messages in project ${issuer.projectId}, granted by organisation ${issuer.organisationId} \\(`));
      assert.match(output, /✓ access: endpoint \/private-scoped: lets it in/);
    }
  });

  it('is told what each rule and endpoint says of it', async () => {
    const rules = workspace.write('etc/rules', '# mine\n/ token\n/a public\n/b role:read:messages\n/c role:boss GET\n');
    const { code, output } = await look(await issuer.mint({ user: 'without-role' }), { ZITADEL_RULES: rules });
    assert.equal(code, 0, output);
    for (const line of ['✓ access: endpoint /private: lets it in',
      '– access: endpoint /private-scoped: refuses it, the user has not been granted the role: needs the role read:messages',
      '✓ access: rule of line 2, / token: lets it in', '– access: rule of line 3, /a public: open to everybody',
      '– access: rule of line 5, /c role:boss GET: refuses it, ']) assert.ok(output.includes(line), `${line} in ${output}`);
    assert.match(output, /– role: none in this API's project: grant one/);
  });

  it('lacks the scope that puts the project into its audience', async () => {
    for (const kind of ['opaque', 'jwt']) {
      const { code, bad } = await look(await issuer.mint({ user: 'with-role', kind, scope: 'openid' }));
      assert.equal(code, exits.token);
      assert.match(bad[0], /✗ active: ZITADEL calls it inactive: .*urn:zitadel:iam:org:project:id:PROJECT-ID:aud/);
      if (kind === 'jwt') assert.match(bad[0], /it is meant for .*, and not for this API/);
    }
  });

  it('is not for a project that is named wrongly', async () => {
    const { code, output, bad } = await look(await issuer.mint({ user: 'with-role', scope: aud() }),
      { ZITADEL_PROJECT_ID: '4711' });
    assert.equal(code, exits.token, output);
    assert.match(bad[0], /✗ access: .*not meant for this API\. Is ZITADEL_PROJECT_ID \(4711\) the Resource Id of this API's own project/);
  });

  it('is over, revoked, cut or of another instance', async () => {
    const over = await look(await issuer.mint({ kind: 'jwt', ttl: -100, scope: aud() }));
    assert.equal(over.code, exits.token);
    assert.match(over.bad[0], /inactive: it expired \d+ seconds ago: get a new one/);
    const revoked = await issuer.mint({ kind: 'jwt', scope: aud() });
    await issuer.revoke(revoked);
    const gone = await look(revoked);
    assert.match(gone.bad[0], /signed, in time and meant for this API, so it may be .*revoked.*ZITADEL fails inside/);
    const whole = await issuer.mint({ kind: 'jwt' });
    const cut = await look(whole.slice(0, whole.indexOf('.') + 40));
    assert.equal(cut.code, exits.token);
    assert.match(cut.bad[0], /begins like a JWT and is none/);
    const forged = await issuer.mint({ kind: 'jwt', scope: aud() });
    assert.match((await look(`${forged.slice(0, -8)}AAAAAAAA`)).bad[0], /is a JWT, and the access token's signature is wrong/);
    const foreign = await look(await tlsIssuer.mint({ kind: 'jwt' }));
    assert.equal(foreign.code, exits.token);
    assert.match(foreign.bad[0], new RegExp(`is a JWT of another instance, ${tlsIssuer.issuer}: get one of ${issuer.issuer}`));
  });

  it('is an ID token', async () => {
    const { keyId, userId, key } = issuer.readFile('user-with-role');
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const unsigned = `${part({ alg: 'RS256', kid: keyId })}.${part({ iss: userId, sub: userId,
      aud: issuer.issuer, iat: now, exp: now + 60, jti: randomUUID() })}`;
    const assertion = `${unsigned}.${createSign('RSA-SHA256').update(unsigned).sign(key, 'base64url')}`;
    const answer = await fetch(`${issuer.issuer}/oauth/v2/token`, { method: 'POST', body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', scope: aud(), assertion }) });
    const { id_token: idToken } = await answer.json();
    const { code, bad } = await look(idToken);
    assert.equal(code, exits.token);
    assert.match(bad[0], /✗ token: is a JWT of this instance, but no access token: .*Send the access_token/);
  });

  it('is judged here where the settings say so', async () => {
    const jwt = { ZITADEL_VALIDATION: 'jwt', key: null, API_PRIVATE_KEY_FILE_PATH: undefined };
    const good = await look(await issuer.mint({ kind: 'jwt', scope: aud() }), jwt);
    assert.equal(good.code, 0, good.output);
    assert.match(good.output, /✓ active: is judged here; it is user/);
    const opaque = await look(await issuer.mint({}), jwt);
    assert.equal(opaque.code, exits.token);
    assert.match(opaque.bad[0], /✗ access: the program refuses it: the access token is opaque/);
  });

  describe('of several, of which ZITADEL', () => {
    // Several by file, then the options.
    async function lookAt(tokens, { args = [], ...settings } = {}) {
      tokens.forEach((token) => secrets.add(token));
      writeSettings(workspace, issuer, settings);
      const files = tokens.map((token, index) => workspace.write(`run/token${index}`, token));
      return run([...files.flatMap((file) => ['--token-file', file]), ...args]);
    }
    const opaqueAndJwt = () => Promise.all(['opaque', 'jwt'].map((kind) =>
      issuer.mint({ user: 'with-role', kind, scope: aud() })));
    const withKey = (name = 'user-with-role') =>
      ['--user-key', workspace.write(`run/${name}.json`, readFileSync(issuer.files[name]))];

    it('calls all active', async () => {
      const { code, output } = await lookAt(await opaqueAndJwt(), { args: withKey() });
      assert.equal(code, 0, output);
      assert.match(output, /^– token: the one in \S+token0:\n✓ token: is opaque/m);
      assert.match(output, /^– token: the one in \S+token1:\n✓ token: is a JWT/m);
      assert.match(output, /^✓ user key: a token was got with it$/m);
      assert.match(output, /^– token: the one got with --user-key:\n✓ token: is opaque/m);
      assert.equal(output.match(/^✓ active: is active/gm).length, 3);
    });

    it('is asked about each once, and once as the program does it', async () => {
      const [good, revoked] = await opaqueAndJwt();
      await issuer.revoke(revoked);
      await issuer.settings({ assertions: 'reusable' }); // as ZITADEL has it
      await lookAt([good, revoked]);
      await issuer.settings({ assertions: 'once' });
      assert.deepEqual(await Promise.all([good, revoked].map((token) => issuer.introspectionsOf(token))), [2, 1]);
    });

    it('calls all inactive, since it fails inside', async () => {
      const tokens = await opaqueAndJwt();
      await issuer.fault('inactive');
      const { code, output, bad } = await lookAt(tokens);
      assert.equal(code, exits.zitadel, output);
      assert.equal(output.match(/^– active: ZITADEL calls it inactive$/gm).length, 2);
      assert.equal(bad.length, 1, output);
      assert.match(bad[0], /✗ zitadel: none of these tokens is called active.* good a moment ago.*ZITADEL fails inside.*look at its log.*:aud/);
      for (const more of [[], tokens]) {
        const fresh = await lookAt(more, { args: withKey() });
        assert.equal(fresh.code, exits.zitadel, fresh.output);
        assert.equal(fresh.bad.length, 1, fresh.output);
        assert.match(fresh.bad[0], new RegExp(`✗ zitadel: even a token that was got just now is called inactive: ZITADEL_PROJECT_ID \\(${
          issuer.projectId}\\) is not .*, or ZITADEL fails inside`));
      }
    });

    it('calls some inactive, or has a reason to', async () => {
      const [good, revoked] = await opaqueAndJwt();
      await issuer.revoke(revoked);
      const some = await lookAt([good, revoked]);
      assert.equal(some.code, exits.token, some.output);
      assert.match(some.bad.join('\n'), /^✗ active: ZITADEL calls it inactive: [^\n]*$/);
      const one = await lookAt([revoked], { args: withKey() });
      assert.equal(one.code, exits.token, one.output);
      const over = await issuer.mint({ kind: 'jwt', ttl: -100, scope: aud() });
      const all = await lookAt([over, revoked]);
      assert.equal(all.code, exits.token, all.output);
      assert.match(all.bad[0], /it expired \d+ seconds ago/);
    });

    it('gives none to a key that is no service user\'s, deleted, or for no project', async () => {
      for (const [args, exit, pattern, settings] of [
        [withKey('api-key'), exits.token, /✗ user key: .*service user/],
        [['--user-key', '/none'], exits.token, /✗ user key: .*\/none/],
        [withKey(), exits.settings, /✗ user key: .*ZITADEL_PROJECT_ID is not set/, { ZITADEL_PROJECT_ID: undefined }],
      ]) {
        const { code, output, bad } = await lookAt([], { args, ...settings });
        assert.equal(code, exit, output);
        assert.match(bad.join('\n'), pattern);
      }
    });
  });

  it('stands alone in its file', async () => {
    writeSettings(workspace, issuer);
    for (const [text, why] of [['Bearer abcdef', /the word Bearer/], ['', /is empty/], ['a b', /several words/],
      ['\ufeffabcdef', /byte order mark/], ['{}', /holds JSON/]]) {
      const { code, output } = await run(['--token-file', workspace.write('run/token', text)]);
      assert.equal(code, exits.usage);
      assert.match(output, why);
    }
    for (const args of [['--token-file', '/none'], ['--url', 'my.site'], ['--url', 'https://a@b'], ['--tokn'], ['x']]) {
      assert.equal((await run(args)).code, exits.usage, args.join(' '));
    }
  });
});

describe('--json', () => {
  it('says the same to a program', async () => {
    writeSettings(workspace, issuer, { key: 'api-key-deleted' });
    const { code, output } = await run(['--json']);
    const said = JSON.parse(output);
    assert.deepEqual([code, said.ok, said.status], [exits.refused, false, exits.refused]);
    assert.deepEqual(said.checks.filter((each) => each.result === 'bad').map((each) => each.name), ['credentials']);
    writeSettings(workspace, issuer);
    const good = JSON.parse((await run(['--json'])).output);
    assert.deepEqual([good.ok, good.status], [true, 0]);
  });
});

describe('a site', () => {
  // The program's own settings do for the check.
  async function look(way, options, args = []) {
    const api = await startApi(way, issuer, options);
    try {
      const result = await run(['--url', api.server.url('/api'), ...args.map((each) => (
        typeof each === 'function' ? each(api) : each))], api.workspace);
      return result;
    } finally {
      await api.stop();
    }
  }

  for (const way of ['lighttpd/fastcgi.conf', 'apache/mod_fcgid.conf', 'apache/cgi.conf', 'nginx/api.conf']) {
    it(`is good behind ${way} as it is shipped`, async () => {
      const token = await issuer.mint({ user: 'with-role' });
      secrets.add(token);
      const { code, output, good } = await look(way, {},
        ['--token-file', (api) => api.workspace.write('run/token', token)]);
      assert.equal(code, 0, output);
      const names = good.map((line) => line.match(/^✓ ([a-z ]+): /)[1]);
      assert.deepEqual(names.slice(names.indexOf('site')),
        ['site', 'guard', 'authorization', 'call', 'spoofing', 'neighbour', 'files']);
      assert.match(output, /✓ call: \S+\/api\/private with your token: status 200/);
    });
  }

  it('keeps the Authorization header to itself, and the line that mends it is named', async () => {
    const { code, bad } = await look('apache/cgi.conf', { replacements: [['CGIPassAuth On', '']] });
    assert.equal(code, exits.site);
    assert.match(bad[0], /✗ authorization: .*does not arrive.*"CGIPassAuth On"/);
  });

  it('mounts more than was meant', async () => {
    const { code, bad } = await look('lighttpd/fastcgi.conf', { replacements: [['"^/api(/|$)"', '"^/api"']] });
    assert.equal(code, exits.site);
    assert.match(bad.join('\n'), /✗ neighbour: /);
  });

  it('believes a header that a client sends', async () => {
    const { code, bad } = await look('apache/cgi.conf', { server: { more: ['rewrite'] }, site: () => `RewriteEngine On
RewriteCond %{HTTP:X-Original-URL} ^/public$
RewriteRule ^/api/private$ /api/public [PT]
` });
    assert.equal(code, exits.site);
    assert.match(bad[0], /✗ spoofing: \S+\/api\/private is open to who sends "X-Original-URL: \/public"/);
  });

  // libcurl takes every name below localhost for this machine.
  it('gets no token over http from another machine', async () => {
    const api = await startApi('lighttpd/fastcgi.conf', issuer, {});
    try {
      const token = await issuer.mint({ user: 'with-role' });
      secrets.add(token);
      const file = api.workspace.write('run/token', token);
      const url = api.server.url('/api').replace('127.0.0.1', 'site.localhost');
      const { code, output } = await run(['--url', url, '--token-file', file], api.workspace);
      assert.equal(code, 0, output);
      assert.match(output, /✓ authorization: the header arrives/);
      assert.match(output, /– call: your token is not sent over http:\/\//);
      assert.doesNotMatch(output, /✓ call/);
    } finally {
      await api.stop();
    }
  });

  it('shows its settings or its key', async () => {
    for (const [name, source] of [['.env', 'settings'], ['key.json', 'key']]) {
      const { code, bad } = await look('lighttpd/fastcgi.conf', { prepare: (place) => {
        place.makeFolder('www');
        place.makeFolder('www/api');
        if (source === 'key') place.write(`www/${name}`, readFileSync(issuer.files['api-key']), 0o644);
        else place.write(`www/${name}`, 'ZITADEL_DOMAIN=https://z.example\n', 0o644);
      } });
      assert.equal(code, exits.site);
      assert.match(bad[0], new RegExp(`✗ files: http://\\S+/${name} is shown to everybody: move the file out`));
    }
  });

  it('lets everybody in, or answers nobody', async () => {
    const open = await look('lighttpd/fastcgi.conf', { prepare: (place) => {
      for (const each of ['www', 'www/api', 'www/api/private']) place.makeFolder(each);
      place.write('www/api/private/index.html', 'open');
      place.write('www/api/index.html', 'open');
    }, replacements: [['"^/api(/|$)"', '"^/other(/|$)"']] });
    assert.equal(open.code, exits.site);
    assert.match(open.bad[0], /✗ guard: whoever comes without a token is let in/);
    writeSettings(workspace, issuer);
    const { code, bad } = await run(['--url', `http://127.0.0.1:${await freePort()}/api`]);
    assert.equal(code, exits.site);
    assert.match(bad[0], /✗ site: .*does the web server run/);
  });

  it('is told apart from a program that is not configured', async () => {
    const api = await startApi('apache/cgi.conf', issuer, {});
    try {
      const good = api.workspace.write('etc/good.env', readFileSync(api.workspace.settingsFile));
      api.workspace.write('etc/api.env', 'ZITADEL_THREADS=many\n');
      const program = new Process(api.workspace.installProgram('zitadel-check'), ['--url', api.server.url('/api')],
        { env: { ZITADEL_ENV_FILE: good } });
      assert.equal((await program.exit()).code, exits.site, program.output);
      assert.match(program.output, /✗ site: the program answers that it is not configured: run api\.fcgi --check/);
    } finally {
      await api.stop();
    }
  });

  for (const way of Object.keys(guards)) {
    it(`is good where ${way} guards what is there`, async () => {
      const site = await startGuardedSite(way, issuer);
      try {
        const token = await issuer.mint({ user: 'with-role' });
        secrets.add(token);
        const { code, output } = await run(['--url', site.server.url(''), '--token-file',
          site.workspace.write('run/token', token)], site.workspace);
        assert.equal(code, 0, output);
        assert.match(output, /✓ guard: /, output);
      } finally {
        await site.stop();
      }
    });
  }
});
