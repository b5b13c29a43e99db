// SPDX-License-Identifier: Apache-2.0
// How make is called by a test: with the compiler that has built the programs, and its cache.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { cleanEnvironment } from './processes.mjs';
import { buildFolder } from './workspace.mjs';

export const compiler = () => readFileSync(join(buildFolder, 'objects/flags'), 'utf8').split(' -std=')[0];

export function buildEnvironment(additions = {}) {
  const kept = ['HOME', 'CCACHE_DIR', 'CCACHE_NOHASHDIR'].filter((name) => process.env[name] !== undefined)
    .map((name) => [name, process.env[name]]);
  return cleanEnvironment({ CXX: compiler(), ...Object.fromEntries(kept), ...additions });
}
