// SPDX-License-Identifier: Apache-2.0
// The tests' own door, on a port of its own: mints tokens, orders faults, counts calls.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { deleteKey, setRoles, setUserState, webKeyOrders } from './changes.mjs';
import { orderEvent } from './event_orders.mjs';
import { keyOf, userNamed } from './instance.mjs';
import { inventoryOf } from './management/journal.mjs';
import { orderStranger } from './management/strangers.mjs';
import { endSession, refresh, revoke } from './sessions.mjs';

const kMaxBody = 16 * 1024 * 1024; // bytes

class BadRequest extends Error {}

async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > kMaxBody) throw new BadRequest('the body is too large');
    chunks.push(chunk);
  }
  try {
    return size > 0 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : {};
  } catch {
    throw new BadRequest('the body is not JSON');
  }
}

const states = ['active', 'locked', 'deactivated'];

const choices = {
  assertions: ['once', 'reusable'],
  refusals: ['zitadel', 'old-zitadel', 'oidc-provider'],
  accessTokens: ['opaque', 'jwt'],
};

// Throws a BadRequest for a setting or a value that does not exist.
export function changeSettings(settings, changes) {
  for (const [name, value] of Object.entries(changes)) {
    if (!choices[name]?.includes(value)) throw new BadRequest(`no setting ${name}=${value}`);
  }
  return Object.assign(settings, changes);
}

// What an order gets wrong is the test's mistake.
const asRequested = (run) => async (order) => {
  try {
    return await run(order);
  } catch (error) {
    throw new BadRequest(error.message);
  }
};

function routes(parts) {
  const { instance, settings, faults, counters, listener, provider, issue, lag, journal } = parts;
  const userWith = (name) => {
    const user = userNamed(instance, name);
    if (!user) throw new BadRequest(`no user is named ${name}`);
    return user;
  };
  const tokenWith = async (text) => {
    const token = await provider.AccessToken.find(text, { ignoreExpiration: true });
    if (!token) throw new BadRequest('the token is not known');
    return token;
  };
  const keyWith = (keyId) => {
    const key = keyOf(instance, keyId);
    if (!key) throw new BadRequest('no key has that id');
    return key;
  };

  return {
    'POST /tokens': asRequested(async ({ user: name, count, sub, ...wish }) => {
      const user = userWith(name);
      const one = (n) => issue({ ...wish, user, sub: sub?.replaceAll('{n}', n) });
      if (count === undefined) return one(0);
      const tokens = [];
      for (let n = 0; n < count; n += 1) tokens.push((await one(n)).access_token);
      return { access_tokens: tokens };
    }),
    'POST /tokens/refresh': asRequested(async ({ token }) =>
      refresh(instance, await tokenWith(token), issue)),
    'POST /revoke': asRequested(async ({ token, what }) =>
      revoke(instance, await tokenWith(token), what)),
    'POST /sessions/end': asRequested((order) => endSession(instance, order)),
    'POST /roles': ({ user, roles }) => setRoles(instance, userWith(user), roles),
    'POST /users/state': ({ user, state }) => {
      if (!states.includes(state)) throw new BadRequest(`a user cannot be ${state}`);
      setUserState(instance, userWith(user), state);
    },
    'POST /keys/delete': ({ keyId }) => deleteKey(instance, keyWith(keyId)),
    'POST /keys/restore': ({ keyId }) => { keyWith(keyId).deleted = false; },
    'POST /keys/expiry': ({ keyId, expirationDate }) => {
      if (Number.isNaN(Date.parse(expirationDate))) throw new BadRequest('that is no date');
      keyWith(keyId).expirationDate = expirationDate;
    },
    'POST /web-keys/add': () => webKeyOrders.add(instance),
    'POST /web-keys/activate': asRequested((order) => webKeyOrders.activate(instance, order)),
    'POST /web-keys/remove': asRequested((order) => webKeyOrders.remove(instance, order)),
    'POST /events': asRequested((order) => orderEvent(instance, order)),
    'DELETE /events': () => instance.events.clear(),
    'POST /events/settings': asRequested((order) => instance.events.set(order)),
    'POST /faults': asRequested((order) => faults.add(order)),
    'DELETE /faults': () => faults.clear(),
    'GET /counters': () => counters.report(),
    'GET /counters/tokens': () => counters.report({ perToken: true }),
    'GET /counters/questions': () => ({ questions: counters.toldQuestions() }),
    'GET /counters/searches': () => ({ searches: counters.searches }),
    'POST /counters/reset': () => {
      counters.reset();
      journal.reset();
    },
    'GET /management': () => {
      const { changes, calls } = journal;
      return { ...inventoryOf(instance), changes, calls };
    },
    'POST /management/lag': (order) => lag.order(order),
    'POST /management/strangers': asRequested((order) => orderStranger(instance, order)),
    'POST /settings': (changes) => changeSettings(settings, changes),
    'POST /listener/close': () => listener.close(),
    'POST /listener/open': async () => { await listener.listen(listener.port); },
    'POST /listener/drop': () => listener.drop(),
  };
}

// Resolves with the server once it listens on `host`.
export async function startAdmin(host, parts) {
  const table = routes(parts);
  const server = createServer(async (request, response) => {
    const reply = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const route = table[`${request.method} ${request.url}`];
    if (!route) return reply(404, { error: `no ${request.method} ${request.url}` });
    try {
      return reply(200, await route(await readJson(request)) ?? {});
    } catch (error) {
      return reply(error instanceof BadRequest ? 400 : 500, { error: error.message });
    }
  });
  // Longer than any test keeps a connection idle: one that is closed as it is used again costs an order.
  server.keepAliveTimeout = 3_600_000;
  server.listen({ host, port: 0 });
  await once(server, 'listening');
  return server;
}
