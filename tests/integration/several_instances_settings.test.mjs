// SPDX-License-Identifier: Apache-2.0
// Sections of the settings file: what may stand in them, what is said of mistakes, and what the commands tell
// of each section.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { settingsText, useApi } from './support/api.mjs';
import { freePort } from './support/http.mjs';
import { common, instance, realmOf, replaceSettings, sectioned, startIssuers } from './support/instances.mjs';
import { Process } from './support/processes.mjs';
import { kept, reload } from './support/reloads.mjs';
import { SecretWatch } from './support/secret_watch.mjs';
import { Workspace } from './support/workspace.mjs';

const kExitUsage = 64;
const kExitConfiguration = 78;
const kMostSections = 32;
const limit = { timeout: 120_000 };

let one;
let two;
before(async () => {
  [one, two] = await startIssuers(2);
});
after(() => Promise.all([one?.stop(), two?.stop()]));

let workspace;
let secrets;
beforeEach(() => {
  workspace = new Workspace();
  workspace.installProgram();
  secrets = new SecretWatch();
  for (const issuer of [one, two]) secrets.addKey(issuer.readFile('api-key').key);
});
afterEach(() => workspace.remove());

const top = () => ({ ...common, ...instance(workspace, one, 'top') });
const second = (more = {}) => ({ ...instance(workspace, two, 'second'), ...more });
const text = (sections, more = {}) => sectioned({ ...top(), ...more }, sections);

// The exit status and all that was said, of which nothing may be a secret.
async function run(args = [], { env = { ZITADEL_ENV_FILE: workspace.settingsFile }, name = 'api.fcgi' } = {}) {
  const program = new Process(workspace.path(`lib/${name}`), args, { env, cwd: workspace.path('run') });
  const { code } = await program.exit({ timeoutMs: 30_000 });
  assert.equal(secrets.findIn(program.output), undefined);
  const lines = program.output.split('\n');
  return { code, output: program.output, errors: lines.filter((line) => line.includes(' error: ')),
    bad: lines.filter((line) => line.startsWith('✗')), good: lines.filter((line) => line.startsWith('✓')) };
}

// The number of the line that begins so.
const lineOf = (all, beginning, from = 0) => {
  const at = all.split('\n').findIndex((line, i) => i >= from && line.startsWith(beginning));
  assert.ok(at >= 0, beginning);
  return at + 1;
};

// Name → { text of the file, number of the line, what the mistake has to say beyond it }.
const headings = {
  'that is not closed': '[two.example', 'that is empty': '[]', 'of blanks': '[   ]', 'that is closed twice': '[two.example]]',
  'with something behind it': '[two.example] x', 'with a scheme': '[https://two.example]', 'with a port': '[two.example:443]',
  'with a star': '[*.example]', 'that is a star': '[*]', 'with a user': '[user@two.example]',
  'with a dot before it': '[.two.example]', 'with two dots': '[two..example]', 'with a path with ..': '[/shop/../x]', 'with a path with .': '[/shop/./x]',
  'with a path with //': '[/shop//x]', 'with //': '[//shop]', 'with a path with %': '[/sh%6fp]', 'with a path with ?': '[/shop?x]',
  'with a path with #': '[/shop#x]', 'with a path with ;': '[/shop;x]', 'with a backslash': '[/shop\\x]', 'with a host with %': '[two%2eexample]',
  'with a comma': '[two.example, three.example]', 'with a quote': '["two.example"]', 'with a letter beyond ASCII': '[z\u00fcrich.example]',
  'with a control character': '[two\u0001.example]',
  'with the same place twice': '[two.example two.example]', 'with the same place with a dot at its end': '[two.example two.example.]', 'with the same place in capitals': '[two.example TWO.example]',
  'with the same path with a slash at its end': '[/shop /shop/]',
};

describe('a mistake', limit, () => {
  // Each is told in a line that names the file, the line, and what else is given.
  async function refuses(content, ...wanted) {
    workspace.write('etc/api.env', content);
    const { code, errors, output } = await run();
    assert.equal(code, kExitConfiguration, output);
    for (const [line, ...patterns] of wanted) {
      const right = errors.filter((each) => new RegExp(`api\\.env, line ${line}\\b`).test(each) &&
        patterns.every((pattern) => (typeof pattern === 'string' ? each.includes(pattern) : pattern.test(each))));
      assert.equal(right.length, 1, `line ${line}, ${patterns}:\n${errors.join('\n')}`);
    }
    assert.equal(errors.length, wanted.length, errors.join('\n'));
    return errors;
  }

  for (const [name, heading] of Object.entries(headings)) {
    it(`in a heading ${name} is told`, async () => {
      const content = `${settingsText(top())}\n${heading}\n${settingsText(second())}`;
      workspace.write('etc/api.env', content);
      const { code, errors, output } = await run();
      assert.equal(code, kExitConfiguration, output);
      const line = lineOf(content, heading);
      assert.ok(errors.some((each) => new RegExp(`api\\.env, line ${line}\\b`).test(each)), `line ${line}: ${errors.join('\n')}`);
      assert.ok(errors.every((each) => !/[\x01-\x08]/.test(each)), errors.join('\n'));
      // A follow-up must not send people elsewhere.
      assert.equal(errors.length, 1, errors.join('\n'));
    });
  }

  it('in two sections is told for both, each with its own line', async () => {
    const content = text({ 'two.example': second({ ZITADEL_CACHE_TTL: 'soon' }), '/shop': second({ ZITADEL_REALMS: 'x' }) });
    await refuses(content, [lineOf(content, 'ZITADEL_CACHE_TTL'), 'ZITADEL_CACHE_TTL', '"soon"'],
      [lineOf(content, 'ZITADEL_REALMS'), 'ZITADEL_REALM if that is meant']);
  });

  for (const [first, again] of [['two.example', 'two.example'], ['two.example', 'Two.EXAMPLE'], ['/shop', '/SHOP'],
    ['/shop', '/shop/'], ['two.example /shop', 'three.example /shop'], ['two.example/shop', 'two.example/shop']]) {
    it(`the place of [${first}] again in [${again}] is told`, async () => {
      const content = `${settingsText(top())}\n[${first}]\n${settingsText(second())}\n[${again}]\n${settingsText(second())}`;
      const from = lineOf(content, `[${first}]`);
      await refuses(content, [lineOf(content, `[${again}]`, from), new RegExp(`line ${from}\\b|${first.split(' ').at(-1)}`)]);
    });
  }

  it('a section without an instance of its own, or without a key', async () => {
    const { ZITADEL_DOMAIN, API_PRIVATE_KEY_FILE_PATH, ...rest } = second();
    const content = text({ 'two.example': { API_PRIVATE_KEY_FILE_PATH, ...rest }, 'three.example': { ZITADEL_DOMAIN, ...rest } });
    await refuses(content, [lineOf(content, '[two.example]'), 'ZITADEL_DOMAIN', 'two.example'],
      [lineOf(content, '[three.example]'), 'API_PRIVATE_KEY_FILE_PATH', 'three.example']);
  });

  it('an empty section takes nothing of another instance', async () => {
    const content = text({ 'two.example': {} });
    await refuses(content, [lineOf(content, '[two.example]'), 'ZITADEL_DOMAIN'], [lineOf(content, '[two.example]'), 'API_PRIVATE_KEY_FILE_PATH']);
  });

  for (const [name, value] of Object.entries({ ZITADEL_THREADS: 2, ZITADEL_LOG_LEVEL: 'debug', ZITADEL_LOG_FILE: 'x.log',
    ZITADEL_LOG_FORMAT: 'json' })) {
    it(`${name} in a section is told: it counts for the whole program`, async () => {
      const content = sectioned({ ZITADEL_CACHE_DIR: 'cache', ...instance(workspace, one, 'top') },
        { 'two.example': second({ [name]: value }) });
      await refuses(content, [lineOf(content, name), name, /before the first section/]);
    });
  }

  it('the same setting twice in a section', async () => {
    const content = `${text({ 'two.example': second() })}ZITADEL_REALM=again\n`;
    await refuses(content, [content.split('\n').length - 1, 'ZITADEL_REALM']);
  });

  it('the same setting in two sections is none', async () => {
    workspace.write('etc/api.env', text({ 'two.example': second(), 'three.example': second() }));
    const { code, bad, output } = await run(['--check']);
    assert.deepEqual([code, bad], [0, []], output);
  });

  it(`${kMostSections} sections are taken, one more is told`, async () => {
    const sections = (count) => text(Object.fromEntries(Array.from({ length: count }, (_, i) => [`h${i}.example`, second()])));
    workspace.write('etc/api.env', sections(kMostSections));
    const right = await run(['--check']);
    assert.deepEqual([right.code, right.bad], [0, []], right.output);
    const content = sections(kMostSections + 1);
    await refuses(content, [lineOf(content, `[h${kMostSections}.example]`), String(kMostSections)]);
  });

  it('settings of an instance before the first section, and no instance there', async () => {
    const { ZITADEL_DOMAIN, ...rest } = top();
    assert.ok(ZITADEL_DOMAIN);
    const content = sectioned(rest, { 'two.example': second() });
    workspace.write('etc/api.env', content);
    const { code, errors } = await run();
    assert.equal(code, kExitConfiguration);
    assert.ok(errors.some((each) => /ZITADEL_DOMAIN/.test(each)), errors.join('\n'));
  });

  it('neither an instance before the first section nor a section', async () => {
    workspace.write('etc/api.env', settingsText(common));
    const { code, errors } = await run();
    assert.equal(code, kExitConfiguration);
    assert.ok(errors.some((each) => /ZITADEL_DOMAIN is not set/.test(each)), errors.join('\n'));
  });

  // Plain CGI reads no rules of a section that is not in charge: --check does.
  for (const [what, settings, pattern] of [['key', { API_PRIVATE_KEY_FILE_PATH: 'none.json' }, /none\.json/],
    ['rules', { ZITADEL_RULES: 'wrong' }, /wrong: line 1/], ['certificates', { ZITADEL_CA_FILE: 'none.pem' }, /none\.pem/]]) {
    it(`in the ${what} that a section names`, async () => {
      workspace.write('etc/wrong', '/ nobody knows this\n', 0o644);
      workspace.write('etc/api.env', text({ 'two.example': second(settings) }));
      const { code, bad, output } = await run(['--check']);
      assert.equal(code, kExitConfiguration, output);
      assert.equal(bad.length, 1, output);
      assert.match(bad[0], pattern);
    });
  }

  it('a key that others may read, in a section', async () => {
    const key = workspace.write('etc/open.json', readFileSync(two.files['api-key']), 0o644);
    workspace.write('etc/api.env', text({ 'two.example': second({ API_PRIVATE_KEY_FILE_PATH: key }) }));
    const { code, errors, output } = await run();
    assert.equal(code, kExitConfiguration, output);
    assert.ok(errors.some((line) => line.includes(key) && /chmod/.test(line)), errors.join('\n'));
  });

  it('a section in the file beside the program, which names the settings', async () => {
    const section = `\n[two.example]\n${settingsText(second())}`;
    workspace.write('etc/api.env', settingsText(top()));
    workspace.write('lib/api.env', `ZITADEL_ENV_FILE=${workspace.settingsFile}\n${section}`);
    const { code, errors, output } = await run([], { env: {} });
    assert.equal(code, kExitConfiguration, output);
    assert.ok(errors.some((line) => /lib\/api\.env, line \d+/.test(line)), errors.join('\n'));
  });

  it('is told on a reload, and everything stays as it was everywhere', async () => {
    const settings = (more, realm = 'right') => (place) => sectioned(
      { ...common, ...instance(place, one, realm) }, { 'two.example': { ...instance(place, two, realm), ...more } });
    await useApi('lighttpd/spawn-fcgi.conf', one, { settings: settings({}) }, async (api) => {
      const token = await two.mint();
      for (const more of [{ ZITADEL_CACHE_TTL: 'soon' }, { ZITADEL_DOMAIN: undefined }, { ZITADEL_THREADS: 4 },
        { API_PRIVATE_KEY_FILE_PATH: 'none.json' }]) {
        replaceSettings(api, settings(more, 'wrong')(api.workspace));
        await reload(api, kept);
        for (const host of ['two.example', 'x']) {
          assert.equal(realmOf(await api.call('/api/private', { host })), 'right', JSON.stringify(more));
        }
        assert.equal((await api.call('/api/private', { host: 'two.example', token })).status, 200);
      }
      assert.equal(await two.introspectionsOf(token), 1);
    });
  });
});

describe('headings that are none are', limit, () => {
  for (const heading of ['[two.example]', '[ two.example ]', '[two.example\tthree.example]', '  [two.example]  ', '[two.example] # partner',
    '[TWO.example]', '[two.example.]', '[/shop/]', '[/shop/deep two.example/x]', '[127.0.0.1]', '[localhost]', '[xn--zrich-kva.example]', '[a-b.example]']) {
    it(`right: ${JSON.stringify(heading)}`, async () => {
      workspace.write('etc/api.env', `${settingsText(top())}\n${heading}\n${settingsText(second())}`);
      const { code, bad, output } = await run(['--check']);
      assert.deepEqual([code, bad], [0, []], output);
    });
  }

  it('a bracket in a value is a value', async () => {
    workspace.write('etc/api.env', `${settingsText(top())}ZITADEL_TOKEN_COOKIE="a"\nZITADEL_PASS_CLAIMS='\n[two.example]\n'\n`);
    const { output } = await run(['--check']);
    assert.doesNotMatch(output, /section/);
  });
});

describe('what stands before the first section', limit, () => {
  const statusOf = async (api, host, token) => (await api.call('/api/private', { host, token })).status;

  it('counts in a section that says nothing else, and an empty value brings the default back', async () => {
    const settings = (place) => sectioned({ ...common, ...instance(place, one, 'from the top'), ZITADEL_CORS_ORIGINS: 'https://app.example.org' }, {
      'same.example': instance(place, two, 'same', { ZITADEL_REALM: undefined }),
      'own.example': instance(place, two, 'own', { ZITADEL_CORS_ORIGINS: 'https://other.example.org' }),
      'default.example': { ...instance(place, two, 'default'), ZITADEL_REALM: '', ZITADEL_CORS_ORIGINS: '' },
    });
    await useApi('lighttpd/spawn-fcgi.conf', one, { settings }, async (api) => {
      const told = async (host, origin = 'https://app.example.org') => {
        const answer = await api.call('/api/private', { host, headers: { Origin: origin } });
        return [realmOf(answer), answer.headers['access-control-allow-origin']];
      };
      const origin = 'https://app.example.org';
      assert.deepEqual(await told('x'), ['from the top', origin]);
      assert.deepEqual(await told('same.example'), ['from the top', origin]);
      assert.deepEqual(await told('own.example'), ['own', undefined]);
      assert.deepEqual(await told('own.example', 'https://other.example.org'), ['own', 'https://other.example.org']);
      assert.deepEqual(await told('default.example'), ['zitadel', undefined]);
    });
  });

  it('in the environment counts for all sections, too', async () => {
    const settings = (place) => sectioned(common, { 'two.example': instance(place, two, 'two', { ZITADEL_REALM: undefined }) });
    await useApi('lighttpd/spawn-fcgi.conf', one, { settings,
      programReplacements: () => [[' spawn-fcgi -s', ' env ZITADEL_REALM=environment spawn-fcgi -s']] }, async (api) => {
      assert.equal(realmOf(await api.call('/api/private', { host: 'two.example' })), 'environment');
    });
  });

  it('in the environment takes nothing that a section says, and gives no section an instance', async () => {
    workspace.write('etc/api.env', sectioned(common, { 'two.example': second(), 'three.example': { ZITADEL_REALM: 'x' } }));
    const { code, errors } = await run([], { env: { ZITADEL_ENV_FILE: workspace.settingsFile, ZITADEL_DOMAIN: one.issuer,
      API_PRIVATE_KEY_FILE_PATH: workspace.write('etc/env.json', readFileSync(one.files['api-key'])), ZITADEL_PROJECT_ID: one.projectId } });
    assert.equal(code, kExitConfiguration);
    assert.ok(errors.length >= 1 && errors.every((each) => each.includes('three.example')), errors.join('\n'));
  });

  it('of an instance is not taken over: a token of its project counts in no section without one', async () => {
    const settings = (place) => sectioned({ ...common, ...instance(place, one, 'top') },
      { 'two.example': instance(place, two, 'two', { ZITADEL_PROJECT_ID: undefined, ZITADEL_RESOURCE: undefined }) });
    await useApi('lighttpd/spawn-fcgi.conf', one, { settings }, async (api) => {
      assert.equal(await statusOf(api, 'two.example', await two.mint()), 200);
      assert.equal(await statusOf(api, 'two.example', await one.mint()), 401);
    });
  });
});

describe('plain CGI', limit, () => {
  it('finds each section, its relative paths and what another process knows of it', async () => {
    const settings = (place) => {
      place.ensureFolder('etc/keys');
      place.write('etc/keys/two.json', readFileSync(two.files['api-key']));
      return sectioned({ ...common, ...instance(place, one, 'top') },
        { 'two.example': instance(place, two, 'two', { key: null, API_PRIVATE_KEY_FILE_PATH: 'keys/two.json', ZITADEL_CACHE_TTL: 600 }) });
    };
    await useApi('apache/cgi.conf', one, { settings, site: () => '<VirtualHost *>\nServerName one.example\n</VirtualHost>\n' +
      '<VirtualHost *>\nServerName two.example\n</VirtualHost>\nUseCanonicalName On\n' }, async (api) => {
      const tokens = { one: await one.mint(), two: await two.mint() };
      const status = async (host, token) => (await api.call('/api/private', { host, token })).status;
      for (let i = 0; i < 3; i += 1) {
        assert.equal(await status('two.example', tokens.two), 200);
        assert.equal(await status('two.example', tokens.one), 401);
        assert.equal(await status('one.example', tokens.one), 200);
        assert.equal(await status('one.example', tokens.two), 401);
      }
      assert.equal(await two.introspectionsOf(tokens.two), 1);
      assert.equal(await one.introspectionsOf(tokens.one), 1);
    });
  });

  it('does not ask for an instance whose section is not in charge', async () => {
    const settings = (place) => sectioned({ ...common, ...instance(place, one, 'top') },
      { 'two.example': instance(place, two, 'two') });
    await useApi('apache/cgi.conf', one, { settings }, async (api) => {
      const before = await two.counters();
      assert.equal((await api.call('/api/private', { token: await one.mint() })).status, 200);
      assert.deepEqual(await two.counters(), before);
    });
  });
});

describe('api.fcgi --check', limit, () => {
  it('checks each section and says which', async () => {
    const rules = workspace.write('etc/rules', '/ token\n', 0o644);
    workspace.write('etc/api.env', text({ 'two.example www.two.example': second({ ZITADEL_RULES: rules }), '/shop': second() }));
    const { code, bad, output } = await run(['--check']);
    assert.deepEqual([code, bad], [0, []], output);
    for (const section of ['two.example', '/shop']) assert.ok(output.includes(section), output);
    assert.ok(output.includes(`key id ${two.readFile('api-key').keyId}`), output);
    assert.ok(output.includes(`key id ${one.readFile('api-key').keyId}`), output);
  });

  it('is content without an instance before the first section', async () => {
    workspace.write('etc/api.env', sectioned(common, { 'two.example': second() }));
    const { code, bad, output } = await run(['--check']);
    assert.deepEqual([code, bad], [0, []], output);
  });
});

describe('api.fcgi --rule', limit, () => {
  const write = (own = top()) => {
    workspace.write('etc/rules', '/ token\n', 0o644);
    workspace.write('etc/two.rules', '/ role:read:messages\n/open/ public\n', 0o644);
    workspace.write('etc/api.env', sectioned({ ...own, ZITADEL_RULES: 'rules' }, {
      'two.example': second({ ZITADEL_RULES: 'two.rules' }), '/shop': second({ ZITADEL_RULES: 'two.rules' }) }));
  };

  it('goes by the host and the path', async () => {
    write();
    for (const [rule, required] of [
      ['GET https://two.example/x', 'the role read:messages'], ['GET https://TWO.example/x', 'the role read:messages'],
      ['GET https://two.example:8443/x', 'the role read:messages'], ['GET http://two.example/open/x', 'nothing'],
      ['GET https://two.example', 'the role read:messages'],
      ['GET https://nobody.example/x', 'a valid access token'], ['https://nobody.example/x', 'a valid access token'],
      ['https://nobody.example/shop/x', 'the role read:messages'], ['GET https://nobody.example/shop', 'the role read:messages'],
      ['GET https://nobody.example/shopx', 'a valid access token'], ['GET https://x/SHOP/x', 'the role read:messages'],
    ]) {
      const { code, output } = await run(['--rule', rule]);
      assert.equal(code, 0, `${rule}: ${output}`);
      assert.ok(output.includes(`✓ required: ${required}\n`), `${rule}: ${output}`);
    }
  });

  it('says that a path of two sections is refused, and where nobody is in charge', async () => {
    write(common);
    for (const [rule, why] of [['GET https://two.example/x', undefined], ['GET https://nobody.example/x', /403/]]) {
      const { code, bad, output } = await run(['--rule', rule]);
      if (why === undefined) assert.equal(code, 0, output);
      else {
        assert.equal(code, 1, output);
        assert.match(bad.join('\n'), why);
      }
    }
    write();
    for (const rule of ['GET https://x/shop;x/y', 'GET https://x/a/../shop/x', 'DELETE https://x/', 'GET https://x//shop']) {
      const { code, bad, output } = await run(['--rule', rule]);
      assert.equal(code, 1, `${rule}: ${output}`);
      assert.match(bad.join('\n'), /403/, rule);
    }
  });

  it('asks the instance of that section about a token', async () => {
    write();
    const file = async (issuer) => {
      const token = await issuer.mint();
      secrets.add(token);
      return workspace.write('run/token', `${token}\n`);
    };
    const right = await run(['--rule', 'GET https://two.example/x', '--token-file', await file(two)]);
    assert.match(right.output, /the token meets it/);
    const wrong = await run(['--rule', 'GET https://two.example/x', '--token-file', await file(one)]);
    assert.equal(wrong.code, 1, wrong.output);
    assert.match(wrong.bad.join('\n'), /not active/);
  });

  it('asks for the host, by which a section is chosen', async () => {
    write();
    const { code, output } = await run(['--rule', 'GET /x']);
    assert.equal(code, kExitUsage, output);
    assert.match(output, /--rule needs the host/);
  });

  it('refuses what is no URL of a request', async () => {
    write();
    for (const rule of ['GET https://', 'GET https:///x', 'GET ftp://two.example/x', 'GET two.example/x', 'GET https://a b/x']) {
      const { code, output } = await run(['--rule', rule]);
      assert.ok([1, kExitUsage].includes(code), `${rule}: ${code} ${output}`);
      assert.doesNotMatch(output, /✓ required/, rule);
    }
  });
});

describe('zitadel-check', limit, () => {
  const check = (...args) => run(args, { name: 'zitadel-check' });
  beforeEach(() => workspace.installProgram('zitadel-check'));

  it('goes the way of the section that it is told', async () => {
    workspace.write('etc/api.env', text({ 'two.example www.two.example': second(), '/shop': { ...second(), ZITADEL_DOMAIN: `http://127.0.0.1:${await freePort()}` } }));
    for (const [args, issuer] of [[['--section', 'two.example'], two], [['--section=www.two.example'], two],
      [['--section', 'TWO.example'], two], [['--section', '/'], one]]) {
      const { code, output } = await check(...args);
      assert.equal(code, 0, `${args}: ${output}`);
      assert.ok(output.includes(`key id ${issuer.readFile('api-key').keyId} is accepted`), output);
    }
    const away = await check('--section', '/shop');
    assert.equal(away.code, 69, away.output);
  });

  it('says which sections there are where it is told none, or another one', async () => {
    workspace.write('etc/api.env', sectioned(common, { 'two.example': second(), '/shop': second() }));
    for (const args of [['--section', 'nobody.example'], ['--section', '/']]) {
      const { code, output } = await check(...args);
      assert.notEqual(code, 0, `${args}: ${output}`);
      for (const section of ['two.example', '/shop']) assert.ok(output.includes(section), `${args}: ${output}`);
    }
    assert.equal((await check('--section')).code, kExitUsage);
    assert.equal((await check('--section', '')).code, kExitUsage);
  });

  it('judges a token as that section does', async () => {
    workspace.write('etc/api.env', text({ 'two.example': second() }));
    const token = await two.mint();
    secrets.add(token);
    workspace.write('run/token', `${token}\n`);
    assert.equal((await check('--section', 'two.example', '--token-file', workspace.path('run/token'))).code, 0);
    assert.equal((await check('--section', '/', '--token-file', workspace.path('run/token'))).code, 65);
  });
});
