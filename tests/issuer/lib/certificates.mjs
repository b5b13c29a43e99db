// SPDX-License-Identifier: Apache-2.0
// A test CA, a certificate for the issuer from it, and another CA that vouches for nothing here.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// What `openssl ca` wants to be told; it alone dates a certificate back.
const configuration = `
[ca]
default_ca = here
[here]
new_certs_dir = .
database = issued
rand_serial = yes
default_md = sha256
policy = names
[names]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1
`;

const openssl = (dir, ...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });

// Elliptic curve keys: they are made in no time.
const request = (dir, name, subject) => openssl(dir, 'req', '-newkey', 'ec', '-pkeyopt',
  'ec_paramgen_curve:P-256', '-noenc', '-subj', `/CN=${subject}`, '-keyout', `${name}-key.pem`,
  '-out', `${name}.csr`);

// In `openssl ca`'s form, which is UTC.
function date(daysFromNow) {
  const time = new Date(Date.now() + daysFromNow * 86_400_000);
  return time.toISOString().replace(/\.\d+|[-:T]/g, '');
}

// Good since yesterday: a machine whose clock is a little behind meets no certificate of tomorrow.
const sign = (dir, name, extensions, ...by) => openssl(dir, 'ca', '-batch', '-notext',
  '-config', 'openssl.cnf', '-startdate', date(-1), '-enddate', date(30),
  '-extensions', extensions, ...by, '-in', `${name}.csr`, '-out', `${name}.pem`);

function makeAuthority(dir, name) {
  request(dir, name, `zitadel-fcgi test ${name}`);
  sign(dir, name, 'authority', '-selfsign', '-keyfile', `${name}-key.pem`);
}

// Writes ca.pem, wrong-ca.pem and their keys into `dir`; returns what a TLS server needs.
export function makeCertificates(dir) {
  writeFileSync(join(dir, 'openssl.cnf'), configuration, { mode: 0o600 });
  writeFileSync(join(dir, 'issued'), '', { mode: 0o600 });
  for (const name of ['ca', 'wrong-ca']) makeAuthority(dir, name);
  request(dir, 'server', 'localhost');
  sign(dir, 'server', 'server', '-cert', 'ca.pem', '-keyfile', 'ca-key.pem');
  const read = (name) => readFileSync(join(dir, name));
  return { cert: read('server.pem'), key: read('server-key.pem') };
}
