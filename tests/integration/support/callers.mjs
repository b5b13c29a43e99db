// SPDX-License-Identifier: Apache-2.0
// Many callers at once, as a browser or a service calls: connections are kept and used again.
import http from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

const kTimeout = 30_000; // milliseconds

export class Callers {
  #agent;
  #server;
  #secrets;
  #used = new WeakSet(); // sockets that have carried a request

  // most: connections at once; further calls wait for one.
  constructor(api, { most = 200 } = {}) {
    this.#server = { host: '127.0.0.1', port: api.server.port };
    this.#secrets = api.secrets;
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: most });
  }

  // Gives { status, json, retryAfter, ms }; { gone: true } where the caller went away after goAfter
  // milliseconds without an answer. Logs that are pipes have been read by then, as in support/http.mjs.
  async call(path, options = {}) {
    for (;;) {
      const answer = await this.#callOnce(path, options);
      await nextTurn();
      if (answer !== undefined) return answer;
    }
  }

  // A call for each of the list, all under way together.
  callAll(path, tokens) {
    return Promise.all(tokens.map((token) => this.call(path, { token })));
  }

  close() {
    this.#agent.destroy();
  }

  // Nothing where the server closed a kept connection just then, which it may (RFC 9112 §9.5).
  #callOnce(path, { token, method = 'GET', body, goAfter, headers: more = {} }) {
    const headers = { ...more, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
    if (body !== undefined) headers['Content-Length'] = Buffer.byteLength(body);
    if (token !== undefined) this.#secrets?.add(token);
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const request = http.request({ ...this.#server, path, method, headers, agent: this.#agent });
      let gone = false;
      let isUnanswered = () => false; // on a kept connection, to the first byte
      const fail = (error) => {
        if (gone) resolve({ gone });
        else if (isUnanswered() && /^(ECONNRESET|EPIPE)$/.test(error.code)) resolve();
        else reject(error);
      };
      request.setTimeout(kTimeout, () => request.destroy(new Error(`no answer to ${path}`)));
      request.once('socket', (socket) => {
        // request.reusedSocket says nothing of a request that waited for its turn.
        const { bytesRead } = socket;
        if (this.#used.has(socket)) isUnanswered = () => socket.bytesRead === bytesRead;
        this.#used.add(socket);
        if (goAfter === undefined) return;
        setTimeout(() => {
          gone = true;
          request.destroy();
        }, goAfter);
      });
      request.on('error', fail); // of an answer that breaks off, two may come
      request.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => { text += part; });
        response.on('error', fail);
        response.once('end', () => {
          try {
            resolve({
              status: response.statusCode, json: decode(response, text),
              retryAfter: response.headers['retry-after'], ms: performance.now() - start,
            });
          } catch (error) {
            fail(error);
          }
        });
      });
      request.end(body);
    });
  }
}

function decode({ headers }, text) {
  return headers['content-type'] === 'application/json' && text !== '' ? JSON.parse(text) : undefined;
}

// How many answers there are of each status; those of callers who went away are under "gone".
export function tally(answers) {
  const counts = {};
  for (const { status = 'gone' } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

// Repeatable numbers from 0 to below `end`.
export function numbers(seed) {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}
