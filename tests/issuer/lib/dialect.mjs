// SPDX-License-Identifier: Apache-2.0
// The form of ZITADEL's answers: which headers they have, how their JSON is written, and what it
// says where there is nothing to answer.
import { randomBytes } from 'node:crypto';
import { paths } from './names.mjs';

const kChunked = 2048; // bytes: a longer body is sent in chunks, as Go's HTTP server does it
const kHour = 60 * 60 * 1000; // milliseconds
const userAgent = randomBytes(150).toString('base64url');

const hidden = { 'X-Robots-Tag': 'none' };
const notStored = () => ({
  'Cache-Control': 'no-store',
  Expires: new Date(Date.now() - kHour).toUTCString(),
  Pragma: 'no-cache',
});
const cookie = (name) =>
  `zitadel.useragent=${userAgent}; Path=/; Domain=${name}; Max-Age=31536000; HttpOnly; SameSite=Lax`;

// Headers of an answer of the OpenID provider that has this name; keys may be kept for a while.
const headersOf = (path, name) => ({
  ...(path === paths.keys ? { 'Cache-Control': 'max-age=300, must-revalidate' } : notStored()),
  'Content-Type': 'application/json',
  'Set-Cookie': cookie(name),
  Vary: ['Origin', 'Cookie'],
  ...hidden,
});

// Of an answer of the set-up API itself, and of the gateway before it, which finds no call.
export const headersOfCall = ({ body, status }) => ({
  ...notStored(),
  'Content-Type': 'application/json',
  'Grpcgateway-Cache-Control': 'no-store',
  'Grpcgateway-Content-Type': 'application/grpc',
  'Grpcgateway-Pragma': 'no-cache',
  Vary: 'Origin',
  ...(status === 200 && {
    'Set-Cookie': `zitadel.quota.exhausted=${userAgent}; Path=/; Max-Age=0; SameSite=Lax`,
    Vary: ['Origin', 'Cookie'],
  }),
  ...(status === 401 && { 'Www-Authenticate': body.message }),
  ...hidden,
});
export const headersOfPath = () =>
  ({ 'Content-Type': 'application/json', Vary: 'Origin', ...hidden });

// As protobuf's JSON is written there: a blank behind each comma between members.
export function toProtoJson(body) {
  if (Array.isArray(body)) return `[${body.map(toProtoJson).join(', ')}]`;
  if (!isObject(body)) return JSON.stringify(body);
  const members = Object.entries(body).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${JSON.stringify(name)}:${toProtoJson(value)}`);
  return `{${members.join(', ')}}`;
}

// As Go writes it: these characters escaped, and a line break at the end.
const toJson = (body) => `${JSON.stringify(body).replace(/[<>&\u2028\u2029]/g,
  (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;

// Whatever oidc-provider or Koa has put there gives way to these.
function answer(ctx, status, headers, text) {
  for (const header of Object.keys(ctx.response.headers)) ctx.remove(header);
  ctx.body = text;
  ctx.status = status;
  ctx.set(headers);
  if (Buffer.byteLength(text) > kChunked) ctx.remove('Content-Length');
}

// Of an answer in which no instance speaks.
export const headersOfNobody = () => ({
  ...notStored(), 'Content-Type': 'text/plain; charset=utf-8', Vary: 'Origin',
  'X-Content-Type-Options': 'nosniff', ...hidden,
});

// An instance answers to its own name alone.
function refuseName(ctx, name) {
  const origin = `&{${ctx.host}  ${ctx.protocol}}`;
  answer(ctx, 404, headersOfNobody(),
    `unable to set instance using origin ${origin} (ExternalDomain is ${name}): `
    + 'ID=QUERY-1kIjX Message=Instance not found. Make sure you got the domain right. '
    + 'Check out https://zitadel.com/docs/apis/introduction#domains\n');
}

const isObject = (body) => typeof body === 'object' && body !== null;

// What everything else is answered within.
export const dialect = ({ issuer }) => {
  const { hostname: name } = new URL(issuer);
  return async (ctx, next) => {
    if (ctx.hostname !== name) return refuseName(ctx, name);
    await next();
    const { headersOf: ownHeaders, toText = toJson } = ctx.state;
    if (ownHeaders) return answer(ctx, ctx.status, ownHeaders(ctx), toText(ctx.body));
    if (!Object.values(paths).includes(ctx.path) || ctx.body === undefined) {
      return answer(ctx, 404, headersOfPath(), toProtoJson({ code: 5, message: 'Not Found' }));
    }
    const headers = headersOf(ctx.path, name);
    if (!isObject(ctx.body)) headers['Content-Type'] = ctx.response.get('Content-Type');
    return answer(ctx, ctx.status, headers, isObject(ctx.body) ? toJson(ctx.body) : ctx.body);
  };
};
