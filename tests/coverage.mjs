// SPDX-License-Identifier: Apache-2.0
// Reads what gcov counted and prints the share of lines that were run: of each room, and of the
// files below 90 %.
//
// usage: node tests/coverage.mjs OBJECTS [--lines]     --lines: names the lines that were not run
// Exit status 1 where a room has less than its share.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

const shares = { auth: 95, fcgi: 90, cli: 0 }; // percent
const [objects, option] = process.argv.slice(2);

function notes(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return notes(name);
    return entry.name.endsWith('.gcno') ? [name] : [];
  });
}

// Per file a map of line → times run. A header's lines are counted in any object, a test's too.
const files = new Map();
for (const note of notes(objects)) {
  const output = execFileSync('gcov', ['--json-format', '--stdout', note],
    { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] });
  for (const { file, lines } of JSON.parse(output).files) {
    if (!(file.split('/')[0] in shares)) continue;
    const counts = files.get(file) ?? new Map();
    files.set(file, counts);
    for (const { line_number: line, count } of lines) {
      counts.set(line, (counts.get(line) ?? 0) + count);
    }
  }
}

const missed = (counts) => [...counts].filter(([, count]) => count === 0).map(([line]) => line);
const percent = (part, whole) => Math.floor(1000 * part / whole) / 10;

let failed = false;
for (const [room, share] of Object.entries(shares)) {
  const own = [...files].filter(([file]) => file.startsWith(`${room}/`)).sort();
  const all = own.reduce((sum, [, counts]) => sum + counts.size, 0);
  const run = all - own.reduce((sum, [, counts]) => sum + missed(counts).length, 0);
  if (all === 0) throw new Error(`nothing was counted of ${room}/`);
  console.log(`coverage: ${room}/ ${percent(run, all)} % of ${all} lines`);
  for (const [file, counts] of own) {
    const lines = missed(counts);
    const reached = percent(counts.size - lines.length, counts.size);
    if (option === '--lines' && lines.length > 0) {
      console.log(`  ${file}: ${lines.sort((a, b) => a - b).join(' ')}`);
    } else if (option === undefined && reached < 90) {
      console.log(`  ${file}: ${reached} %`);
    }
  }
  if (percent(run, all) < share) {
    console.log(`coverage: ${room}/ needs ${share} %`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
