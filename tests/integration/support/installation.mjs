// SPDX-License-Identifier: Apache-2.0
// For tests of make install.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { buildFolder } from './workspace.mjs';

export const commands = ['zitadel-check', 'zitadel-setup', 'zitadel-token'];
const libraries = ['libzitadel_auth.a', 'libzitadel_fcgi.a'];

// The programs are as they were built: -o keeps make from looking at them again.
export const asBuilt = ['api.fcgi', ...commands, ...libraries].flatMap((name) => ['-o', `${buildFolder}/${name}`]);

export function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
