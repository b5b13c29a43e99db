// SPDX-License-Identifier: Apache-2.0
// Which call is meant by a method and a path, and what is answered where none is.
import { applications } from './applications.mjs';
import { eventSearch } from './events.mjs';
import { Failure, unknown } from './failures.mjs';
import { userGrants } from './grants.mjs';
import { organisations } from './organisations.mjs';
import { projects } from './projects.mjs';
import { users } from './users.mjs';

const calls = Object.entries({
  ...organisations, ...projects, ...applications, ...users, ...userGrants, ...eventSearch,
}).map(([line, call]) => {
  const [method, path] = line.split(' ');
  return { method, parts: path.split('/'), isSearch: path.endsWith('/_search'), ...call };
});

// Calls that ZITADEL has besides these and nobody has recorded: there another verb is no mistake.
const others = [
  'PUT /management/v1/projects/:project/roles/:key',
  'GET /management/v1/projects/:project/apps/:application',
  'PUT /management/v1/projects/:project/apps/:application',
  'GET /management/v1/projects/:project/apps/:application/keys/:key',
  'GET /management/v1/users/:user/keys/:key',
  'GET /management/v1/users/:user/pats/:token',
  'GET /management/v1/users/:user/grants/:grant',
].map((line) => line.split(' ')).map(([method, path]) => ({ method, parts: path.split('/') }));

// Where ZITADEL has so many calls that an unknown path may be one of them.
const kRoots = [/^\/management\/v1\/(projects|users|orgs|iam)(\/|$)/,
  /^\/auth\/v1\/(users|permissions)\//, /^\/admin\/v1\/(members|events|aggregates)(\/|$)/];
const kApi = /^\/(management|auth|admin)\//;

export const isEventSearch = (path) => path.startsWith('/admin/v1/events/');
export const isManagement = (path) => kApi.test(path);

// The path's parameters by name, or undefined.
function match(parts, path) {
  const given = path.split('/');
  if (given.length !== parts.length) return undefined;
  const params = {};
  for (const [n, part] of parts.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = given[n];
    else if (part !== given[n]) return undefined;
  }
  return Object.values(params).includes('') ? undefined : params;
}

// A name that stands in the path goes before a parameter in the same place.
const weight = ({ parts }) => parts.filter((part) => part.startsWith(':')).length;

const matching = (list, path) => list
  .map((call) => ({ ...call, params: match(call.parts, path) }))
  .filter(({ params }) => params)
  .sort((a, b) => weight(a) - weight(b));

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return unknown(`the path ${path}, which is not UTF-8`);
  }
}

export function callFor(method, encoded) {
  const path = decoded(encoded);
  const known = matching(calls, path);
  const call = known.find((each) => each.method === method);
  if (call) return call;
  if (matching(others, path).some((each) => each.method === method)) unknown(`${method} ${path}`);
  if (known.length > 0) throw new Failure(405, 12, 'Method Not Allowed');
  if (kRoots.some((root) => root.test(path))) unknown(`${method} ${path}`);
  throw new Failure(404, 5, 'Not Found');
}
