// SPDX-License-Identifier: Apache-2.0
// What is measured: the program, or the floor, behind lighttpd with its shipped file.
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { startApi } from '../../integration/support/api.mjs';
import { FarAway } from '../../integration/support/far_away.mjs';
import { RedisServer } from '../../integration/support/redis.mjs';
import { buildFolder } from '../../integration/support/workspace.mjs';

const way = 'lighttpd/fastcgi.conf';

// lighttpd's own limits, which are far below 2,000 callers.
const replacements = [['server.modules += ( "mod_fastcgi" )',
  `server.max-fds = 16384
server.max-connections = 8192
server.listen-backlog = 4096
server.modules += ( "mod_fastcgi" )`]];

function start(issuer, options) {
  return startApi(way, issuer, { ...options, replacements });
}

// settings: beyond those that the issuer asks for; or a function of the workspace that gives them.
export function startProgram(issuer, protocol, settings = {}) {
  return start(issuer.of(protocol), {
    settings: (workspace) => ({
      ZITADEL_LOG_LEVEL: undefined,
      ...(protocol === 'http2' && {
        ZITADEL_CA_FILE: workspace.write('etc/ca.pem', readFileSync(issuer.certificate)),
      }),
      ...(typeof settings === 'function' ? settings(workspace) : settings),
    }),
  });
}

// The program with nothing that watches it, and with all: what it counts, and what it writes down of
// each decision.
export async function startWatched(issuer, start) {
  return {
    plain: await start(startProgram(issuer, 'http1')),
    watched: await start(startProgram(issuer, 'http1', (workspace) =>
      ({ ZITADEL_METRICS: 'local', ZITADEL_AUDIT_FILE: workspace.path('log/audit.jsonl') }))),
    what: 'metrics and audit',
  };
}

// Two machines: one shares what it learns over a Redis server that is far away, one with itself alone.
export async function startFarRedis(issuer, start, milliseconds = 10) {
  const redis = await RedisServer.start();
  await start({ stop: () => redis.remove() });
  const way = await start(FarAway.start(redis.port, milliseconds));
  const url = redis.networkUrl.replace(`:${redis.port}/`, `:${way.port}/`);
  const shared = { ZITADEL_CACHE_DIR: undefined, ZITADEL_CACHE_URL: url };
  return {
    near: await start(startProgram(issuer, 'http1')),
    far: await start(startProgram(issuer, 'http1', shared)),
    milliseconds,
  };
}

export function startFloor(issuer) {
  return start(issuer.of('http1'), {
    prepare: (workspace) => {
      copyFileSync(join(buildFolder, 'bench/floor'), workspace.program);
      chmodSync(workspace.program, 0o755);
    },
  });
}
