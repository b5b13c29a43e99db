// SPDX-License-Identifier: Apache-2.0
// The issuer's socket: HTTP/1.1, or TLS with HTTP/2 by ALPN, on the loopback address. It counts
// what arrives and lets faults happen before oidc-provider sees the call.
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { once } from 'node:events';
import { parse as parseForm } from 'node:querystring';
import { play } from './faults.mjs';
import { isEventSearch, isManagement } from './management/routes.mjs';
import { paths } from './names.mjs';

const kHost = '127.0.0.1';
const kKeepAlive = 60_000; // milliseconds
const kMaxForm = 64 * 1024; // bytes

function endpointOf(url) {
  const [path] = url.split('?');
  if (isEventSearch(path)) return 'events';
  if (isManagement(path)) return 'management';
  return Object.keys(paths).find((name) => path === paths[name]) ?? 'other';
}

async function readBody(request) {
  let form = '';
  for await (const chunk of request) {
    form += chunk;
    if (form.length > kMaxForm) throw new RangeError('the form is too large');
  }
  return form;
}

// Of an event search; it is told even where it is no JSON.
function parametersOf(body) {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

// Node's own resetAndDestroy() says goodbye in good order first: FIN, and only then RST.
function reset(socket) {
  if (socket) Object.assign(socket, { resetAndClosing: true }).destroy();
}

export class Listener {
  #sockets = new Map(); // by the peer's port: under TLS a request shows only the wrapped socket
  #server;

  constructor({ tls, maxStreams, window, faults, counters }) {
    const answer = (request, response) => this.#answer(request, response);
    this.#server = tls
      ? createSecureServer({
        ...tls, allowHTTP1: true, settings: { maxConcurrentStreams: maxStreams, initialWindowSize: window },
      }, answer)
      : createServer({ keepAliveTimeout: kKeepAlive }, answer);
    this.faults = faults;
    this.counters = counters;
    this.#server.on('connection', (socket) => {
      counters.connected(socket);
      this.#sockets.set(socket.remotePort, socket);
      const { remotePort } = socket;
      socket.once('close', () => this.#sockets.delete(remotePort));
    });
    // A client that does not trust the certificate, or goes away, is its own affair.
    this.#server.on('tlsClientError', () => {});
    this.#server.on('sessionError', () => {});
    this.#server.on('clientError', (error, socket) => socket.destroy());
  }

  // Resolves with the port. `callback` of `serve` answers the calls.
  async listen(port) {
    this.#server.listen({ host: kHost, port, backlog: 4096 });
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
    return this.port;
  }

  serve(callback) { this.callback = callback; }

  // Refuses new connections, and drops the open ones, until `listen` is called again.
  close() {
    this.#server.close();
    this.drop();
  }

  drop() {
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  async #answer(request, response) {
    const endpoint = endpointOf(request.url);
    this.counters.begin(endpoint, request);
    let gone = false;
    response.once('close', () => {
      gone = true;
      this.counters.end();
    });
    response.on('error', () => {});
    request.on('error', () => {});
    // A body over HTTP/2 needs no header to announce it, but Koa looks for one.
    if (request.httpVersionMajor === 2) request.headers['transfer-encoding'] ??= 'chunked';
    request.fault = this.faults.take(endpoint);
    try {
      request.playFault = () => this.#play(request, response, endpoint);
      const isBefore = request.fault && request.fault.effect !== 'taken';
      if (isBefore && !await request.playFault()) return;
      if (!gone) this.callback(request, response);
    } catch (error) {
      request.destroy();
      console.error('issuer:', error);
    }
  }

  async #play(request, response, endpoint) {
    const { fault } = request;
    const socket = this.#sockets.get(request.socket.remotePort);
    const connection = {
      close: () => socket?.destroy(),
      // Node 18 ends by a signal where a session is left without its socket.
      reset: () => {
        request.stream?.session?.destroy();
        reset(socket);
      },
    };
    const ownAnswer = [fault.status, fault.body, fault.hang, fault.reset].some(Boolean);
    if (ownAnswer && endpoint === 'introspection') {
      this.counters.introspected(parseForm(await readBody(request)));
    }
    if (ownAnswer && endpoint === 'events' && fault.effect !== 'taken') {
      this.counters.searched(request.url, parametersOf(await readBody(request)));
    }
    return play(fault, response, connection);
  }
}
