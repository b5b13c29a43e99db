// SPDX-License-Identifier: Apache-2.0
// Faults that tests order: how an endpoint fails next. A fault is either a whole answer of its
// own, or a change to the real one.
import { setTimeout as pause } from 'node:timers/promises';
import { headersOfNobody, toProtoJson } from './dialect.mjs';
import { Failure } from './management/failures.mjs';

const json = { 'content-type': 'application/json' };
const text = { 'content-type': 'text/plain; charset=utf-8' };
const error = (status, code, description) => ({
  status, headers: json, body: JSON.stringify({ error: code, error_description: description }),
});

const grpcError = (status, code, message, id) => ({
  status, headers: json, body: toProtoJson(new Failure(status, code, message, id).body),
});

// Failures that a client meets, by name.
const named = {
  'rate-limited': { status: 429, headers: { ...text, 'retry-after': '1' }, body: 'slow down' },
  'server-error': { status: 500, headers: text, body: 'instance not found' },
  'invalid-request': error(400, 'invalid_request', 'the request is malformed'),
  'unauthorized-client': error(400, 'unauthorized_client', 'the key is not known'),
  'old-unauthorized': { status: 401, headers: text, body: 'unauthorized' },
  'invalid-client': error(401, 'invalid_client', 'client authentication failed'),
  // Of a ZITADEL whose database is away, as it says it.
  'database-away': {
    status: 404,
    headers: headersOfNobody(),
    body: 'unable to set instance using origin &{localhost:18080  http} (ExternalDomain is localhost): '
      + 'ID=QUERY-d3fas Message=An internal error occurred Parent=(failed to connect to `user=zitadel '
      + 'database=zitadel`: 127.0.0.1:5432 (127.0.0.1): dial error: dial tcp 127.0.0.1:5432: '
      + 'connect: connection refused)\n',
  },
  // As the set-up API and the event search refuse a caller.
  'wrong-token': grpcError(401, 16, 'Errors.Token.Invalid', 'AUTH-7fs1e'),
  'no-permission': grpcError(403, 7, 'No matching permissions found', 'AUTH-5mWD2'),
  redirect: { status: 302, headers: { location: '/elsewhere' }, body: '' },
  'not-json': { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' },
  truncated: { status: 200, headers: json, body: '{"active":true,"scope":"op', missing: 100 },
  oversized: { set: { padding: 'x'.repeat(2 * 1024 * 1024) } },
  'active-string': { set: { active: 'true' } },
  inactive: { status: 200, headers: json, body: '{"active":false}' },
  hang: { hang: 'head' },
  'hang-body': { hang: 'body' },
  reset: { reset: true },
};

const endpoints = ['introspection', 'token', 'revocation', 'discovery', 'keys', 'management', 'events',
  '*'];
const members = ['on', 'times', 'delay', 'hold', 'status', 'headers', 'body', 'missing', 'hang', 'reset',
  'set', 'omit', 'nth', 'effect'];

export class Faults {
  #orders = [];
  #held = []; // What lets the held answers go

  // Throws a RangeError that says what is wrong with the order.
  add({ name, ...order }) {
    if (name !== undefined && !named[name]) throw new RangeError(`no fault is named ${name}`);
    const unknown = Object.keys(order).filter((member) => !members.includes(member));
    if (unknown.length > 0) throw new RangeError(`a fault has no ${unknown.join(', ')}`);
    const { nth = 1, ...rest } = order;
    if (!Number.isInteger(nth) || nth < 1) throw new RangeError('nth is 1 for the next call, or more');
    const times = order.nth === undefined ? Infinity : 1;
    const fault = { on: 'introspection', times, before: nth - 1, ...named[name], ...rest };
    if (!['none', 'taken', undefined].includes(fault.effect)) {
      throw new RangeError(`an effect is none or taken, not ${fault.effect}`);
    }
    if (!endpoints.includes(fault.on)) throw new RangeError(`no endpoint is named ${fault.on}`);
    if (fault.hold) fault.cleared = new Promise((resolve) => this.#held.push(resolve));
    this.#orders.push(fault);
  }

  // What was held goes on now.
  clear() {
    this.#orders = [];
    for (const letGo of this.#held.splice(0)) letGo();
  }

  // The fault for this call, if any; the first order that is not used up.
  take(endpoint) {
    for (const fault of this.#orders) {
      if (fault.times === 0 || ![endpoint, '*'].includes(fault.on)) continue;
      if (fault.before === 0) {
        fault.times -= 1;
        return fault;
      }
      fault.before -= 1;
    }
    return undefined;
  }
}

// `missing`: bytes that the head promises and the body does not have. Resolves when what there
// is has been handed to the system.
function respond(response, { status = 200, headers = {}, body = '', missing = 0 }) {
  response.writeHead(status, {
    ...headers, 'Content-Length': Buffer.byteLength(body) + missing,
  });
  return new Promise((resolve) => {
    if (missing > 0) response.write(body, resolve);
    else response.end(body, resolve);
  });
}

// Plays the fault out. Resolves with true when the real answer is to follow.
export async function play(fault, response, { close, reset }) {
  if (fault.delay) await pause(fault.delay);
  await fault.cleared;
  if (fault.hang === 'head') return false;
  const breaksOff = fault.reset || fault.hang === 'body' || fault.missing > 0;
  if (breaksOff) {
    await respond(response, { headers: json, body: '{"active":', missing: 1000, ...fault });
    if (fault.reset) reset();
    else if (!fault.hang) close();
    return false;
  }
  if (fault.status === undefined && fault.body === undefined) return true;
  await respond(response, fault);
  return false;
}

// The changes to the members of a real answer, or what happens in its place when all that was
// asked has been done.
export const applyChanges = async (ctx, next) => {
  await next();
  const { set, omit = [], effect } = ctx.req.fault ?? {};
  if (effect === 'taken') ctx.respond = await ctx.req.playFault();
  if (!set && omit.length === 0) return;
  const body = { ...ctx.body, ...set };
  for (const member of omit) delete body[member];
  ctx.body = body;
};
