// SPDX-License-Identifier: Apache-2.0
// zitadel-setup where something is in the way: rights, tokens, names, a ZITADEL that lags or fails.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { startIssuer } from '../issuer/client.mjs';
import { freePort } from './support/http.mjs';
import { issuer, manage, run, setUp, SetUp, useSetUp } from './support/setup.mjs';

useSetUp();

// Fails so, and has changed nothing.
async function refuses(message, options, how) {
  await issuer.resetCounters();
  const answer = await setUp.fails(message, options, how);
  assert.equal((await issuer.management()).changes, 0);
  assert.equal(existsSync(setUp.dir), false);
  return answer;
}

describe('a mistake on the command line is told, with a hint at --help', () => {
  const cases = {
    '--domain is missing': { domain: undefined },
    '--project is missing': { project: undefined },
    '--service-user is missing': { serviceUser: undefined },
    '--dir is missing': { dir: undefined },
    'one of --admin-token-file': { adminTokenFile: undefined },
    'one of --admin-token-file ': { adminKey: 'a' },
    '--admin-token is not an option': { adminToken: 'secret' },
    '--dry-run takes no value': { 'dryRun=yes': true },
    '--json asks nobody: add --yes or --dry-run': { json: true, yes: undefined },
    '--new-key, --rotate-key, --remove-old-keys and --remove exclude each other': { newKey: true, remove: true },
    '--new-key, --rotate-key, --remove-old-keys and --remove exclude each other ': { rotateKey: true, removeOldKeys: true },
    '--access-token-type is neither jwt nor bearer': { accessTokenType: 'opaque' },
    '--key-days is not a number of days': { keyDays: '0' },
    '--role may hold letters, digits and': { role: 'a,b' },
    '--role may hold letters, digits and ': { role: 'a b' },
    '--role may hold letters, digits and  ': { role: 'a"b' },
    '--project is longer than 200': { project: 'x'.repeat(201) },
    '--project holds what is no character': { project: 'a\nb' },
    '--project begins or ends with a blank': { project: ' a' },
    '--service-user begins or ends with a blank': { serviceUser: 'a ' },
    '--application begins or ends with a blank': { application: ' ' },
    '--role Admin and admin differ in upper and lower case alone': { role: ['Admin', 'b', 'admin'] },
    '--domain lacks the scheme; write https://my-instance.zitadel.cloud;': { domain: 'my-instance.zitadel.cloud' },
    '--domain lacks the scheme; write https://10.0.0.1:8080;': { domain: '10.0.0.1:8080' },
    '--domain is not a URL of the form': { domain: 'my-instance' },
    '--org is no organisation\'s id': { org: 'My organisation' },
    '--domain has a path': { domain: 'https://host/ui/console' },
    '--domain begins with http:// and does not name this machine': { domain: 'http://host' },
  };
  for (const [message, options] of Object.entries(cases)) {
    it(message, async () => {
      const { stderr } = await refuses(/; see zitadel-setup --help\n$/, options);
      assert.ok(stderr.includes(message.trimEnd()), stderr);
    });
  }

  it('takes roles side by side', async () => {
    const stdout = await setUp.ok({ role: undefined, dryRun: true });
    assert.doesNotMatch(stdout, /role/);
    const answer = await run([...setUp.arguments({ role: undefined, dryRun: true }),
      '--role', 'a', 'b', '--role=c']);
    assert.deepEqual([...answer.stdout.matchAll(/^role +(\w)/gm)].map(([, key]) => key),
      ['a', 'b', 'c']);
  });

  it('tells how it is used, and its version', async () => {
    assert.match((await run(['--help'])).stdout, /^Usage: zitadel-setup .*--rotate-key.*--remove/s);
    assert.match((await run(['--version', '--nonsense'])).stdout, /^zitadel-setup \d/);
  });
});

describe('the administrator', () => {
  const named = {
    'owner-viewer': /owner-viewer lacks the permissions project\.create, project\.role\.write, project\.app\.write, user\.write, user\.grant\.write; nothing was changed\. Give it the role ORG_OWNER: /,
    'project-creator': /project-creator lacks the permissions org\.read, project\.read, project\.role\.read, .*user\.grant\.write; .*ORG_OWNER/,
    'user-manager': /user-manager lacks the permissions project\.app\.read, project\.create, .*ORG_OWNER/,
    'manages-nothing': /manages-nothing manages nothing in this organisation: give it the role ORG_OWNER/,
  };
  for (const [name, message] of Object.entries(named)) {
    it(`${name} is told what is missing, before anything is made`, async () => {
      await refuses(message, { adminTokenFile: issuer.files[`${name}-token`] });
      await refuses(message, { adminTokenFile: undefined, adminKey: issuer.files[`${name}-key`] });
    });
  }

  it('who only may look on sees that all is there', async () => {
    await setUp.ok();
    assert.match(await setUp.ok({ adminTokenFile: issuer.files['owner-viewer-token'] }),
      /nothing was changed/);
  });

  it('of the instance is enough', () => setUp.ok({ adminTokenFile: issuer.files['iam-owner-token'] }));

  it('whose token has expired is told so', async () => {
    await refuses(/does not take the administrator's token \(401\): \(1\) it has expired/,
      { adminTokenFile: issuer.files['expired-token'] });
  });

  it('whose token is of another instance, or is none, is told so', async () => {
    const other = await startIssuer();
    try {
      await refuses(/\(401\).*\(3\) it is of another instance/,
        { adminTokenFile: other.files['admin-token'] });
      await refuses(/ZITADEL refused the key/,
        { adminTokenFile: undefined, adminKey: other.files['admin-key'] });
    } finally {
      await other.stop();
    }
    await refuses(/\(401\)/, { adminTokenFile: '-' }, { input: `${await issuer.mint()}\n` });
    const token = issuer.readToken('admin');
    for (const [text, why] of [['two words', /holds several words: leave one access token alone in it/],
      ['na\u00efve', /holds characters that are in no access token/], ['', /is empty/],
      ['\n \n', /is empty/], [`Bearer ${token}`, /holds the word Bearer before the token/], [`"${token}"`, /one word of letters/],
      [`\ufeff${token}`, /begins with a byte order mark/], [Buffer.from(`\ufeff${token}`, 'utf16le'), /begins with a byte order mark/]]) {
      await refuses(why, { adminTokenFile: '-' }, { input: text });
      const file = join(setUp.parent, 'token');
      writeFileSync(file, text, { mode: 0o600 });
      await refuses(why, { adminTokenFile: file });
    }
    await refuses(/holds JSON .*--admin-key/, { adminTokenFile: issuer.files['admin-key'] });
    await refuses(/this is not JSON/,
      { adminTokenFile: undefined, adminKey: issuer.files['admin-token'] });
    await refuses(/nowhere cannot be opened/, { adminTokenFile: '/nowhere' });
  });

  it('whose token others can read is told so', async () => {
    const file = join(setUp.parent, 'token');
    writeFileSync(file, readFileSync(issuer.files['admin-token']));
    chmodSync(file, 0o644);
    await refuses(/others may read this token: chmod 600/, { adminTokenFile: file });
  });

  it('whose token it is stands in nothing that is said', async () => {
    for (const options of [{}, { adminTokenFile: issuer.files['owner-viewer-token'] }]) {
      const { stdout, stderr } = await setUp.run(options);
      for (const name of ['admin', 'owner-viewer']) {
        assert.ok(!(stdout + stderr).includes(issuer.readToken(name).slice(0, 12)));
      }
    }
  });
});

describe('the instance', () => {
  it('that has another name is told', async () => {
    await refuses(/discovery answered with status 404.*the name in --domain must be the instance's own/,
      { domain: issuer.issuer.replace('127.0.0.1', 'localhost') });
    await refuses(/ZITADEL cannot be reached/, { domain: `http://127.0.0.1:${await freePort()}` });
  });

  it('that speaks the other protocol is told with the right URL', async () => {
    await refuses(new RegExp(`the port speaks plain HTTP, and --domain says https: write ${issuer.issuer} .*ZITADEL_ALLOW_HTTP=1`),
      { domain: issuer.issuer.replace('http:', 'https:') });
    const tls = await startIssuer({ tls: true });
    try {
      await refuses(new RegExp(`the port speaks TLS, and --domain says http: write ${tls.issuer}$`, 'm'),
        { domain: tls.issuer.replace('https:', 'http:') });
    } finally {
      await tls.stop();
    }
  });

  it('has no such organisation', () =>
    refuses(/there is no such organisation as --org names/, { org: '123' }));

  it('whose other organisation is meant gets it there', async () => {
    await setUp.ok({ org: issuer.otherOrganisationId, adminTokenFile: issuer.files['iam-owner-token'] });
    const { project } = await setUp.assertComplete();
    assert.equal(project.organisationId, issuer.otherOrganisationId);
  });

  it('that limits calls is asked again', async () => {
    await issuer.fault('rate-limited', { on: 'management', times: 2 });
    await setUp.ok();
    await setUp.assertComplete();
  });

  for (const name of ['server-error', 'reset', 'not-json', 'database-away']) {
    it(`that fails in the middle (${name}) is told of, and the next run completes it`, async () => {
      for (const nth of [4, 6, 8, 9, 11, 12]) {
        const each = new SetUp(issuer);
        await issuer.fault(name, { on: 'management', nth });
        const { stderr } = await each.run();
        assert.match(stderr, /^zitadel-setup: [^\n]+\n$/);
        await issuer.clearFaults();
        await each.ok();
        await each.assertComplete();
        each.remove();
      }
    });
  }

  for (const order of [{ searches: 2 }, { searches: 8 }, { ms: 700 }]) {
    it(`that lags (${JSON.stringify(order)}) is waited for`, async () => {
      await issuer.lag(order);
      await setUp.ok();
      const stdout = await setUp.ok({ newKey: true });
      await setUp.assertComplete();
      assert.doesNotMatch(stdout, /: (made|replaced)/);
    });
  }
});

describe('something else than ZITADEL', () => {
  const answers = {
    html: (response) => response.setHeader('content-type', 'text/html').end('<h1>\x1b[31mWelcome</h1>'),
    'half an answer': (response) => { response.writeHead(200, { 'content-length': 99 }).write('{"issuer":'); setTimeout(() => response.destroy(), 30); },
    'a redirect': (response) => response.writeHead(301, { location: 'https://elsewhere.example/' }).end(),
    'two megabytes': (response) => response.end('x'.repeat(2 << 20)),
    'a list': (response) => response.end('[1]'),
    'an empty object': (response) => response.end('{}'),
    refusal: (response) => response.writeHead(403).end('<h1>Forbidden</h1>'),
  };
  const kOther = 'something else than ZITADEL';
  const told = {
    html: [kOther, kOther],
    'half an answer': ['ended too early', 'ended too early'],
    'a redirect': [kOther, 'it leads elsewhere'],
    'two megabytes': [kOther, 'too large'],
    'a list': [kOther, kOther],
    'an empty object': [kOther, 'is this a ZITADEL?'],
    refusal: ['status 403', 'does something in front of ZITADEL'],
  };
  for (const [name, answer] of Object.entries(answers)) {
    it(`that answers with ${name} is told of, from the first question or after the discovery`, async () => {
      let discovery;
      const server = createServer((request, response) =>
        (discovery && request.url.startsWith('/.well-known') ? response.end(discovery) : answer(response)));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const domain = `http://127.0.0.1:${server.address().port}`;
      try {
        for (const words of told[name]) {
          const { stderr } = await refuses(/./, { domain });
          assert.ok(stderr.includes(words), stderr);
          assert.doesNotMatch(stderr, /ORG_OWNER/);
          discovery = JSON.stringify({ issuer: domain, token_endpoint: `${domain}/token`, introspection_endpoint: `${domain}/i`,
            jwks_uri: `${domain}/keys` });
        }
      } finally {
        server.close();
        server.closeAllConnections();
      }
    });
  }
});

describe('a name that is taken', () => {
  const add = (path, body) => manage(issuer, 'POST', `/management/v1${path}`, body);

  it('by an application of another kind', async () => {
    const { id } = await add('/projects', { name: setUp.options.project });
    await add(`/projects/${id}/apps/api`,
      { name: 'api', authMethodType: 'API_AUTH_METHOD_TYPE_BASIC' });
    await refuses(/the name api is taken by an application of another kind.*--application/);
    await setUp.ok({ application: 'other' });
  });

  it('by an application that people log in to', async () => {
    const { id } = await add('/projects', { name: setUp.options.project });
    await issuer.stranger({ kind: 'oidc-application', name: 'api', projectId: id });
    await refuses(/the name api is taken by an application of another kind.*--application/);
  });

  it('by a person', async () => {
    await issuer.stranger({ kind: 'person', name: setUp.options.serviceUser });
    await refuses(/the name caller \d+ is taken by a person: give another one with --service-user/);
  });

  it('in another spelling', async () => {
    await add('/projects', { name: setUp.options.project.toUpperCase() });
    await setUp.fails(/the project api \d+ could not be made: the name is taken, perhaps in another spelling/);
  });

  it('by a user of another organisation', async () => {
    await setUp.fails(/the service user org-role could not be made: .*in another organisation/,
      { serviceUser: 'org-role' });
  });

  it('by a service user with tokens of another kind', async () => {
    await add('/users/machine', { userName: setUp.options.serviceUser, name: 'x' });
    await refuses(/gets access tokens of the type bearer: change the type .*--access-token-type bearer/,
      { accessTokenType: 'jwt' });
    await setUp.ok();
  });

  it('in any language and with any sign is found again', async () => {
    setUp.options.project = 'Grüße "🌍" \\ <&>';
    setUp.options.serviceUser = 'has spaces\' and "quotes"';
    await setUp.ok();
    await setUp.assertComplete();
    assert.match(await setUp.ok(), /nothing was changed/);
    await setUp.ok({ remove: true });
  });
});

it('lets one at a time work in a folder', async () => {
  await setUp.ok();
  await issuer.fault({ on: 'discovery', times: 1, delay: 1500 });
  const first = setUp.run();
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  await setUp.fails(/another zitadel-setup is at work in it/);
  assert.equal((await first).status, 0);
});
