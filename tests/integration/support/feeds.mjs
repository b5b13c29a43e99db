// SPDX-License-Identifier: Apache-2.0
// APIs that ask ZITADEL for its events.
import { readFileSync } from 'node:fs';

import { useApi } from './api.mjs';
import { Callers } from './callers.mjs';
import { waitFor } from './processes.mjs';

export const kProcesses = 4;

export const behind = {
  'lighttpd, 4 processes': {
    way: 'lighttpd/fastcgi.conf', replacements: [['"max-procs" => 1', `"max-procs" => ${kProcesses}`]],
  },
  'Apache, mod_fcgid': { way: 'apache/mod_fcgid.conf' },
};

// Runs `use` with an API that asks for events with that file of the issuer's, once its feed is up.
export async function withFeed(issuer, { way, replacements },
  { file = 'iam-owner-viewer-token', settings, isUp = true }, use) {
  const text = readFileSync(issuer.files[file], 'utf8');
  const options = {
    replacements,
    settings: (workspace) => ({
      ZITADEL_EVENTS_TOKEN_FILE: workspace.write('etc/events', text), ...settings,
    }),
  };
  await useApi(way, issuer, options, async (api) => {
    if (!text.startsWith('{')) api.secrets.add(text.trim());
    const callers = new Callers(api);
    const searches = async () => (await issuer.searches()).length;
    const before = await searches();
    try {
      await callers.call('/api/public');
      if (isUp) await waitFor('the feed to begin', async () => await searches() > before + 1);
      await use({ api, callers });
    } finally {
      callers.close();
    }
  });
}
