// SPDX-License-Identifier: Apache-2.0
// A real journal of systemd, without a systemd: journald in a mount namespace of its own, whose /run
// nobody else sees, and in it the program, with the journal as its standard error.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { Process, ready } from './processes.mjs';

// $1: the program's socket; $2: the program; $3: where the journal's entries go in the end; $4: a script that
// starts the program that it is given.
const kScript = `set -e
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs /run
umask 022
mkdir -p /run/systemd/journald.conf.d /run/systemd/journal /run/log/journal
printf '[Journal]\\nStorage=volatile\\nAudit=no\\nReadKMsg=no\\nRateLimitBurst=0\\n' > /run/systemd/journald.conf.d/test.conf
/lib/systemd/systemd-journald & journald=$!
for i in $(seq 100); do [ -S /run/systemd/journal/stdout ] && [ -S /run/systemd/journal/socket ] && break; sleep 0.05; done
spawn-fcgi -n -s "$1" -M 0666 -u www-data -- /usr/bin/systemd-cat -t api.fcgi sh "$4" "$2" & program=$!
trap 'kill $program' TERM
wait $program || wait $program || true
journalctl --sync
journalctl -o json --no-pager > "$3"
kill $journald
wait $journald || true
`;

// Why there can be no journal here; undefined: there can.
export function lacksJournal() {
  const own = spawnSync('unshare', ['-m', 'sh', '-c', 'mount --make-rprivate / && mount -t tmpfs tmpfs /run'],
    { encoding: 'utf8' });
  return own.status === 0 ? undefined : `no mount namespace can be made here: ${own.error ?? own.stderr}`;
}

// What systemd says of standard error to a service, and systemd-cat only since systemd 254.
const kStart = `JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)
export JOURNAL_STREAM
exec "$1"`;

// The started program; its entries can be read when it has been stopped. redirected: where its standard error
// goes instead.
export async function startInJournal(workspace, { redirected = '' } = {}) {
  const file = workspace.path('run/journal.json');
  const script = workspace.write('run/journal.sh', kScript);
  const start = workspace.write('run/start.sh', `${kStart}${redirected && ` 2>>${redirected}`}\n`);
  const process = new Process('unshare', ['-m', 'bash', script, workspace.socket, workspace.program, file,
    start], { env: { ZITADEL_ENV_FILE: workspace.settingsFile }, user: {} });
  await ready('the program in a journal', process, () => existsSync(workspace.socket));
  return {
    process,
    log: () => process.output,
    waitForLog: () => { throw new Error('the log is in the journal'); },
    stop: () => process.stop({ timeoutMs: 20_000 }),
    entries: () => readFileSync(file, 'utf8').split('\n').filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
  };
}
