// SPDX-License-Identifier: Apache-2.0
// A web server as a test likes it: speaks FastCGI to the program's own socket, half a request where
// that is wanted.
import net from 'node:net';

const type = { begin: 1, end: 3, params: 4, stdin: 5, stdout: 6 }; // FastCGI specification §8
const kHead = 8; // bytes

function record(kind, content) {
  const head = Buffer.from([1, kind, 0, 1, content.length >> 8, content.length & 255, 0, 0]);
  return Buffer.concat([head, content]);
}

function param(name, value) {
  const length = (text) => (text.length < 128 ? Buffer.from([text.length])
    : Buffer.from([128 | (text.length >> 24), text.length >> 16, text.length >> 8, text.length]));
  return Buffer.concat([length(name), length(value), Buffer.from(name + value, 'latin1')]);
}

// The bytes of GET path. keep: the connection is to be used again (FCGI_KEEP_CONN). more: further
// variables.
export function fastCgiRequest(path, { token, keep = false, more = {} } = {}) {
  const params = { REQUEST_METHOD: 'GET', SCRIPT_NAME: '/api', PATH_INFO: path,
    ...(token !== undefined && { HTTP_AUTHORIZATION: `Bearer ${token}` }), ...more };
  return Buffer.concat([
    record(type.begin, Buffer.from([0, 1, keep ? 1 : 0, 0, 0, 0, 0, 0])),
    record(type.params, Buffer.concat(Object.entries(params).map((pair) => param(...pair)))),
    record(type.params, Buffer.alloc(0)),
    record(type.stdin, Buffer.alloc(0)),
  ]);
}

// Takes whole records off the front.
function takeRecords(bytes) {
  const records = [];
  let rest = bytes;
  while (rest.length >= kHead) {
    const size = kHead + rest.readUInt16BE(4) + rest[6];
    if (rest.length < size) break;
    records.push({ kind: rest[1], content: rest.subarray(kHead, kHead + rest.readUInt16BE(4)) });
    rest = rest.subarray(size);
  }
  return { records, rest };
}

// A connection to the program.
export class FastCgiConnection {
  #socket;
  #bytes = Buffer.alloc(0);
  #output = '';
  #answers = [];
  #waiting = [];

  // Resolves when it is made.
  static open(path) {
    const connection = new FastCgiConnection();
    return new Promise((resolve, reject) => {
      connection.#socket = net.connect({ path });
      connection.#socket.once('connect', () => resolve(connection)).once('error', reject);
      connection.#socket.on('data', (bytes) => connection.#take(bytes));
      connection.#socket.on('close', () => connection.#settle({ closed: true }));
    });
  }

  send(bytes) {
    this.#socket.write(bytes);
  }

  // The next answer: { status, body }, or { closed: true } where the program has closed.
  answer() {
    if (this.#answers.length > 0) return Promise.resolve(this.#answers.shift());
    return new Promise((resolve) => { this.#waiting.push(resolve); });
  }

  close() {
    this.#socket.destroy();
  }

  #take(bytes) {
    const { records, rest } = takeRecords(Buffer.concat([this.#bytes, bytes]));
    this.#bytes = rest;
    for (const { kind, content } of records) {
      if (kind === type.stdout) this.#output += content.toString('latin1');
      if (kind !== type.end) continue;
      const [head, body] = this.#output.split('\r\n\r\n');
      this.#output = '';
      this.#settle({ status: Number(head.match(/^Status: (\d+)/)?.[1]), body });
    }
  }

  #settle(answer) {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting(answer);
    else this.#answers.push(answer);
  }
}
