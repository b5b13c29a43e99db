// SPDX-License-Identifier: Apache-2.0
// The request targets of hostile_paths.txt, as bytes in a string (latin1), and a way to send one.
import { readFileSync } from 'node:fs';

import { exchange } from './http.mjs';

const file = new URL('../hostile_paths.txt', import.meta.url);

export const hostileTargets = readFileSync(file, 'latin1').split('\n')
  .filter((line) => line !== '' && !line.startsWith('# '))
  .map((line) => line.replace(/\\(x[0-9a-f]{2}|t|\\)/g, (_, code) => (
    code === 't' ? '\t' : code === '\\' ? '\\' : String.fromCharCode(parseInt(code.slice(1), 16)))));

// All that comes back for METHOD target over HTTP/1.1. headers: whole lines, with their ends.
export function sendTarget(port, target,
  { method = 'GET', token, host = 'localhost', headers = '', body = '' } = {}) {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  const head = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n` +
    `${authorization}${headers}\r\n${body}`;
  return exchange(port, Buffer.from(head, 'latin1'));
}
