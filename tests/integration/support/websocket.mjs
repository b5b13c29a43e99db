// SPDX-License-Identifier: Apache-2.0
// WebSockets (RFC 6455): a program that gives back what it is sent, and clients. Frames are short and whole.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';

import { Process } from './processes.mjs';

const kGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // §1.3
const kTimeout = 10_000; // milliseconds
const kShort = 125; // bytes

const acceptOf = (key) => createHash('sha1').update(key + kGuid).digest('base64');

function frame(text, { masked, kind = 1 }) {
  const payload = Buffer.from(text);
  if (payload.length > kShort) throw new Error('too long for one frame here');
  const head = Buffer.from([0x80 | kind, (masked ? 0x80 : 0) | payload.length]);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i % 4])]);
}

// The first frame in the bytes: { text, kind, size }, or nothing where it is not whole.
function parse(bytes) {
  if (bytes.length < 2) return undefined;
  const isMasked = (bytes[1] & 0x80) !== 0;
  const start = isMasked ? 6 : 2;
  const size = start + (bytes[1] & 0x7f);
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(2, 6);
  const payload = bytes.subarray(start, size).map((byte, i) => (isMasked ? byte ^ mask[i % 4] : byte));
  return { text: Buffer.from(payload).toString(), kind: bytes[0] & 0x0f, size };
}

// A program that speaks WebSocket: chooses "chat" where it is offered, else the first subprotocol, as many
// do. seen: the head lines of each handshake, as one text.
export async function startEcho() {
  const seen = [];
  const sockets = new Set();
  const server = http.createServer((request, response) => response.writeHead(426).end());
  server.on('upgrade', (request, socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => {});
    seen.push(request.rawHeaders.join('\n'));
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((s) => s.trim());
    const chosen = offered.includes('chat') ? 'chat' : offered[0];
    socket.write(['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptOf(request.headers['sec-websocket-key'])}`,
      ...(chosen ? [`Sec-WebSocket-Protocol: ${chosen}`] : []), '', ''].join('\r\n'));
    let bytes = Buffer.alloc(0);
    socket.on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      for (let got = parse(bytes); got; got = parse(bytes)) {
        bytes = bytes.subarray(got.size);
        socket.write(frame(got.kind === 8 ? got.text : `echo ${got.text}`, { masked: false, kind: got.kind }));
        if (got.kind === 8) socket.end();
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { port: server.address().port, seen, log: () => '',
    stop: async () => { for (const each of sockets) each.destroy(); server.close(); } };
}

// The same as a CGI script, which speaks over standard input and output (lighttpd's cgi.upgrade). It goes by
// what the guard has left of the subprotocols.
export const echoScript = () => `#!${process.execPath}
const { createHash } = require('node:crypto');
const { HTTP_SEC_WEBSOCKET_KEY: key, AUTH_WEBSOCKET_PROTOCOL: offered = '' } = process.env;
const accept = createHash('sha1').update(key + '${kGuid}').digest('base64');
const chosen = offered === '' ? [] : ['Sec-WebSocket-Protocol: ' + offered.split(',')[0]];
process.stdout.write(['Status: 101', 'Upgrade: websocket', 'Connection: upgrade',
  'Sec-WebSocket-Accept: ' + accept, ...chosen, '', ''].join('\\r\\n'));
${parse.toString()}
${frame.toString().replace('kShort', kShort)}
let bytes = Buffer.alloc(0);
process.stdin.on('data', (more) => {
  bytes = Buffer.concat([bytes, more]);
  for (let got = parse(bytes); got; got = parse(bytes)) {
    bytes = bytes.subarray(got.size);
    if (got.kind === 8) process.exit(0);
    process.stdout.write(frame('echo ' + got.text, { masked: false }));
  }
}).on('end', () => process.exit(0));
setTimeout(() => process.exit(0), ${kTimeout}).unref();
`;

// Asks for a WebSocket. Gives { status, headers, body }, and where it is open, say(text), which gives what comes
// back. close() where it is no longer needed.
export function openWebSocket(port, path, headers = {}) {
  const key = randomBytes(16).toString('base64');
  const list = [['Host', `127.0.0.1:${port}`], ['Upgrade', 'websocket'], ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key], ['Sec-WebSocket-Version', '13'], ...Object.entries(headers)];
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, headers: list.flat(), agent: false,
      timeout: kTimeout });
    request.once('timeout', () => request.destroy(new Error(`${path}: no answer`)));
    request.once('error', reject);
    request.once('response', async (response) => {
      let body = '';
      for await (const part of response.setEncoding('utf8')) body += part;
      resolve({ status: response.statusCode, headers: response.headers, body, close() {} });
    });
    request.once('upgrade', (response, socket, first) => {
      if (response.headers['sec-websocket-accept'] !== acceptOf(key)) {
        return reject(new Error('a wrong Sec-WebSocket-Accept'));
      }
      let bytes = first;
      socket.setTimeout(kTimeout, () => socket.destroy(new Error('silence'))).on('error', () => {});
      const say = async (text) => {
        socket.write(frame(text, { masked: true }));
        for (;;) {
          const got = parse(bytes);
          if (got) { bytes = bytes.subarray(got.size); return got.text; }
          const [more] = await once(socket, 'data');
          bytes = Buffer.concat([bytes, more]);
        }
      };
      return resolve({ status: 101, headers: response.headers, body: '', say,
        close: () => socket.destroy() });
    });
    request.end();
  });
}

const program = `
const { url, protocols } = JSON.parse(process.env.WHAT);
const socket = new WebSocket(url, protocols);
const end = (what) => { console.log(what); process.exit(0); };
socket.onopen = () => socket.send('hello');
socket.onmessage = ({ data }) => end('protocol ' + socket.protocol + ', ' + data);
socket.onerror = () => end('failed');
setTimeout(() => end('nothing came'), ${kTimeout / 2});
`;

// What a client that is not of this project gets: Node's own.
export async function askWithNode(url, protocols) {
  const child = new Process(process.execPath, ['--experimental-websocket', '--no-warnings', '-e', program],
    { env: { WHAT: JSON.stringify({ url, protocols }) } });
  await child.exit();
  return child.output.trim();
}
