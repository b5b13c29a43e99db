// SPDX-License-Identifier: Apache-2.0
// The set-up API's door: JSON over HTTP, as grpc-gateway does it for ZITADEL.
import { headersOfCall, headersOfPath, toProtoJson } from '../dialect.mjs';
import { Call } from './call.mjs';
import { Failure, invalid, Unknown } from './failures.mjs';
import { callFor, isEventSearch, isManagement } from './routes.mjs';

const kMaxBody = 1024 * 1024; // bytes

async function readJson(request) {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > kMaxBody) throw new RangeError('the body is too large');
  }
  try {
    return body.trim() === '' ? {} : JSON.parse(body);
  } catch (error) {
    throw invalid(`proto: syntax error: ${error.message}`);
  }
}

async function run(parts, ctx) {
  const route = callFor(ctx.method, ctx.path);
  ctx.state.headersOf = headersOfCall;
  const given = route.body && await readJson(ctx.req);
  const isFeed = isEventSearch(ctx.path);
  if (isFeed) parts.counters.searched(ctx.path, given);
  const call = new Call(parts, route);
  await call.authorize({
    authorization: ctx.get('authorization'), organisationId: ctx.get('x-zitadel-orgid'),
    needs: route.needs,
  });
  call.body = route.body?.(given, { path: '', goPath: route.request ?? route.parts.at(-1) });
  if (!isFeed && (route.isSearch || ctx.method === 'GET')) parts.lag.beginSearch();
  return { body: await route.run(call), isChange: !route.isSearch && ctx.method !== 'GET' };
}

// parts: what calls work with, and the journal that remembers them.
export const createGateway = (parts) => async (ctx, next) => {
  if (!isManagement(ctx.path)) return next();
  let isChange = false;
  ctx.state.headersOf = headersOfPath;
  try {
    ({ body: ctx.body, isChange } = await run(parts, ctx));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure instanceof Unknown) {
      console.error(`issuer: ${ctx.method} ${ctx.path}: ${failure.message}`);
    }
    Object.assign(ctx, { status: failure.status, body: failure.body });
  }
  ctx.state.toText = toProtoJson;
  if (!isEventSearch(ctx.path)) parts.journal.add(ctx, isChange);
  return undefined;
};
