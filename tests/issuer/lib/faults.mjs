// Faults that tests order: how an endpoint fails next. A fault is either a whole answer of its
// own, or a change to the real one.
import { setTimeout as pause } from 'node:timers/promises';

const json = { 'content-type': 'application/json' };
const text = { 'content-type': 'text/plain; charset=utf-8' };
const error = (status, code, description) => ({
  status, headers: json, body: JSON.stringify({ error: code, error_description: description }),
});

// Failures that a client meets, by name.
const named = {
  'rate-limited': { status: 429, headers: { ...text, 'retry-after': '1' }, body: 'slow down' },
  'server-error': { status: 500, headers: text, body: 'instance not found' },
  'invalid-request': error(400, 'invalid_request', 'the request is malformed'),
  'unauthorized-client': error(400, 'unauthorized_client', 'the key is not known'),
  'old-unauthorized': { status: 401, headers: text, body: 'unauthorized' },
  'invalid-client': error(401, 'invalid_client', 'client authentication failed'),
  redirect: { status: 302, headers: { location: '/elsewhere' }, body: '' },
  'not-json': { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' },
  truncated: { status: 200, headers: json, body: '{"active":true,"scope":"op', missing: 100 },
  oversized: {
    status: 200, headers: json, body: '{"active":true,"padding":"', padding: 2 * 1024 * 1024,
  },
  'active-string': { set: { active: 'true' } },
  inactive: { status: 200, headers: json, body: '{"active":false}' },
  hang: { hang: 'head' },
  'hang-body': { hang: 'body' },
  reset: { reset: true },
};

const endpoints = ['introspection', 'token', 'revocation', 'discovery', 'keys', '*'];
const members = ['on', 'times', 'delay', 'status', 'headers', 'body', 'missing', 'padding', 'hang',
  'reset', 'set', 'omit'];

export class Faults {
  #orders = [];

  // Throws a RangeError that says what is wrong with the order.
  add({ name, ...order }) {
    if (name !== undefined && !named[name]) throw new RangeError(`no fault is named ${name}`);
    const unknown = Object.keys(order).filter((member) => !members.includes(member));
    if (unknown.length > 0) throw new RangeError(`a fault has no ${unknown.join(', ')}`);
    const fault = { on: 'introspection', times: Infinity, ...named[name], ...order };
    if (!endpoints.includes(fault.on)) throw new RangeError(`no endpoint is named ${fault.on}`);
    this.#orders.push(fault);
  }

  clear() { this.#orders = []; }

  // The fault for this call, if any; the first order that is not used up.
  take(endpoint) {
    const fault = this.#orders.find(({ on, times }) => times > 0 && (on === endpoint || on === '*'));
    if (fault) fault.times -= 1;
    return fault;
  }
}

function respond(response, { status = 200, headers = {}, body = '', missing = 0, padding = 0 }) {
  const whole = body + 'x'.repeat(padding);
  response.writeHead(status, {
    ...headers, 'content-length': Buffer.byteLength(whole) + missing,
  });
  return missing > 0 ? response.write(whole) : response.end(whole);
}

// Plays the fault out. Returns true when the real answer is to follow.
export async function play(fault, response, { closeConnection, resetConnection }) {
  if (fault.delay) await pause(fault.delay);
  if (fault.hang === 'head') return false;
  if (fault.reset || fault.hang === 'body' || fault.missing > 0) {
    respond(response, { status: 200, headers: json, body: '{"active":', missing: 1000, ...fault });
    if (fault.hang) return false;
    // Let the part that was promised less than leave first.
    await pause(20);
    if (fault.reset) resetConnection();
    else closeConnection();
    return false;
  }
  if (fault.status === undefined && fault.body === undefined) return true;
  respond(response, fault);
  return false;
}

// The changes to the members of a real answer.
export const applyChanges = async (ctx, next) => {
  await next();
  const { set, omit = [] } = ctx.req.fault ?? {};
  if (!set && omit.length === 0) return;
  const body = { ...ctx.body, ...set };
  for (const member of omit) delete body[member];
  ctx.body = body;
};
