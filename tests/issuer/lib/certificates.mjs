// A test CA, a certificate for the issuer from it, and another CA that vouches for nothing here.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';

// Elliptic curve keys: they are made in no time.
const openssl = (dir, ...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];

const makeAuthority = (dir, name) => openssl(dir, ...request, '-x509', '-days', '30',
  '-subj', `/CN=zitadel-fcgi test ${name}`, '-keyout', `${name}-key.pem`, '-out', `${name}.pem`);

// Writes ca.pem, wrong-ca.pem and their keys into `dir`; returns what a TLS server needs.
export function makeCertificates(dir) {
  for (const name of ['ca', 'wrong-ca']) makeAuthority(dir, name);
  writeFileSync(join(dir, 'server.ext'), names, { mode: 0o600 });
  openssl(dir, ...request, '-subj', '/CN=localhost', '-keyout', 'server-key.pem',
    '-out', 'server.csr');
  openssl(dir, 'x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem',
    '-CAcreateserial', '-days', '30', '-extfile', 'server.ext', '-out', 'server.pem');
  const read = (name) => readFileSync(join(dir, name));
  return { cert: read('server.pem'), key: read('server-key.pem') };
}
