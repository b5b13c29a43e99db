// SPDX-License-Identifier: Apache-2.0
// The issuer of the benchmark: nginx with a constant answer, at once or after 0.8 seconds, over
// HTTP/1.1 and over TLS with HTTP/2.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { makeCertificates } from '../../issuer/lib/certificates.mjs';
import { canConnect, freePort } from '../../integration/support/http.mjs';
import { Process, childrenOf, waitFor } from '../../integration/support/processes.mjs';
import { Workspace } from '../../integration/support/workspace.mjs';

export const delaySeconds = 0.8;
const clientId = '338273919103205379';
const projectId = '338273918163681283';
const kStreams = 250; // of one HTTP/2 connection: what Go, in which ZITADEL is written, allows
const kSettleTime = 1200; // milliseconds until the last question is answered and in the log
const kCounted = 16; // last characters of an assertion, part of its signature

// What ZITADEL says of a service user with one role.
const answer = (issuer) => JSON.stringify({
  active: true,
  scope: `openid profile urn:zitadel:iam:org:project:id:${projectId}:aud`,
  client_id: 'reporting-service', token_type: 'Bearer',
  exp: 4_102_444_800, iat: 1_760_000_000, nbf: 1_760_000_000,
  sub: '338274182601113603', aud: [clientId, projectId], iss: issuer,
  jti: 'V2_338274210954608643-at_338274210954674179',
  username: 'reporting-service', name: 'Reporting Service', updated_at: 1_759_990_000,
  preferred_username: 'reporting-service',
  [`urn:zitadel:iam:org:project:${projectId}:roles`]:
    { 'read:messages': { '338273905748541443': 'acme.k3x9ab.zitadel.cloud' } },
  'urn:zitadel:iam:org:project:roles':
    { 'read:messages': { '338273905748541443': 'acme.k3x9ab.zitadel.cloud' } },
});

const discovery = (issuer) => JSON.stringify({
  issuer, introspection_endpoint: `${issuer}/oauth/v2/introspect`,
  token_endpoint: `${issuer}/oauth/v2/token`, jwks_uri: `${issuer}/oauth/v2/keys`,
});

// `echo` gives a constant; the body has to be read for its assertion to be counted.
const serverBlock = ({ folder, name, issuer, listen, tls = '' }) => `
  server {
    listen ${listen};
    ${tls}
    access_log off;
    default_type application/json;
    location = /.well-known/openid-configuration { return 200 '${discovery(issuer)}'; }
    location = /oauth/v2/introspect {
      access_log ${folder}/log/${name}.log asked buffer=64k flush=100ms;
      echo_read_request_body;
      echo -n '${answer(issuer)}';
    }
    location = /slow {
      access_log ${folder}/log/${name}.log asked buffer=64k flush=100ms;
      echo_read_request_body;
      echo_sleep ${delaySeconds};
      echo -n '${answer(issuer)}';
    }
  }`;

const configuration = ({ folder, ports, issuers }) => `
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${folder}/run/nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/run/${name};`).join('\n  ')}
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_buffer_size 64k;
  client_body_in_single_buffer on;
  http2_max_concurrent_streams ${kStreams};
  map $request_body $signature { default -; "~client_assertion=[^&]*([^&]{${kCounted}})(&|$)" $1; }
  log_format asked '$connection $signature';
  ${serverBlock({ folder, name: 'http1', issuer: issuers.http1,
    listen: `127.0.0.1:${ports.http1} backlog=4096` })}
  ${serverBlock({ folder, name: 'http2', issuer: issuers.http2,
    listen: `127.0.0.1:${ports.http2} ssl http2 backlog=4096`,
    tls: `ssl_certificate ${folder}/etc/server.pem;
    ssl_certificate_key ${folder}/etc/server-key.pem;` })}
}
`;

function makeApplicationKey(workspace) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return workspace.write('etc/api-key.json', JSON.stringify({
    type: 'application', keyId: '338273919371640835', appId: '338273919103139843', clientId,
    key: privateKey.export({ type: 'pkcs1', format: 'pem' }),
  }));
}

class NginxIssuer {
  #positions = { http1: 0, http2: 0 };

  constructor(workspace, process, issuers, key, certificate) {
    Object.assign(this, { workspace, process, issuers, certificate });
    this.key = key;
  }

  // What startApi wants of an issuer. protocol: http1 or http2.
  of(protocol) {
    return { issuer: this.issuers[protocol], projectId, files: { 'api-key': this.key },
      readFile: () => JSON.parse(readFileSync(this.key, 'utf8')) };
  }

  slowUrl(protocol) {
    return `${this.issuers[protocol]}/slow`;
  }

  // The introspections since the last time: how many, over how many connections, with how many
  // assertions.
  async asked(protocol) {
    await sleep(kSettleTime);
    const text = readFileSync(this.workspace.path(`log/${protocol}.log`), 'latin1');
    const lines = text.slice(this.#positions[protocol]).split('\n').slice(0, -1);
    this.#positions[protocol] = text.length;
    const distinct = (column) => new Set(lines.map((line) => line.split(' ')[column])).size;
    return { introspections: lines.length, connections: distinct(0), assertions: distinct(1) };
  }

  // Connections are still taken by the system, and nothing more comes.
  hang() {
    this.#signalWorkers('SIGSTOP');
  }

  goOn() {
    this.#signalWorkers('SIGCONT');
  }

  async stop() {
    this.goOn();
    await this.process.stop();
    this.workspace.remove();
  }

  #signalWorkers(name) {
    for (const pid of childrenOf(this.process.pid)) process.kill(pid, name);
  }
}

export async function startNginxIssuer() {
  const workspace = new Workspace();
  const ports = { http1: await freePort(), http2: await freePort() };
  const issuers = { http1: `http://127.0.0.1:${ports.http1}`,
    http2: `https://127.0.0.1:${ports.http2}` };
  makeCertificates(workspace.path('etc'));
  const certificate = workspace.write('etc/issuer.pem', readFileSync(workspace.path('etc/ca.pem')));
  for (const name of ['server.pem', 'server-key.pem']) {
    workspace.write(`etc/${name}`, readFileSync(workspace.path(`etc/${name}`)));
  }
  const file = workspace.write('etc/nginx.conf',
    configuration({ folder: workspace.folder, ports, issuers }));
  const nginx = new Process('/usr/sbin/nginx', ['-c', file, '-p', workspace.folder]);
  const issuer = new NginxIssuer(workspace, nginx, issuers, makeApplicationKey(workspace),
    certificate);
  try {
    await waitFor('nginx to listen', async () => {
      if (nginx.hasExited) throw new Error(`nginx has ended: ${nginx.output}`);
      return await canConnect({ port: ports.http1 }) && canConnect({ port: ports.http2 });
    });
  } catch (error) {
    await issuer.stop();
    throw error;
  }
  return issuer;
}
