// SPDX-License-Identifier: Apache-2.0
// HTTP calls as a test needs them: the path goes out as it is written, each call on a connection of
// its own, nothing retried, everything bounded.
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

// url: http://HOST:PORT/PATH, the path not normalised. headers: an object, or a flat list of names
// and values, in which a name may come twice. host: the header Host, where it is not the URL's. from: the caller's address. socketPath: a Unix socket, in
// the place of HOST and PORT. Gives { status, headers, rawHeaders, body }, and
// `json`, the decoded body, where it is said to be JSON. What programs have written before, as to a log that is
// a pipe, has been read by then.
export async function call(url, { token, method = 'GET', headers = {}, body, host: asked, from, socketPath,
  timeoutMs = 20_000 } = {}) {
  const [, name, port, path] = url.match(/^http:\/\/([^/:]+|\[[^/]+\]):(\d+)(\/.*)$/);
  const host = name.replace(/^\[(.*)\]$/, '$1');
  const list = Array.isArray(headers) ? [...headers] : Object.entries(headers).flat();
  if (token !== undefined) list.push('Authorization', `Bearer ${token}`);
  if (body !== undefined) list.push('Content-Length', String(Buffer.byteLength(body)));
  list.unshift('Host', asked ?? `${name}:${port}`, 'Connection', 'close');
  const answer = await new Promise((resolve, reject) => {
    const request = http.request({ host, port, path, method, headers: list, agent: false,
      localAddress: from, socketPath, timeout: timeoutMs });
    request.once('timeout', () => request.destroy(
      Object.assign(new Error(`${method} ${url}: no answer`), { code: 'ETIMEDOUT' })));
    request.once('error', reject);
    request.once('response', (response) => read(response).then(resolve, reject));
    request.end(body);
  });
  await nextTurn();
  return answer;
}

const cutShort = () => Object.assign(new Error('the answer was cut short'), { code: 'ECONNRESET' });

// What became of a call that failed, for a tally. "broken off": the server closed the connection before
// the end of its answer, or went on with what is no answer, as one does whose program was killed.
export function outcomeOf(error) {
  const isBroken = /^(ECONNRESET|EPIPE|HPE_\w+)$/.test(error.code) || error instanceof SyntaxError;
  return isBroken ? 'broken off' : error.code ?? error.message;
}

async function read(response) {
  response.setEncoding('utf8');
  let body = '';
  for await (const part of response) body += part;
  if (!response.complete) throw cutShort();
  const { statusCode: status, headers, rawHeaders } = response;
  const isJson = /^application\/json\b/.test(headers['content-type'] ?? '') && body !== '';
  return { status, headers, rawHeaders, body, json: isJson ? JSON.parse(body) : undefined };
}

// Sends bytes as they are and gives back all that comes until the server closes.
export function exchange(port, bytes, { host = '127.0.0.1', timeoutMs = 20_000 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, host, () => socket.write(bytes));
    let answer = '';
    socket.setEncoding('latin1').setTimeout(timeoutMs);
    socket.on('data', (text) => { answer += text; });
    socket.once('timeout', () => socket.destroy(new Error('no end of the answer')));
    socket.once('error', reject);
    socket.once('end', () => socket.end());
    socket.once('close', () => resolve(answer));
  });
}

// The body of an answer over HTTP/2 without TLS, on a connection of its own; empty where the server
// refuses the request as malformed.
export function bodyOverHttp2(port, headers, { timeoutMs = 20_000 } = {}) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    const stop = (error) => { session.destroy(); reject(error); };
    session.setTimeout(timeoutMs, () => stop(new Error('no answer over HTTP/2')));
    session.once('error', stop);
    const request = session.request(headers);
    let body = '';
    request.setEncoding('latin1').on('data', (text) => { body += text; });
    request.once('error', (error) => { if (error.code !== 'ERR_HTTP2_STREAM_ERROR') stop(error); });
    request.once('close', () => { session.destroy(); resolve(body); });
  });
}

// Whether somebody accepts connections there: { port } or { path }.
export function canConnect(where) {
  return new Promise((resolve) => {
    const socket = net.connect(where.path === undefined ? { host: '127.0.0.1', ...where } : where);
    socket.once('connect', () => socket.destroy() && resolve(true));
    socket.once('error', () => resolve(false));
  });
}

// Below the range that outgoing connections are given. A process that wants ports takes a block and
// listens on its first one while it lives: tests that run at the same time get others.
const blocks = { first: 20_000, count: 120, size: 100 };
let ports = []; // of our blocks, not yet given

// A port that nobody listens on, and that no other caller is given.
export async function freePort() {
  for (;;) {
    if (ports.length === 0) ports = await takeBlock();
    const port = ports.pop();
    if (await listen(port).then(close, () => false)) return port;
  }
}

async function takeBlock() {
  const start = Math.floor(Math.random() * blocks.count);
  for (let i = 0; i < blocks.count; ++i) {
    const first = blocks.first + ((start + i) % blocks.count) * blocks.size;
    const holder = await listen(first).catch(() => undefined);
    holder?.unref();
    if (holder) return Array.from({ length: blocks.size - 1 }, (_, n) => first + 1 + n);
  }
  throw new Error('no free ports found');
}

// A port below 1024, for tests that root runs.
export async function freeLowPort() {
  for (let port = 600; port < 1000; ++port) {
    if (await listen(port).then(close, () => false)) return port;
  }
  throw new Error('no free port below 1000 found');
}

function listen(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

const close = (server) => new Promise((resolve) => { server.close(() => resolve(true)); });

// The status of an answer that exchange gave.
export const statusOf = (answer) => Number(answer.match(/^HTTP\/1\.1 (\d+)/)?.[1]);
