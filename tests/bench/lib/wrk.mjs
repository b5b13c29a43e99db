// SPDX-License-Identifier: Apache-2.0
// Loads a URL with wrk, or, over HTTP/2, with h2load.
import { fileURLToPath } from 'node:url';

import { Process } from '../../integration/support/processes.mjs';

const script = fileURLToPath(new URL('load.lua', import.meta.url));

// load: the words behind "--" of load.lua. Gives { answers, seconds, errors, p50, p99, max }, the
// latencies in milliseconds, and `rate`, answers a second. Ends no later than seconds + 15.
export async function wrk(url, { callers, seconds, threads = Math.min(2, callers), load }) {
  const process = new Process('wrk', [`-t${threads}`, `-c${callers}`, `-d${seconds}s`,
    '--timeout', '12s', '-s', script, url, '--', ...load.map(String)], { user: {} });
  const { code } = await process.exit({ timeoutMs: (seconds + 15) * 1000 });
  const report = process.output.match(/^JSON (.*)$/m);
  if (code !== 0 || report === null) throw new Error(`wrk has failed: ${process.output}`);
  const result = JSON.parse(report[1]);
  return { ...result, rate: result.answers / result.seconds };
}

// POSTs of the file over HTTP/2, on as many connections and streams of each: answers a second.
export async function h2load(url, { connections, streams, seconds, file }) {
  const process = new Process('h2load', ['-c', String(connections), '-m', String(streams), '-t', '1',
    '-D', String(seconds), '-d', file, url], { user: {} });
  const { code } = await process.exit({ timeoutMs: (seconds + 15) * 1000 });
  const rate = process.output.match(/([\d.]+) req\/s/);
  if (code !== 0 || rate === null) throw new Error(`h2load has failed: ${process.output}`);
  const failed = Number(process.output.match(/(\d+) failed/)?.[1] ?? 0);
  return { rate: Number(rate[1]), errors: failed };
}
