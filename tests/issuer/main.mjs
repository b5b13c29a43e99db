// SPDX-License-Identifier: Apache-2.0
// Starts the issuer: node tests/issuer/main.mjs --data DIR [options]; see README.md.
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { changeSettings, startAdmin } from './lib/admin.mjs';
import { makeCertificates } from './lib/certificates.mjs';
import { Counters } from './lib/counters.mjs';
import { Faults } from './lib/faults.mjs';
import { writeKeyFiles, writeReady, writeTokenFiles } from './lib/files.mjs';
import { KeyPairs } from './lib/key_pairs.mjs';
import { Listener } from './lib/listener.mjs';
import { Journal } from './lib/management/journal.mjs';
import { Lag } from './lib/management/lag.mjs';
import { createProvider } from './lib/provider.mjs';
import { createInstance } from './lib/seed.mjs';

const kHost = '127.0.0.1';
const kUsage = 64;

const options = {
  data: { type: 'string' },
  port: { type: 'string', default: '0' },
  tls: { type: 'boolean', default: false },
  host: { type: 'string', default: kHost },
  'max-streams': { type: 'string', default: '250' },
  window: { type: 'string', default: '65535' },
  assertions: { type: 'string', default: 'once' },
  refusals: { type: 'string', default: 'zitadel' },
  'access-tokens': { type: 'string', default: 'opaque' },
  keys: { type: 'string' },
  'stop-with-stdin': { type: 'boolean', default: false },
};

function readArguments() {
  try {
    const { values } = parseArgs({ options });
    if (!values.data) throw new Error('--data DIR is missing');
    const { assertions, refusals, 'access-tokens': accessTokens } = values;
    return { ...values, settings: changeSettings({}, { assertions, refusals, accessTokens }) };
  } catch (error) {
    console.error(`issuer: ${error.message}`);
    return process.exit(kUsage);
  }
}

function stopOnRequest(dir, { withStdin }) {
  const stop = () => {
    rmSync(join(dir, 'ready.json'), { force: true });
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop);
  if (withStdin) process.stdin.on('end', stop).resume();
}

const idsByName = (users) => Object.fromEntries(users.map(({ name, userId }) => [name, userId]));

// A personal access token of each administrator, and one that has expired.
async function administratorTokens(administrators, issue) {
  const tokens = {};
  for (const user of administrators) {
    tokens[user.name] = (await issue({ user, kind: 'pat' })).access_token;
  }
  const [user] = administrators;
  tokens.expired = (await issue({ user, kind: 'pat', ttl: -60 })).access_token;
  return tokens;
}

async function main() {
  const { settings, ...values } = readArguments();
  const dir = resolve(values.data);
  process.umask(0o077);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  rmSync(join(dir, 'ready.json'), { force: true });
  stopOnRequest(dir, { withStdin: values['stop-with-stdin'] });

  const counters = new Counters();
  const faults = new Faults();
  const tls = values.tls ? makeCertificates(dir) : undefined;
  const listener = new Listener({
    tls, maxStreams: Number(values['max-streams']), window: Number(values.window), faults, counters,
  });
  const instance = await createInstance(new KeyPairs(values.keys));
  const port = await listener.listen(Number(values.port));
  const issuer = `${tls ? 'https' : 'http'}://${values.host}:${port}`;
  const lag = new Lag();
  const journal = new Journal();
  const { provider, issue } = createProvider({
    issuer, instance, settings, counters, lag, journal,
  });
  listener.serve(provider.callback());
  const admin = await startAdmin(kHost,
    { instance, settings, faults, counters, listener, provider, issue, lag, journal });

  const administrators = instance.users.filter(({ isAdministrator }) => isAdministrator);
  const files = {
    ...writeKeyFiles(dir, instance),
    ...writeTokenFiles(dir, await administratorTokens(administrators, issue)),
  };
  if (tls) Object.assign(files, { ca: join(dir, 'ca.pem'), 'wrong-ca': join(dir, 'wrong-ca.pem') });
  const ready = {
    issuer,
    admin: `http://${kHost}:${admin.address().port}`,
    pid: process.pid,
    projectId: instance.projectId,
    otherProjectId: instance.otherProjectId,
    organisationId: instance.organisation.id,
    otherOrganisationId: instance.otherOrganisation.id,
    apiClientId: instance.applications[0].clientId,
    users: idsByName(instance.users.filter(({ isAdministrator }) => !isAdministrator)),
    administrators: idsByName(administrators),
    dir,
    files,
  };
  writeReady(dir, ready);
  console.log(`ready ${issuer}`);
}

await main();
