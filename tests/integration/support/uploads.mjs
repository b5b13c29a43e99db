// SPDX-License-Identifier: Apache-2.0
// Requests with a body, sent at once, in pieces or slowly.
import { createHash } from 'node:crypto';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

// Repeatable bytes, none of which says where it is by itself.
export function bytesOf(size) {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let i = 0; i < size; ++i) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const kChunks = 8;

function chunked(body) {
  const size = Math.max(1, Math.ceil(body.length / kChunks));
  const parts = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(`${part.length.toString(16)}\r\n`, part, '\r\n');
  }
  return Buffer.concat([...parts, '0\r\n\r\n'].map((part) => Buffer.from(part)));
}

function requestOf(target, { token, body, chunks }) {
  const head = [`POST ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close',
    'Content-Type: application/octet-stream',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    chunks ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), chunks ? chunked(body) : body]);
}

// What has come so far as { status, body }, body undefined until it is whole; undefined before the head
// is.
function answerIn(bytes, hasEnded) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.subarray(0, end).toString('latin1');
  const status = Number(head.match(/^HTTP\/1\.1 (\d+)/)?.[1]);
  const rest = bytes.subarray(end + 4);
  const length = head.match(/^content-length: (\d+)$/mi)?.[1];
  if (length !== undefined) {
    return { status, body: rest.length >= Number(length) ? rest : undefined };
  }
  if (!hasEnded) return { status };
  return { status, body: /^transfer-encoding: chunked$/mi.test(head) ? unchunked(rest) : rest };
}

function unchunked(bytes) {
  const parts = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at);
    const size = parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

// POST target, the request's bytes in so many pieces of one size, the last so many milliseconds behind
// the first. Sends no more once there is an answer, as clients do. Gives { status, body } of the answer;
// { status: what went wrong } where none comes.
export function upload(port, target,
  { pieces = 1, overMs = 0, timeoutMs = 60_000, ...options } = {}) {
  const bytes = requestOf(target, options);
  const size = Math.ceil(bytes.length / pieces);
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
    const parts = [];
    const settle = (answer) => { socket.destroy(); resolve(answer); };
    const look = (hasEnded) => answerIn(Buffer.concat(parts), hasEnded);
    const giveUp = setTimeout(() => settle({ status: look(true)?.status ?? 'no answer' }), timeoutMs);
    socket.on('close', () => {
      clearTimeout(giveUp);
      resolve(look(true) ?? { status: 'closed without an answer' });
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('data', (data) => {
      parts.push(data);
      const answer = look(false);
      if (answer?.body !== undefined) settle(answer);
    });
    socket.once('connect', async () => {
      for (let at = 0; at < bytes.length && parts.length === 0 && !socket.destroyed; at += size) {
        if (at > 0 && overMs > 0) await sleep(overMs / (pieces - 1));
        socket.write(bytes.subarray(at, at + size));
      }
    });
  });
}
