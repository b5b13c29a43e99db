// SPDX-License-Identifier: Apache-2.0
// A file that is rotated, as logrotate does it, while callers make the program write to it.
import { existsSync, renameSync } from 'node:fs';

import { waitFor } from './processes.mjs';
import { startCalling } from './reloads.mjs';

// Renames the file, `rounds` times, and has the program open a new one (SIGHUP), each time after some more
// calls. nextToken: gives the token of the next call. Resolves with how many calls got which status.
export async function rotateUnderLoad(api, file, rounds, path, nextToken) {
  const calling = startCalling(api, path, nextToken);
  try {
    for (let round = 0; round < rounds; round += 1) {
      await calling.more(10);
      await waitFor('the file', () => existsSync(file));
      renameSync(file, `${file}.${round}`);
      api.program.process.signal('SIGHUP');
      await waitFor('the new file', () => existsSync(file));
    }
  } catch (error) {
    await calling.stop();
    throw error;
  }
  return calling.stop();
}
